"""What the doctor writes down: findings, and how far other clocks are from ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from services.kit.errors import SelvageError

# Presigned addresses and pauses are counted in seconds; S3 itself refuses what is 15 minutes off.
MOST_SKEW_SECONDS = 5.0
CLOCK_REPAIR = "Let NTP (chrony, systemd-timesyncd) set the time of this machine and of those named."


@dataclass(frozen=True)
class Finding:
    """One part: `detail` says what was seen, `repair` what to do when it is not well."""

    part: str
    well: bool
    detail: str
    repair: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Unwell(Exception):
    """A part answers, but not as it should."""


@dataclass
class Chart:
    """now: seconds since 1970, as this machine has it."""

    now: Callable[[], float] = time.time
    findings: list[Finding] = field(default_factory=list)
    _skews: dict[str, float] = field(default_factory=dict)

    def add(self, part: str, detail: str) -> None:
        self.findings.append(Finding(part, True, detail))

    @contextmanager
    def watch(self, part: str, repair: str) -> Iterator[None]:
        """Whatever goes wrong inside becomes a finding."""
        try:
            yield
        except SelvageError as error:
            self.findings.append(Finding(part, False, error.message, repair))
        except Unwell as error:
            self.findings.append(Finding(part, False, str(error), repair))
        except Exception as error:  # a doctor reports, whatever it meets
            self.findings.append(Finding(part, False, f"{type(error).__name__}: {error}", repair))

    def compare(self, part: str, theirs: datetime, before: float, after: float) -> None:
        """Notes a clock that showed `theirs` at some time between `before` and `after` of ours."""
        seconds = theirs.timestamp()
        self._skews[part] = min(seconds - before, 0) or max(seconds - after, 0)

    def compare_header(self, part: str, date: str, before: float) -> None:
        """The same of an HTTP Date header, which has whole seconds. No header says nothing."""
        if date:
            self.compare(part, parsedate_to_datetime(date), before - 1, self.now())

    def clocks(self) -> None:
        """One finding of all clocks that were compared."""
        if self._skews:
            detail = ", ".join(f"{part} {skew:+.1f} s" for part, skew in self._skews.items())
            well = all(abs(skew) <= MOST_SKEW_SECONDS for skew in self._skews.values())
            self.findings.append(Finding("clock", well, f"against this machine: {detail}", CLOCK_REPAIR))
