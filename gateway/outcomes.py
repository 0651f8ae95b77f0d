"""The numbers that say how well the work goes: in time, right the first time, done again (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.kit import metrics, tracing
from services.kit.errors import SelvageError

from . import policies, words
from .records.history import Past
from .records.images import Row
from .records.runs import Ended

REWORK_OF = {"reject": "rejected", "fix": "fix", "art_direction": "art_direction"}
DELIVERED = (words.APPROVED, words.PUBLISHED)


def run_ended(
    row: Row, state: str, ended: Ended, promised_seconds: float, *, by_person: bool, reasons: Iterable[str]
) -> None:
    """A run came to `approved` or `needs_review`. `row` is the image's, with `job_created_at`; `reasons` are codes."""
    metrics.count_image(state, ended.age)
    if not by_person:
        metrics.count_decision("gate", "approve" if state == words.APPROVED else "review", first=ended.never_decided)
        for reason in reasons:
            metrics.REVIEW_REASONS.labels(metrics.reason_label(reason)).inc()
    if state == words.APPROVED and ended.never_ended:
        _finished(row, row["job_created_at"], ended.at, promised_seconds)


def failed(row: Row, moved: Row, past: Past, error: SelvageError, promised_seconds: float) -> None:
    """An image failed. In time only when the photo or the request was at fault. `moved` is its row afterwards."""
    metrics.count_image(words.FAILED, _age(moved))
    metrics.IMAGE_FAILURES.labels(metrics.reason_label(error.reason)).inc()
    if past.never_ended:
        ours = error.code not in policies.HOPELESS
        _finished(row, past.job_created_at, moved["updated_at"], promised_seconds, ours=ours)


def decided(row: Row, moved: Row, past: Past, verdict: str, seconds: float, promised_seconds: float) -> None:
    """A person has decided about the image `row`, which then became `moved`; 0 seconds were not told."""
    metrics.count_decision("person", verdict, first=past.never_decided)
    if row["state"] == words.NEEDS_REVIEW and past.waited is not None:
        metrics.REVIEW_WAIT_SECONDS.observe(past.waited)
        root = tracing.image(row["image_id"])
        if root is not None:
            tracing.record("review", "internal", root, past.waited, verdict=verdict)
    if seconds > 0:
        metrics.REVIEW_SECONDS.labels(verdict).observe(seconds)
    if row["state"] in DELIVERED and verdict in REWORK_OF:
        metrics.REWORK.labels(REWORK_OF[verdict]).inc()
    if moved["state"] != row["state"] and moved["state"] in (words.IN_EDIT, words.NEEDS_REVIEW):
        metrics.count_image(moved["state"], _age(moved))
    if moved["state"] == words.REJECTED:
        metrics.count_image(words.REJECTED, _age(moved))
        if past.never_ended:
            _finished(row, past.job_created_at, moved["updated_at"], promised_seconds)


def done_again(states: Iterable[str]) -> None:
    """Images that had ended in these states were set to work again."""
    metrics.REWORK.labels("redone").inc(sum(state in DELIVERED for state in states))


def _finished(row: Row, job_created_at: datetime, at: datetime, promised_seconds: float, *, ours: bool = False) -> None:
    due = row["due_at"] or job_created_at + timedelta(seconds=promised_seconds)
    metrics.count_finished(row["tier"], in_time=not ours and at <= due)


def _age(row: Row) -> float:
    age: timedelta = row["updated_at"] - row["created_at"]
    return age.total_seconds()
