"""What needs no server: nobody answers, and the twin's configuration."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from scripts.triton_repository import CONFIG, lay_out, lay_out_twin
from services.segment import models
from services.segment.errors import TritonUnavailable
from services.segment.own import protofile
from services.segment.triton import TritonRunner


def test_nobody_there_is_an_error_worth_another_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"127.0.0.1:{taken.getsockname()[1]}"
        runner = TritonRunner(url, "selvage_segment", attempts=2, pause=0.01, seconds=2)
        with pytest.raises(TritonUnavailable) as caught:
            runner.run(np.zeros((1, 64, 64, 3), np.uint8))
        runner.close()
    assert caught.value.retryable
    assert url in caught.value.message


def test_the_twin_serves_the_model_that_ships() -> None:
    repository = Path(models.__file__).resolve().parents[1] / "model_repository"
    config = (repository / "selvage_segment" / "config.pbtxt").read_text(encoding="utf-8")
    (served,) = re.findall(r'string_value: "(.*/models/.*)"', config)
    assert (repository / "selvage_segment" / served).resolve() == models.find(models.DEFAULT)


def configuration(repository: str) -> model_config_pb2.ModelConfig:
    """A committed configuration, read as Triton reads it: unknown fields and slips of the pen are errors."""
    path = Path(models.__file__).resolve().parents[1] / repository / "selvage_segment" / "config.pbtxt"
    return text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())


def test_both_configurations_are_valid_and_batch() -> None:
    for repository, backend in (("model_repository", "python"), ("model_repository_gpu", "onnxruntime")):
        config = configuration(repository)
        assert (config.name, config.backend) == ("selvage_segment", backend)
        assert config.HasField("dynamic_batching")
        assert config.max_batch_size >= 8


def test_the_gpu_nodes_configuration_fits_the_shipped_file(tmp_path: Path) -> None:
    home = lay_out(tmp_path)
    config = configuration("model_repository_gpu")
    graph = protofile.read(home / "1" / config.default_model_filename)
    for ends, tensors in ((graph.inputs, config.input), (graph.outputs, config.output)):
        assert [end.name for end in ends] == [tensor.name for tensor in tensors]
        assert [end.shape[3] for end in ends] == [tensor.dims[2] for tensor in tensors]
        assert {tensor.data_type for tensor in tensors} == {model_config_pb2.TYPE_UINT8}
    assert {one.batch_size for one in config.model_warmup} == {1, 8}
    assert all(list(one.inputs["rgb"].dims) == list(config.input[0].dims) for one in config.model_warmup)
    (accelerator,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert (accelerator.name, accelerator.parameters["precision_mode"]) == ("tensorrt", "FP16")
    assert (home / "config.pbtxt").read_bytes() == CONFIG.read_bytes()


def test_the_twin_is_laid_out_with_its_model_inside(tmp_path: Path) -> None:
    home = lay_out_twin(tmp_path)
    config = text_format.Parse((home / "config.pbtxt").read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    held = home / config.parameters["model"].string_value
    shipped = models.find(models.DEFAULT)
    assert [path.name for path in tmp_path.iterdir()] == ["selvage_segment"]  # each is a model to Triton
    for name in ("model.json", "model.onnx"):
        assert (held / name).read_bytes() == (shipped / name).read_bytes()
    committed = configuration("model_repository")
    committed.parameters["model"].string_value = config.parameters["model"].string_value
    assert config == committed
