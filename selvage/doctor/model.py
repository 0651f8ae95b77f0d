"""The model: its files as their manifests say, and Triton, where that runs it, with the same one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.segment.errors import ModelsFolderMissing, TritonRefused, TritonUnavailable
from services.segment.models import Manifest, find, read
from services.segment.onnx import OnnxRunner
from services.segment.own import folder
from services.segment.settings import SegmentSettings
from services.segment.triton import TritonRunner

from .chart import Chart, Finding, Unwell

MOST_DIFFERENCE = 2.0
"""Mean difference of answers in levels of 255 that half precision may make; another model's answer is far off."""
SQUARES = 12


def check(chart: Chart, settings: SegmentSettings) -> None:
    repair = "Reinstall Selvage, or copy the model's folder again and point SELVAGE_SEGMENT_MODEL to it."
    with chart.watch("model", repair):
        manifest = read(find(settings.model))  # compares the digest
        chart.add("model", f"{manifest.name} {manifest.version}, sha256 {manifest.sha256[:12]}... as its manifest says")
        if settings.backend == "triton":
            _triton(chart, settings, manifest)
    if settings.models is not None:
        _own(chart, settings)


def _own(chart: Chart, settings: SegmentSettings) -> None:
    home = settings.models
    assert home is not None
    with chart.watch("own models", "Copy the models again, or correct SELVAGE_SEGMENT_MODELS; docs/models.md."):
        if not home.is_dir():
            raise ModelsFolderMissing(path=home)
        names = [path.name for path in folder.model_folders(home) if read(path)]
        names += [folder.inspect(file).spec.name for file in folder.files(home)]
        chart.add("own models", ", ".join(names) or f"none in {home}")


def _triton(chart: Chart, settings: SegmentSettings, manifest: Manifest) -> None:
    """Versions of a model repository are numbers its owner gives; the answer tells which model it is."""
    runner = TritonRunner(settings.triton_url, settings.triton_model, seconds=settings.triton_seconds, attempts=1)
    pixels = probe(manifest.side)
    try:
        apart = np.abs(runner.run(pixels).astype(np.float32) - OnnxRunner(manifest).run(pixels)).mean()
    except TritonUnavailable as error:
        repair = "Start Triton, wait until its log says READY for the model, and check SELVAGE_SEGMENT_TRITON_URL."
        chart.findings.append(Finding("triton", False, error.message, repair))
        return
    except TritonRefused as error:
        chart.findings.append(Finding("triton", False, error.message, LAY_OUT))
        return
    finally:
        runner.close()
    name = f"{settings.triton_model} at {settings.triton_url}"
    with chart.watch("triton", LAY_OUT):
        if apart > MOST_DIFFERENCE:
            raise Unwell(
                f"{name} is another model than {manifest.name} {manifest.version}: on the doctor's picture its answers"
                f" are {apart:.1f} levels apart"
            )
        chart.add(
            "triton", f"{name} is ready and answers as {manifest.name} {manifest.version} (apart: {apart:.2f} of 255)"
        )


LAY_OUT = (
    "Lay the model repository out anew (`python -m scripts.triton_repository`, or the image selvage/triton of this"
    " version) and restart Triton; SELVAGE_SEGMENT_MODEL and SELVAGE_SEGMENT_TRITON_MODEL name what it must hold."
)


def probe(side: int) -> NDArray[np.uint8]:
    """A picture no model is indifferent to: dark and coloured squares, sharp and soft, on light paper; [1, S, S, 3]."""
    rng = np.random.default_rng(9)
    picture = np.full((side, side, 3), 236.0, np.float32)
    picture += rng.normal(0, 3, picture.shape).astype(np.float32)
    for _ in range(SQUARES):
        top, left = rng.integers(0, side * 3 // 4, 2)
        height, width = rng.integers(side // 16, side // 4, 2)
        strength = rng.uniform(0.3, 1.0)
        patch = picture[top : top + height, left : left + width]
        patch += strength * (rng.integers(10, 200, 3) - patch)
    return picture.clip(0, 255).astype(np.uint8)[None]
