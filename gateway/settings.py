"""Settings of the gateway, from `SELVAGE_GATEWAY_*`; SELVAGE_HOME is where the embedded database lies."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field

from services.kit.settings import Settings, prefix

from .gate import GateLimits
from .policies import RetryPolicy, StageName, StageRetries


class HomeSettings(Settings):
    """Where Selvage keeps what it must not lose, on a machine without set-up."""

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("selvage", appauthor=False))
    """Folder of the embedded database. Computed: the user's data folder."""


class GatewaySettings(Settings):
    """Addresses, workers and limits of the gateway."""

    model_config = prefix("SELVAGE_GATEWAY_")

    role: Literal["serve", "work", "both"] = "both"
    """`serve` answers REST and gRPC, `work` runs images, `both` does both in one process."""

    database_url: str = Field(default="", pattern=r"^($|postgres(ql)?://.+)")
    """PostgreSQL 14 or later, as postgresql://user:password@host/database. Empty: the embedded server."""

    database_connections: int = Field(default=10, ge=3, le=200)
    """Most connections of one process; two more listen for changes."""

    grpc_address: str = "127.0.0.1:7400"
    """Where gRPC is served; port 0 picks a free one."""

    rest_address: str = Field(default="127.0.0.1:7480", pattern=r"^.+:\d{1,5}$")
    """Where REST is served, host:port; port 0 picks a free one."""

    segment_address: str = "127.0.0.1:50051"
    """The segment service."""

    matting_address: str = "127.0.0.1:50052"
    """The matting service."""

    compose_address: str = "127.0.0.1:50053"
    """The compose service."""

    workers: int = Field(default=2, ge=1, le=256)
    """Images in progress at once in one process. The services bound memory themselves."""

    hero_solver: str = "fine"
    """Solver that images of tier `hero` are matted with, one of the matting service's. Empty: that of all others."""

    stage_seconds: float = Field(default=300.0, gt=0)
    """Deadline of one stage of one image."""

    describe_seconds: float = Field(default=10.0, ge=0)
    """How long a service's description of itself (code version, templates) is taken as valid."""

    tries: int = Field(default=8, ge=1, le=100)
    """How often a stage is run before a transient error counts as final."""

    busy_tries: int = Field(default=100, ge=1, le=10_000)
    """How often a service may refuse a stage because it has too much to do, before that counts as final."""

    first_pause_seconds: float = Field(default=0.5, gt=0)
    """Pause before the second try; it doubles with every further one."""

    longest_pause_seconds: float = Field(default=60.0, gt=0)
    """The longest pause between two tries."""

    stage_retries: dict[StageName, StageRetries] = Field(default_factory=dict)
    """Other tries and pauses for single stages, as JSON, e.g. {"matting": {"tries": 3, "first_pause_seconds": 2}}."""

    losses: int = Field(default=5, ge=1)
    """How often a worker may vanish over one stage before the image counts as failed."""

    heartbeat_seconds: float = Field(default=2.0, gt=0)
    """How often a worker says that it lives."""

    stalled_seconds: float = Field(default=6.0, gt=0)
    """Silence after which a worker counts as dead and its images are taken over."""

    grace_seconds: float = Field(default=5.0, ge=0)
    """How long images in progress may go on when the process is asked to stop; then they are given back."""

    images_per_job: int = Field(default=20_000, ge=1)
    """Most images in one call."""

    waiting_images: int = Field(default=200_000, ge=1)
    """Most images that may wait; further jobs are refused until fewer do. A job always fits into an empty queue."""

    waiting_images_per_shop: int = Field(default=100_000, ge=1)
    """The same for the images of one shop."""

    promised_seconds: float = Field(default=86_400.0, gt=0)
    """Within this time of its job an image without a `due_at` is promised; it decides what counts as in time."""

    gate: GateLimits = GateLimits()
    """Where doubt begins, as JSON over the defaults of gateway/gate.py, e.g. {"review_below": 0.7}."""

    def retries(self, stage: str) -> RetryPolicy:
        """How this stage is tried again."""
        general = {name: getattr(self, name) for name in RetryPolicy.model_fields}
        own = {str(name): changes for name, changes in self.stage_retries.items()}.get(stage, StageRetries())
        return RetryPolicy(**(general | own.model_dump(exclude_none=True)))
