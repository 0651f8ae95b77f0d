"""Recording what has more to it than one number, with the label values held to their sets."""

from __future__ import annotations

from services.kit import tracing

from . import catalogue
from .labels import (
    ACTORS,
    IMAGE_STATES,
    MEDIA_TYPES,
    OUTCOMES,
    REWORK_REASONS,
    STAGES,
    TIERS,
    VERDICTS,
    WEBHOOK_OUTCOMES,
    Few,
)

reason_label = Few(60)
"""Rows of the error table and reasons of the gate: few, but other versions may know others."""


def observe_stage(stage: str, outcome: str, seconds: float) -> None:
    """Records one stage run. Raises `ValueError` for a stage or outcome outside the fixed sets."""
    if stage not in STAGES or outcome not in OUTCOMES:
        raise ValueError(f"unknown stage or outcome: {stage!r}, {outcome!r}")
    catalogue.STAGE_SECONDS.labels(stage, outcome).observe(seconds, tracing.exemplar())


def count_image(state: str, age_seconds: float) -> None:
    """Records that an image reached a state `age_seconds` after its arrival. Raises `ValueError` as above."""
    if state not in IMAGE_STATES:
        raise ValueError(f"unknown image state: {state!r}")
    catalogue.IMAGES.labels(state).inc()
    catalogue.IMAGE_AGE_SECONDS.labels(state).observe(age_seconds, tracing.exemplar())


def count_finished(tier: str, *, in_time: bool) -> None:
    """Records the first end of an image; `tier` is hero, bulk or ''."""
    label = tier or "none"
    catalogue.IMAGES_FINISHED.labels(label).inc()
    catalogue.IMAGES_IN_TIME.labels(label).inc(int(in_time))


def count_decision(actor: str, verdict: str, *, first: bool) -> None:
    """Records a decision; `first`: the image had none before. Raises `ValueError` as above."""
    if actor not in ACTORS or verdict not in VERDICTS:
        raise ValueError(f"unknown actor or verdict: {actor!r}, {verdict!r}")
    catalogue.DECISIONS.labels(actor, verdict).inc()
    if first and verdict != "review":
        catalogue.FIRST_DECISIONS.labels(actor, verdict).inc()


def count_stored(media_type: str, size: int) -> None:
    """Records `size` bytes written to the object store; media types we do not make ourselves count as "other"."""
    catalogue.STORED_BYTES.labels(media_type if media_type in MEDIA_TYPES else "other").inc(size)


def _begin_at_zero() -> None:
    """Prometheus sees an increase only of a series it has scraped before: without these the first late image, the first
    rework and the first message given up of every process would not count."""
    for state in IMAGE_STATES:
        catalogue.IMAGES.labels(state)
    for tier in TIERS:
        catalogue.IMAGES_FINISHED.labels(tier)
        catalogue.IMAGES_IN_TIME.labels(tier)
    for kind in REWORK_REASONS:
        catalogue.REWORK.labels(kind)
    for outcome in WEBHOOK_OUTCOMES:
        catalogue.WEBHOOK_ATTEMPTS.labels(outcome)
    catalogue.DECISIONS.labels("gate", "review")
    for actor, verdict in (("gate", "approve"), *(("person", each) for each in VERDICTS if each != "review")):
        catalogue.DECISIONS.labels(actor, verdict)
        catalogue.FIRST_DECISIONS.labels(actor, verdict)


_begin_at_zero()
