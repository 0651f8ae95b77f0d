"""Confidence of models that give an alpha only: what |2 alpha - 1| is worth.

Until `selvage calibrate` has measured a model on labelled photos, a curve is used that is meant to say too little
rather than too much: an outline is believed in at most eight of ten pixels, so such photos go to review.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.segment.calibrate import Calibration
from services.segment.errors import CalibrationStale

F32 = NDArray[np.float32]

CAUTIOUS = Calibration(
    edge=((0.0, 0.1), (0.6, 0.25), (0.9, 0.5), (1.0, 0.8)),
    inside=((0.0, 0.2), (0.8, 0.5), (0.96, 0.9), (1.0, 0.98)),
)


def score(alpha: F32) -> F32:
    """float32, 0 where alpha is one half and 1 where it is 0 or 1."""
    return np.abs(2 * alpha - 1).astype(np.float32)


def calibration_file(model: Path) -> Path:
    """Where a model's calibration lies: beside it."""
    return model.with_name(f"{model.stem}.calibration.json")


def read(model: Path, sha256: str) -> Calibration | None:
    """The calibration beside a model file, None without one. Raises CalibrationStale when it was fitted to another
    file or makes no sense."""
    path = calibration_file(model)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        fitted_to, found = str(fields["sha256"]), Calibration.from_json(fields)
    except FileNotFoundError:
        return None
    except (OSError, KeyError, TypeError, ValueError) as cause:
        raise CalibrationStale(path=path.name, problem=f"{type(cause).__name__}: {cause}") from cause
    if fitted_to != sha256:
        raise CalibrationStale(path=path.name, problem=f"it was fitted to the file {fitted_to[:12]}")
    return found


def write(model: Path, sha256: str, calibration: Calibration, pictures: int) -> Path:
    """Writes the calibration beside the model and returns its path."""
    path = calibration_file(model)
    fields = {"sha256": sha256, "pictures": pictures, "edge": calibration.edge, "inside": calibration.inside}
    path.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    return path
