"""Cut-outs, what a retry did and what was fetched, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .effects import Answer
from .models import Image, ImageFile, Job


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
