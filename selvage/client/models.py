"""What the REST API speaks of, as plain values. Built from JSON whose unknown fields are ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.kit.boxes import Box

FINISHED, CANCELLED, RUNNING = "finished", "cancelled", "running"
ENDED_STATES = frozenset({"needs_review", "in_edit", "approved", "rejected", "published", "failed", "cancelled"})


@dataclass(frozen=True)
class Problem:
    reason: str
    message: str
    retryable: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Problem:
        return cls(str(body.get("reason", "")), str(body.get("message", "")), bool(body.get("retryable")))


@dataclass(frozen=True)
class FailedImage:
    """A photo that was not taken into a job. `index` is its place among those submitted, from 0."""

    index: int
    source_name: str
    error: Problem


@dataclass(frozen=True)
class Job:
    job_id: str
    shop: str
    state: str
    """"running", "finished" or "cancelled"."""
    template: str
    profile: str
    label: str
    counts: dict[str, int]
    """Images by state, and "total"."""
    priority: str = ""
    """"rush", "normal" or "bulk"."""
    replayed: bool = False
    """True when the answer to submit or create_job is a job made before with the same request id."""
    failed_images: tuple[FailedImage, ...] = ()
    """What was not taken, when the others were asked for."""

    @property
    def ended(self) -> bool:
        return self.state in (FINISHED, CANCELLED)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Job:
        return cls(
            job_id=str(body["job_id"]),
            shop=str(body.get("shop", "")),
            state=word(body.get("state"), "JOB_STATE_"),
            template=str(body.get("template", "")),
            profile=str(body.get("profile", "")),
            label=str(body.get("label", "")),
            counts={name: int(value) for name, value in body.get("counts", {}).items()},
            priority=word(body.get("priority"), "PRIORITY_"),
        )


@dataclass(frozen=True)
class Reason:
    code: str
    detail: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class ImageFile:
    name: str
    file_name: str
    sha256: str
    size_bytes: int
    width: int
    height: int


@dataclass(frozen=True)
class StageRun:
    stage: str
    seconds: float
    attempt: int
    reused: bool


@dataclass(frozen=True)
class Image:
    image_id: str
    job_id: str
    sku: str
    image_no: str
    source_name: str
    state: str
    """One of the shared image states in lower case, e.g. "needs_review"."""
    confidence: float
    reasons: tuple[Reason, ...]
    error: Problem | None
    files: tuple[ImageFile, ...]
    stages: tuple[StageRun, ...]
    etag: str
    original_sha256: str
    original_bytes: int = 0
    original_expired: bool = False
    """Retention has removed the photo."""

    @property
    def ended(self) -> bool:
        """Nothing more happens to it without a person."""
        return self.state in ENDED_STATES

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Image:
        error = body.get("error")
        return cls(
            image_id=str(body["image_id"]),
            job_id=str(body.get("job_id", "")),
            sku=str(body.get("sku", "")),
            image_no=str(body.get("image_no", "")),
            source_name=str(body.get("source_name", "")),
            state=word(body.get("state"), "IMAGE_STATE_"),
            confidence=float(body.get("confidence", 0)),
            reasons=tuple(_reason(reason) for reason in body.get("reasons", [])),
            error=Problem.of(error) if error else None,
            files=tuple(_file(file) for file in body.get("files", [])),
            stages=tuple(_stage(stage) for stage in body.get("stages", [])),
            etag=str(body.get("etag", "")),
            original_sha256=str((body.get("original") or {}).get("sha256", "")),
            original_bytes=int((body.get("original") or {}).get("size_bytes", 0)),
            original_expired=bool(body.get("original_expired", False)),
        )


@dataclass(frozen=True)
class Progress:
    """One message of a watched job: the job as it stands and the images that changed."""

    job: Job
    images: tuple[Image, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Progress:
        return cls(Job.of(body["job"]), tuple(Image.of(image) for image in body.get("images", [])))


def word(value: object, prefix: str) -> str:
    """An enum's name as people write it: "needs_review"; empty when it says nothing."""
    plain = str(value or "").removeprefix(prefix).lower()
    return "" if plain == "unspecified" else plain


def _reason(body: Mapping[str, Any]) -> Reason:
    boxes = tuple(Box(*(int(box.get(side, 0)) for side in ("left", "top", "width", "height"))) for box in body["boxes"])
    return Reason(str(body["code"]), str(body["detail"]), boxes)


def _file(body: Mapping[str, Any]) -> ImageFile:
    ref = body.get("object", {})
    names = (str(body["name"]), str(body.get("file_name", "")))
    sizes = (int(ref.get("size_bytes", 0)), int(body.get("width", 0)), int(body.get("height", 0)))
    return ImageFile(*names, str(ref.get("sha256", "")), *sizes)


def _stage(body: Mapping[str, Any]) -> StageRun:
    times = (float(body.get("seconds", 0)), int(body.get("attempt", 0)))
    return StageRun(str(body["stage"]), *times, bool(body.get("reused", False)))
