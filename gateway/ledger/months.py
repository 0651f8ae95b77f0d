"""Months, UTC, as "2026-11"."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from services.kit.errors import InvalidArgument

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def first_day(month: str, field: str) -> datetime:
    """Midnight of its first day; of the present month for "". Raises InvalidArgument."""
    if not month:
        return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = _MONTH.fullmatch(month)
    if not found:
        raise InvalidArgument(field=field, problem='is a month such as "2026-11"')
    return datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)


def after(first: datetime) -> datetime:
    """The first day of the next month."""
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def name(day: datetime) -> str:
    return f"{day:%Y-%m}"
