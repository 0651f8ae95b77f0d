"""When the next attempt is made."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

# A receiver may ask for patience, but not for more than this.
LONGEST_PATIENCE = 86_400.0


@dataclass(frozen=True)
class Schedule:
    """pauses: seconds before the second and every further attempt; jitter: share by which a pause may grow."""

    pauses: Sequence[float]
    jitter: float

    def after(self, attempts: int, retry_after: float = 0.0) -> float | None:
        """Seconds until the attempt after `attempts` (from 1) failed ones, or None when that was the last.

        retry_after: what the receiver asked for, in seconds; it makes a pause longer, never shorter.
        """
        if attempts > len(self.pauses):
            return None
        pause = self.pauses[attempts - 1] * (1 + self.jitter * random.random())  # noqa: S311 - spreads load
        return max(pause, min(retry_after, LONGEST_PATIENCE))
