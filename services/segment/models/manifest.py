"""What a model folder says about itself. Replacing its files replaces the model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from services.segment.calibrate import Calibration
from services.segment.errors import ModelMissing
from services.segment.review import Review

HERE = Path(__file__).resolve().parent
DEFAULT = "two-looks"


@dataclass(frozen=True)
class Manifest:
    """name, version: as reported with every result. weights: the ONNX file. side: the grid of the answer. looks:
    sides of the passes, small to large; the last one is `side`. calibration: of the confidence. licence: one line.
    review: from signs of an answer to the risk of review, None for a model that was not fitted for it."""

    name: str
    version: str
    weights: Path
    sha256: str
    side: int
    looks: tuple[int, ...]
    calibration: Calibration
    licence: str
    review: Review | None = None


def find(name_or_path: str) -> Path:
    """The folder of a shipped model by name, or of one's own by path."""
    own = Path(name_or_path)
    return own if own.is_absolute() or own.is_dir() else HERE / name_or_path


def read(folder: Path) -> Manifest:
    """Raises ModelMissing when the folder, its manifest or its weights are absent or do not match the digest."""
    try:
        fields = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        weights = folder / str(fields["file"])
        manifest = Manifest(
            name=str(fields["name"]),
            version=str(fields["version"]),
            weights=weights,
            sha256=str(fields["sha256"]),
            side=int(fields["side"]),
            looks=tuple(int(side) for side in fields["looks"]),
            calibration=Calibration.from_json(fields["calibration"]),
            licence=str(fields["licence"]),
            review=Review.from_json(fields["review"]) if "review" in fields else None,
        )
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except (OSError, KeyError, TypeError, ValueError) as cause:
        raise ModelMissing(name=folder.name, problem=f"{type(cause).__name__}: {cause}") from cause
    if digest != manifest.sha256:
        raise ModelMissing(name=folder.name, problem=f"its file has sha256 {digest}, the manifest names another")
    if not manifest.looks or manifest.looks[-1] != manifest.side or list(manifest.looks) != sorted(manifest.looks):
        raise ModelMissing(name=folder.name, problem="its looks must rise and end with its side")
    return manifest
