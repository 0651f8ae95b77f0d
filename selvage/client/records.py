"""Decisions, shoots, cut-outs, what a retry did and what was fetched, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .effects import Answer
from .models import Image, ImageFile, Job, word

VERDICTS = ("approve", "reject", "fix", "art_direction")


@dataclass(frozen=True)
class Decision:
    """One row about one image; it is never changed."""

    decision_id: int
    image_id: str
    actor: str
    """"gate" or "person"."""
    reviewer: str
    verdict: str
    """"approve", "reject", "fix", "art_direction", or "review" by the gate."""
    reason: str
    seconds: float
    confidence: float
    time: str
    """RFC 3339."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Decision:
        names = ("image_id", "actor", "reviewer", "reason", "time")
        return cls(
            decision_id=int(body["decision_id"]),
            verdict=word(body.get("verdict"), "VERDICT_"),
            seconds=float(body.get("seconds", 0)),
            confidence=float(body.get("confidence", 0)),
            **{name: str(body.get(name, "")) for name in names},
        )


@dataclass(frozen=True)
class Shoot:
    """Photos taken with the same light and paper."""

    shop: str
    name: str
    images: int
    plate_source: str
    """"none", "photos", "empty_frame" or "unusable"."""
    plate_photos: int
    detail: str
    frozen: bool
    """Whether the plate is made: later images use the same."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Shoot:
        return cls(
            shop=str(body["shop"]),
            name=str(body["name"]),
            images=int(body.get("images", 0)),
            plate_source=str(body.get("plate_source", "")),
            plate_photos=int(body.get("plate_photos", 0)),
            detail=str(body.get("detail", "")),
            frozen=bool(body.get("plate")),
        )


@dataclass(frozen=True)
class Retried:
    """`images` were set to work."""

    job: Job
    images: int


@dataclass(frozen=True)
class Fetched:
    """A result file in a folder. `fresh` is False when it lay there already with the right content."""

    image: Image
    file: ImageFile
    path: Path
    fresh: bool


@dataclass(frozen=True)
class Cutout:
    """The answer of `cutout`: a picture, or a ZIP of colour and alpha, and what is known of it."""

    data: bytes
    media_type: str
    width: int
    height: int
    image_id: str
    job_id: str
    state: str
    """"approved", or "needs_review" when a person should look."""
    uncertainty: float
    """0 sure, 1 not at all, -1 unknown."""
    reasons: tuple[str, ...]
    """Codes of why a person should look."""
    model_version: str
    replayed: bool

    @classmethod
    def of(cls, answer: Answer) -> Cutout:
        told = answer.headers
        return cls(
            data=answer.content,
            media_type=told.get("content-type", ""),
            width=int(told.get("x-width", 0)),
            height=int(told.get("x-height", 0)),
            image_id=told.get("x-image-id", ""),
            job_id=told.get("x-job-id", ""),
            state=told.get("x-selvage-state", ""),
            uncertainty=float(told.get("x-uncertainty-score", -1)),
            reasons=tuple(code for code in told.get("x-selvage-reasons", "").split(",") if code),
            model_version=told.get("x-model-version", ""),
            replayed=told.get("idempotent-replayed") == "true",
        )
