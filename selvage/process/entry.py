"""One photo on its way through a run: what was put in, what came out, where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from selvage.client import Image, Problem, Reason

from .inputs import Source

APPROVED, NEEDS_REVIEW, FAILED = "approved", "needs_review", "failed"

# A person's decisions on a running server appear in a later run of the command.
_STATUS = {
    "approved": APPROVED,
    "published": APPROVED,
    "needs_review": NEEDS_REVIEW,
    "in_edit": NEEDS_REVIEW,
    "rejected": NEEDS_REVIEW,
}


@dataclass
class Files:
    """Paths below READY, with `/`, by the name of the result file; and the exports with their sizes."""

    by_name: dict[str, str] = field(default_factory=dict)
    exports: list[dict[str, str | int]] = field(default_factory=list)
    compliance: list[dict[str, Any]] = field(default_factory=list)
    """The reports of the file "compliance", as the compose service wrote them."""

    def paths(self) -> list[str]:
        return [*self.by_name.values(), *(str(export["path"]) for export in self.exports)]


@dataclass
class Entry:
    """`image` is None when the photo never reached the gateway; then `error` says why."""

    source: Source
    image: Image | None = None
    error: Problem | None = None
    files: Files = field(default_factory=Files)
    before: str = ""
    """Thumbnail of the photo below READY, or empty."""
    after: str = ""
    """Thumbnail of the cut-out, same geometry, or empty."""

    @property
    def status(self) -> str:
        return _STATUS.get(self.image.state, FAILED) if self.image else FAILED

    @property
    def problem(self) -> Problem | None:
        return self.error or (self.image.error if self.image else None)

    @property
    def names(self) -> tuple[str, str]:
        """SKU and image number."""
        return (self.image.sku, self.image.image_no) if self.image else self.source.shown

    @property
    def confidence(self) -> float:
        return self.image.confidence if self.image and self.status != FAILED else 0.0

    @property
    def reasons(self) -> tuple[Reason, ...]:
        if self.image is None or self.status == FAILED:
            return ()
        if self.image.state == "rejected":
            return (Reason("REJECTED", "A person rejected this result.", ()), *self.image.reasons)
        return self.image.reasons

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of work by stage; a stage run again after a decision counts its last run."""
        stages = self.image.stages if self.image else ()
        return {run.stage: round(run.seconds, 3) for run in stages}
