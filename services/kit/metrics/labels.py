"""What may stand in a label: fixed sets, and `bounded` and `Few` for words that others choose."""

from __future__ import annotations

import threading
from collections.abc import Mapping

STAGES = ("intake", "plate", "segment", "matting", "gate", "compose")
OUTCOMES = ("done", "reused", "failed", "cancelled")
IMAGE_STATES = (
    "received",
    "processing",
    "needs_review",
    "in_edit",
    "approved",
    "rejected",
    "published",
    "failed",
    "cancelled",
)
JOB_STATES = ("running", "finished", "cancelled")
TIERS = ("hero", "bulk", "none")
ACTORS = ("gate", "person")
VERDICTS = ("approve", "review", "reject", "fix", "art_direction")
REWORK_REASONS = ("rejected", "fix", "art_direction", "redone")
WEBHOOK_OUTCOMES = ("delivered", "failed", "given_up")
COSTS = ("cpu", "gpu", "storage", "egress", "human", "fixed")
"""Kinds of cost; all but `fixed` are marginal."""
MEDIA_TYPES = (
    "application/json",
    "application/octet-stream",
    "image/avif",
    "image/heic",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/vnd.adobe.photoshop",
    "image/webp",
)
OTHER = "other"
NONE = "none"
MOST = 20
LONGEST = 64


def bounded(weights: Mapping[str, float], most: int = MOST) -> dict[str, str]:
    """The label of each word: the `most` heaviest keep their own, the rest share "other", an empty one is "none".

    For numbers that are counted anew each time, such as those of the database: what a word weighs may change.
    """
    kept = sorted((word for word in weights if word), key=lambda word: (-weights[word], word))[:most]
    labels = dict.fromkeys(weights, OTHER) | {word: word[:LONGEST] for word in kept}
    return labels | ({"": NONE} if "" in weights else {})


class Few:
    """For counters, whose series must not change their label: the first `most` words keep their own for good."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, word: str) -> str:
        """The label of the word."""
        if not word:
            return NONE
        with self._lock:
            if word in self._seen or len(self._seen) < self._most:
                self._seen.add(word)
                return word[:LONGEST]
        return OTHER
