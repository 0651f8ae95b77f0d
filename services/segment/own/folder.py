"""The folder of users' own models: every ONNX file in it, and every model folder of our own making, is a profile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.segment.errors import ModelMissing
from services.segment.onnx import session
from services.segment.own import confidence, protofile
from services.segment.own.card import Card, Spec, card_of, read_card, specify
from services.segment.own.segmenter import OwnSegmenter

MANIFEST = "model.json"


@dataclass(frozen=True)
class OwnModel:
    """A model file, how to run it, and its digest (of the weights beside it, too)."""

    file: Path
    spec: Spec
    sha256: str


def files(folder: Path) -> Iterator[Path]:
    """The ONNX files of `folder` itself, by name; and those one folder deeper that are no model folders of ours."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() == ".onnx" and path.is_file():
            yield path
        elif path.is_dir() and not (path / MANIFEST).is_file():
            yield from sorted(path.glob("*.onnx"))


def model_folders(folder: Path) -> list[Path]:
    """Folders as `selvage export-model` and `selvage finetune` write them."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))


def inspect(file: Path) -> OwnModel:
    """Reads graph and card. Raises ModelMissing, ModelUnknown, OwnModelUnfit, CardInvalid."""
    card = card_of(file)
    try:
        graph = protofile.read(file)
        digest = _digest(file)
    except (OSError, ValueError) as cause:
        raise ModelMissing(name=file.name, problem=str(cause)) from cause
    return OwnModel(file, specify(file, graph, read_card(card) if card else Card()), digest)


def load(model: OwnModel, threads: int, providers: Sequence[str]) -> tuple[OwnSegmenter, str]:
    """The segmenter, and its version: a digest of everything that decides its answers, and what to know about them.

    Raises ModelMissing, ProviderMissing, CalibrationStale.
    """
    measured = confidence.read(model.file, model.sha256)
    calibration = measured or confidence.CAUTIOUS
    segmenter = OwnSegmenter(model.spec, session(model.file, model.spec.name, threads, providers), calibration)
    decisive = hashlib.sha256(f"{model.sha256} {model.spec} {calibration}".encode()).hexdigest()[:12]
    notes = [] if measured else ["confidence not measured"]
    notes += ["stretches every answer to its full range"] if model.spec.stretched else []
    return segmenter, f"{model.spec.name} {decisive}" + (f" ({'; '.join(notes)})" if notes else "")


def _digest(file: Path) -> str:
    """sha256 of the file, followed by that of weights kept beside it under the usual names."""
    whole = hashlib.sha256()
    for path in (file, file.with_name(f"{file.name}.data"), file.with_name(f"{file.name}_data")):
        if path.is_file():
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    whole.update(block)
    return whole.hexdigest()
