"""A request's share of the time a model was busy on a Triton server.

Triton charges a whole batch to each request in it: the durations of eight requests in one batch add up to eight times
the time the batch took. Its statistics by batch size count an execution once, so from their growth, and that of the
number of inferences, follows what one inference cost (extension_statistics.md of the server's protocol).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LOOKS, FIRST_PAUSE = 8, 0.002
"""The server adds to its statistics just after it has answered."""


@dataclass(frozen=True)
class Totals:
    """Since the server's start: pictures inferred, and seconds the model computed."""

    inferences: int = 0
    seconds: float = 0.0


@dataclass
class Charged:
    """What the request inside `BatchShare.measured` used; known at its end."""

    seconds: float = 0.0


def totals(statistics: Any) -> Totals:
    """Of an `inference.ModelStatisticsResponse`, all versions of the model together."""
    # Not `inference_count`: it grows a moment before the time of the batch does.
    sizes = [size for model in statistics.model_stats for size in model.batch_stats]
    pictures = sum(int(size.batch_size) * int(size.compute_infer.count) for size in sizes)
    return Totals(pictures, sum(int(size.compute_infer.ns) for size in sizes) / 1e9)


class BatchShare:
    """Of one process's requests to one model; thread-safe.

    The growth between two looks is shared by the inferences in it. When no request is under way what is left is not
    ours: other processes ask the same server, and each counts its own.
    """

    def __init__(self, look: Callable[[], Totals]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._seen = Totals()
        self._open_seconds, self._open_inferences = 0.0, 0
        self._under_way = 0

    @contextmanager
    def measured(self, inferences: int) -> Iterator[Charged]:
        """About a request for so many pictures. One that fails is charged nothing: it did not get to compute."""
        charged = Charged()
        with self._lock:
            if self._under_way == 0:
                self._seen = self._look()
                self._open_seconds, self._open_inferences = 0.0, 0
            self._under_way += 1
        try:
            yield charged
            charged.seconds = self._take(inferences)
        finally:
            with self._lock:
                self._under_way -= 1

    def _take(self, inferences: int) -> float:
        pause = FIRST_PAUSE
        for look in range(LOOKS):
            with self._lock:
                self._update(self._look())
                if self._open_inferences >= inferences:
                    part = self._open_seconds * inferences / self._open_inferences
                    self._open_seconds -= part
                    self._open_inferences -= inferences
                    return part
            if look + 1 < LOOKS:
                time.sleep(pause)
                pause *= 2
        return 0.0

    def _update(self, now: Totals) -> None:
        if now.inferences < self._seen.inferences:  # another server has taken its place
            self._seen = Totals()
        self._open_inferences += now.inferences - self._seen.inferences
        self._open_seconds += now.seconds - self._seen.seconds
        self._seen = now
