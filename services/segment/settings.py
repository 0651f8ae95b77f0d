"""Settings of the segment service."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.kit.settings import Settings, prefix
from services.segment.models import DEFAULT


class SegmentSettings(Settings):
    """Which profile answers by default, and who runs the model."""

    model_config = prefix("SELVAGE_SEGMENT_")

    address: str = Field(default="127.0.0.1:50051", min_length=1)
    """host:port `python -m services.segment` listens on."""

    profile: str = Field(default="fused", min_length=1)
    """Profile of requests that name none: `fused` (model and paper), `model` alone, `paper` alone, or a model of
    SELVAGE_SEGMENT_MODELS."""

    backend: Literal["onnx", "triton"] = "onnx"
    """Who runs the model: ONNX Runtime in this process, or a Triton server."""

    model: str = DEFAULT
    """A model that ships, by name, or the folder of one's own (model.onnx and model.json)."""

    models: Path | None = None
    """Folder of your own models: each ONNX file and each model folder in it becomes a profile (docs/models.md)."""

    providers: tuple[str, ...] = ("CPUExecutionProvider",)
    """ONNX Runtime providers in order of preference, as JSON, e.g. `["CUDAExecutionProvider"]`; each must be there."""

    threads: int = Field(default=1, ge=1, le=256)
    """Threads of one run of the model; several photos run beside each other anyway."""

    triton_url: str = "127.0.0.1:8001"
    """host:port of Triton's gRPC endpoint."""

    triton_model: str = "selvage_segment"
    """The model's name in Triton's repository."""

    triton_seconds: float = Field(default=30.0, gt=0)
    """Longest time one call to Triton may take."""
