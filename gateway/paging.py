"""Page sizes and opaque page tokens (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from uuid import UUID

from services.kit.errors import InvalidArgument

DEFAULT = 50
MOST = 1000
# Numbers PostgreSQL has room for.
BIGINT = range(-(2**63), 2**63)


def page_size(asked: int) -> int:
    """0 means 50, above 1000 is read as 1000. Raises InvalidArgument below 0."""
    if asked < 0:
        raise InvalidArgument(field="page_size", problem="must not be negative; 0 means 50")
    return min(asked or DEFAULT, MOST)


def token(cursor: str | int, *filters: object) -> str:
    """A token that continues after `cursor` in the list with these filters."""
    return base64.urlsafe_b64encode(json.dumps([_digest(filters), cursor]).encode()).decode().rstrip("=")


def text(page_token: str, *filters: object) -> str | None:
    """The cursor of a token made with the same filters; None for no token. Raises InvalidArgument.

    Anybody can make a token, so what stands in it is checked like any other argument.
    """
    found = _cursor(page_token, filters)
    if found is None or isinstance(found, str):
        return found
    raise _not_ours()


def number(page_token: str, *filters: object) -> int | None:
    """As `text`, for cursors that are numbers of 64 bits."""
    found = _cursor(page_token, filters)
    if found is None or (type(found) is int and found in BIGINT):
        return found
    raise _not_ours()


def uuid(page_token: str, *filters: object) -> UUID | None:
    """As `text`, for cursors that are ids."""
    found = text(page_token, *filters)
    try:
        return None if found is None else UUID(found)
    except ValueError:
        raise _not_ours() from None


def _cursor(page_token: str, filters: tuple[object, ...]) -> object:
    if not page_token:
        return None
    try:
        digest, found = json.loads(base64.b64decode(page_token + "=" * (-len(page_token) % 4), "-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _not_ours() from None
    if digest != _digest(filters):
        raise InvalidArgument(field="page_token", problem="belongs to a list with other filters; start anew without it")
    if found is None:
        raise _not_ours()
    return found


def _not_ours() -> InvalidArgument:
    return InvalidArgument(field="page_token", problem="is no token of this service; start anew without it")


def _digest(filters: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(filters).encode()).hexdigest()[:16]
