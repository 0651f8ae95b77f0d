"""The doctor and Triton: whether it serves the model that the segment service's settings name."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest

from selvage.doctor import model
from selvage.doctor.chart import Chart, Finding
from services.segment import models
from services.segment.settings import SegmentSettings
from tests.parts.triton import Triton

pytestmark = pytest.mark.triton


@pytest.fixture(scope="module")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    made = Triton(tmp_path_factory.mktemp("triton"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def asked(url: str, **settings: str) -> Finding:
    chart = Chart()
    model.check(chart, SegmentSettings(backend="triton", triton_url=url, **settings))  # type: ignore[arg-type]
    assert [finding.part for finding in chart.findings] == ["model", "triton"]
    assert chart.findings[0].well
    return chart.findings[1]


def test_the_model_that_ships(triton: Triton) -> None:
    found = asked(triton.url)
    assert found.well, found.detail
    assert models.read(models.find(models.DEFAULT)).version in found.detail


def test_another_model_than_the_settings_name(triton: Triton, tmp_path: Path) -> None:
    """Here they name one whose two maps are swapped; Triton still has the one that ships."""
    folder = shutil.copytree(models.find(models.DEFAULT), tmp_path / "swapped")
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / about["file"]).write_bytes(swapped(folder / about["file"]))
    about |= {"name": "swapped", "sha256": hashlib.sha256((folder / about["file"]).read_bytes()).hexdigest()}
    (folder / "model.json").write_text(json.dumps(about), encoding="utf-8")
    found = asked(triton.url, model=str(folder))
    assert not found.well
    assert "another model than swapped" in found.detail
    assert "model repository" in found.repair


def test_a_model_it_does_not_have(triton: Triton) -> None:
    found = asked(triton.url, triton_model="no_such_model")
    assert not found.well
    assert "no_such_model" in found.detail


def test_no_triton() -> None:
    found = asked("127.0.0.1:1")
    assert not found.well
    assert "SELVAGE_SEGMENT_TRITON_URL" in found.repair


def swapped(path: Path) -> bytes:
    """The model with the channels of its answer in the other order."""
    loaded = onnx.load(path)
    (out,) = loaded.graph.output
    name, axis = out.name, 3
    for node in loaded.graph.node:
        node.output[:] = [f"{name}_before" if each == name else each for each in node.output]
    loaded.graph.initializer.append(onnx.helper.make_tensor("swap", onnx.TensorProto.INT64, [2], [1, 0]))
    loaded.graph.node.append(onnx.helper.make_node("Gather", [f"{name}_before", "swap"], [name], axis=axis))
    made: bytes = loaded.SerializeToString()
    return made
