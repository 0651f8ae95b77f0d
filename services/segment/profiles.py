"""The profiles by name, built from settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.segment.calibrate import Calibration
from services.segment.errors import UnknownProfile
from services.segment.fused import FusedSegmenter
from services.segment.learned import LearnedSegmenter, Runner
from services.segment.models import Manifest, find, read
from services.segment.onnx import OnnxRunner
from services.segment.paper import PaperSegmenter
from services.segment.port import Segmenter
from services.segment.settings import SegmentSettings
from services.segment.triton import TritonRunner


@dataclass(frozen=True)
class Profile:
    """One way to segment, and what is said about it. kind: "onnx", "triton", "paper" or "fused"."""

    segmenter: Segmenter
    kind: str
    model_version: str
    licence: str


class Profiles:
    """Every profile, made once and shared by all threads."""

    def __init__(self, table: Mapping[str, Profile], default: str) -> None:
        self._table, self._default = dict(table), default

    @property
    def default(self) -> str:
        return self._default

    @property
    def table(self) -> Mapping[str, Profile]:
        return self._table

    def get(self, name: str) -> Profile:
        """The named profile, the default one for an empty name. Raises UnknownProfile."""
        try:
            return self._table[name or self._default]
        except KeyError:
            raise UnknownProfile(profile=name, known=", ".join(self._table)) from None


def build(settings: SegmentSettings) -> Profiles:
    """Loads the model. Raises ModelMissing, ModelContract, ProviderMissing."""
    manifest = read(find(settings.model))
    version = f"{manifest.name} {manifest.version}"
    paper = PaperSegmenter()
    model = LearnedSegmenter("model", _runner(settings, manifest), manifest)
    fused = FusedSegmenter(model, paper, fused_calibration())
    table = {
        "fused": Profile(fused, "fused", version, manifest.licence),
        "model": Profile(model, settings.backend, version, manifest.licence),
        "paper": Profile(paper, "paper", "", ""),
    }
    return Profiles(table, settings.profile)


def fused_calibration() -> Calibration:
    """How the fused score reads as a probability; fitted together with the shipped model."""
    text = Path(__file__).with_name("calibration.json").read_text(encoding="utf-8")
    return Calibration.from_json(json.loads(text)["fused"])


def _runner(settings: SegmentSettings, manifest: Manifest) -> Runner:
    if settings.backend == "triton":
        return TritonRunner(settings.triton_url, settings.triton_model, seconds=settings.triton_seconds)
    return OnnxRunner(manifest, settings.threads, settings.providers)
