"""Page sizes and opaque page tokens (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from services.kit.errors import InvalidArgument

DEFAULT = 50
MOST = 1000


def page_size(asked: int) -> int:
    """0 means 50, above 1000 is read as 1000. Raises InvalidArgument below 0."""
    if asked < 0:
        raise InvalidArgument(field="page_size", problem="must not be negative; 0 means 50")
    return min(asked or DEFAULT, MOST)


def token(cursor: str | int, *filters: object) -> str:
    """A token that continues after `cursor` in the list with these filters."""
    return base64.urlsafe_b64encode(json.dumps([_digest(filters), cursor]).encode()).decode().rstrip("=")


def cursor(page_token: str, *filters: object) -> str | int | None:
    """The cursor of a token made with the same filters; None for no token. Raises InvalidArgument."""
    if not page_token:
        return None
    try:
        digest, found = json.loads(base64.b64decode(page_token + "=" * (-len(page_token) % 4), "-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise InvalidArgument(field="page_token", problem="is no token of this service") from None
    if digest != _digest(filters) or not isinstance(found, str | int):
        raise InvalidArgument(field="page_token", problem="belongs to a list with other filters; start anew without it")
    return found


def _digest(filters: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(filters).encode()).hexdigest()[:16]
