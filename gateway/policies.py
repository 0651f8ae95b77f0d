"""How often a stage is tried, and how long a pause lies between two tries. Only transient errors are tried again."""

from __future__ import annotations

import random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.kit.errors import DeadlineTooShort, SelvageError

# The fault lies in the photo or in the request: the same again would fail again.
HOPELESS = ("INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "UNIMPLEMENTED")

StageName = Literal["intake", "plate", "segment", "matting", "gate", "compose"]


class RetryPolicy(BaseModel):
    """Tries of one stage of one image. `busy_tries` counts those a service refused because it had too much to do."""

    model_config = ConfigDict(frozen=True)

    tries: int
    busy_tries: int
    first_pause_seconds: float
    longest_pause_seconds: float


class StageRetries(BaseModel):
    """What is different for one stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tries: int | None = Field(default=None, ge=1, le=100)
    busy_tries: int | None = Field(default=None, ge=1, le=10_000)
    first_pause_seconds: float | None = Field(default=None, gt=0)
    longest_pause_seconds: float | None = Field(default=None, gt=0)


def transient(error: SelvageError) -> bool:
    """Whether the same work may succeed another time."""
    return error.retryable or isinstance(error, DeadlineTooShort)


def busy(error: SelvageError) -> bool:
    """Whether the work was refused, not tried."""
    return error.retryable and error.code == "RESOURCE_EXHAUSTED"


def pause(policy: RetryPolicy, error: SelvageError, before: int) -> float | None:
    """Seconds until the next try after `before` + 1 of this kind; None when it was the last.

    Doubles each time, is never shorter than what the error itself asks for, and is spread by a quarter.
    """
    most = policy.busy_tries if busy(error) else policy.tries
    if not transient(error) or before + 1 >= most:
        return None
    seconds = min(policy.first_pause_seconds * 2.0 ** min(before, 30), policy.longest_pause_seconds)
    try:
        asked = float(error.details.get("seconds", 0)) if busy(error) else 0.0
    except ValueError:
        asked = 0.0
    seconds = max(seconds, min(asked, policy.longest_pause_seconds))
    return float(seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, keeps no secret
