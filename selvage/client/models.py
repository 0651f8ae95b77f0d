"""What the REST API speaks of, as plain values. Built from JSON whose unknown fields are ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.kit.boxes import Box

FINISHED, CANCELLED, RUNNING = "finished", "cancelled", "running"
ENDED_STATES = frozenset({"needs_review", "in_edit", "approved", "rejected", "published", "failed", "cancelled"})


@dataclass(frozen=True)
class StoredPhoto:
    """An uploaded photo; `key` goes into NewImage.original_key."""

    key: str
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True)
class NewImage:
    """A photo of a new job. Empty fields are left to the server, as docs/rest.md says."""

    original_key: str
    source_name: str
    sku: str = ""
    image_no: str = ""
    shoot: str = ""
    category: str = ""
    tier: str = ""
    """"hero", "bulk" or empty."""
    template: str = ""
    due_time: str = ""
    """RFC 3339, or empty."""

    def to_json(self) -> dict[str, str]:
        body = {name: value for name, value in asdict(self).items() if value}
        if self.tier:
            body["tier"] = f"TIER_{self.tier.upper()}"
        return body


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
    replayed: bool = False
    """True when the answer to create_job is a job made before with the same request id."""

    @property
    def ended(self) -> bool:
        return self.state in (FINISHED, CANCELLED)

    @classmethod
    def of(cls, body: Mapping[str, Any], *, replayed: bool = False) -> Job:
        state = str(body.get("state", "")).removeprefix("JOB_STATE_").lower()
        counts = {name: int(value) for name, value in body.get("counts", {}).items()}
        template, profile, label = (str(body.get(name, "")) for name in ("template", "profile", "label"))
        shop = str(body.get("shop", ""))
        return cls(str(body["job_id"]), shop, state, template, profile, label, counts, replayed)


@dataclass(frozen=True)
class Reason:
    code: str
    detail: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Problem:
    reason: str
    message: str
    retryable: bool = False


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
            state=str(body.get("state", "")).removeprefix("IMAGE_STATE_").lower(),
            confidence=float(body.get("confidence", 0)),
            reasons=tuple(_reason(reason) for reason in body.get("reasons", [])),
            error=Problem(error["reason"], error["message"], bool(error.get("retryable"))) if error else None,
            files=tuple(_file(file) for file in body.get("files", [])),
            stages=tuple(_stage(stage) for stage in body.get("stages", [])),
            etag=str(body.get("etag", "")),
            original_sha256=str(body.get("original", {}).get("sha256", "")),
        )


@dataclass(frozen=True)
class Progress:
    """One message of a watched job: the job as it stands and the images that changed."""

    job: Job
    images: tuple[Image, ...]


def stored(body: Mapping[str, Any]) -> StoredPhoto:
    size = int(body.get("size_bytes", 0))
    return StoredPhoto(str(body["key"]), str(body["sha256"]), size, str(body.get("media_type", "")))


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
