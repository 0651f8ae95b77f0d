"""The profiles by name, built from settings."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from services.segment.calibrate import Calibration
from services.segment.closer import CloserSegmenter
from services.segment.errors import ModelsFolderMissing, ProfileNameTaken, UnknownProfile
from services.segment.fused import FusedSegmenter
from services.segment.learned import LearnedSegmenter, Runner
from services.segment.models import Manifest, find, read
from services.segment.onnx import OnnxRunner
from services.segment.own import folder
from services.segment.paper import PaperSegmenter
from services.segment.port import Segmenter
from services.segment.settings import SegmentSettings
from services.segment.triton import TritonRunner

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Profile:
    """One way to segment, and what is said about it. kind: "onnx", "triton", "paper" or "fused"."""

    segmenter: Segmenter
    kind: str
    model_version: str
    licence: str


class Profiles:
    """Every profile, made once and shared by all threads. Each looks again, closer, at a product that is small."""

    def __init__(self, table: Mapping[str, Profile], default: str) -> None:
        self._table = {name: replace(row, segmenter=CloserSegmenter(row.segmenter)) for name, row in table.items()}
        self._default = default

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
    """Loads the model and those of the models folder, and logs whose weights they are under which licence.

    Raises ModelMissing, ModelContract, ProviderMissing, and for one's own models the rows that `own_profiles` names.
    """
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
    if settings.models is not None:
        for name, profile, file in own_profiles(settings.models, settings):
            if name in table:
                raise ProfileNameTaken(name=name, file=file.name)
            table[name] = profile
    for name, row in table.items():
        if row.licence:
            LOG.info("profile %s runs %s, licence: %s", name, row.model_version, row.licence)
    profiles = Profiles(table, settings.profile)
    profiles.get("")
    return profiles


def own_profiles(home: Path, settings: SegmentSettings) -> Iterator[tuple[str, Profile, Path]]:
    """Name, profile and file of every model in a folder: ONNX files of any family, and model folders of our making.

    Raises ModelsFolderMissing, ModelMissing, ModelUnknown, OwnModelUnfit, CardInvalid, CalibrationStale, ModelContract,
    ProviderMissing.
    """
    if not home.is_dir():
        raise ModelsFolderMissing(path=home)
    for path in folder.model_folders(home):
        manifest = read(path)
        runner = OnnxRunner(manifest, settings.threads, settings.providers)
        learned = LearnedSegmenter(path.name, runner, manifest)
        version = f"{manifest.name} {manifest.version} {manifest.sha256[:12]}"
        yield path.name, Profile(learned, "onnx", version, manifest.licence), path
    for file in folder.files(home):
        own = folder.inspect(file)
        segmenter, version = folder.load(own, settings.threads, settings.providers)
        yield own.spec.name, Profile(segmenter, "onnx", version, own.spec.licence), file


def fused_calibration() -> Calibration:
    """How the fused score reads as a probability; fitted together with the shipped model."""
    text = Path(__file__).with_name("calibration.json").read_text(encoding="utf-8")
    return Calibration.from_json(json.loads(text)["fused"])


def _runner(settings: SegmentSettings, manifest: Manifest) -> Runner:
    if settings.backend == "triton":
        return TritonRunner(settings.triton_url, settings.triton_model, seconds=settings.triton_seconds)
    return OnnxRunner(manifest, settings.threads, settings.providers)
