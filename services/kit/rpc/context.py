"""What travels with a call through our processes: its request id and its deadline.

Each call runs in a task of its own, so the values are set once and never reset.
"""

from __future__ import annotations

import re
import time
import uuid
from contextvars import ContextVar

REQUEST_ID_KEY = "x-request-id"
CHARGE_KEY = "x-selvage-charge-to"
"""Whom the cost of a call is for: the id of an image."""
ALLOWED = re.compile(r"[A-Za-z0-9._:-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="")
charge_to: ContextVar[str] = ContextVar("charge_to", default="")
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""Monotonic time by which the answer is due; None for no limit."""


def remaining() -> float | None:
    """Seconds left for the call being served, possibly negative; None when nobody set a limit."""
    due = deadline.get()
    return None if due is None else due - time.monotonic()


def set_remaining(seconds: float | None) -> None:
    """Starts the clock of the call being served."""
    deadline.set(None if seconds is None else time.monotonic() + seconds)


def accept_request_id(given: str | None) -> str:
    """Takes the caller's id when it is fit for a log line, else makes one; remembers and returns it."""
    chosen = given if given and ALLOWED.fullmatch(given) else uuid.uuid4().hex
    request_id.set(chosen)
    return chosen
