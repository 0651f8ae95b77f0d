"""Settings of gRPC servers, of calls to them, and of the CPU work behind them."""

from __future__ import annotations

import os

from pydantic import Field

from services.kit.settings import Settings, prefix


class RpcSettings(Settings):
    """How a process serves and calls."""

    model_config = prefix("SELVAGE_RPC_")

    reflection: bool = True
    """Whether tools such as grpcurl may ask the server what it offers."""

    grace_seconds: float = Field(default=20.0, ge=0)
    """How long calls in flight may finish after a stop; keep it below the pod's termination grace."""

    max_connection_age_seconds: int = Field(default=60, ge=1)
    """Age at which clients are asked to reconnect, so that they find new replicas. Calls in flight go on."""

    max_message_bytes: int = Field(default=4 << 20, ge=1 << 16)
    """Largest message taken in. Messages carry object keys, not pixels; the gateway takes jobs of up to 32 MiB."""

    call_seconds: float = Field(default=120.0, gt=0)
    """Deadline of a call whose caller gives none."""


class CpuSettings(Settings):
    """How much CPU work a process takes on at once."""

    model_config = prefix("SELVAGE_CPU_")

    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Threads for CPU work. Computed: one per core."""

    megapixels: float = Field(default=60.0, gt=0)
    """Megapixels worked on at once; a larger picture runs alone."""

    waiting: int = Field(default=256, ge=0)
    """Pieces of work that may wait; further ones are refused."""
