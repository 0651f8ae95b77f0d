"""What a stage is: a name and a plan. The plan says what the result depends on, and how to make it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from gateway.errors import NoResult
from gateway.gate import GateLimits
from gateway.records import convert
from gateway.records.images import FinishedStage, Row
from gateway.records.runs import Stepped
from gateway.services import Services
from gateway.shoots.plates import Plates
from selvage_api.images.v1 import images_pb2, use_pb2
from services.kit.metrics import STAGES
from services.kit.pictures import Limits, current_limits
from services.kit.store import ObjectStore


@dataclass(frozen=True)
class Result:
    """Objects by role and numbers, JSON values."""

    outputs: Mapping[str, images_pb2.ObjectRef] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    # What making it used; None when nobody measured it.
    use: use_pb2.StageUse | None = None


@dataclass(frozen=True)
class Work:
    """Equal (version, settings, inputs) give an equal result. `run` gets the prefix for the keys of its outputs."""

    version: str
    settings: Mapping[str, Any]
    inputs: Mapping[str, str]
    run: Callable[[str], Awaitable[Result]]


@dataclass(frozen=True)
class Tools:
    """What stages work with."""

    services: Services
    store: ObjectStore
    plates: Plates
    limits: GateLimits
    # Of an image without a due_at, from its job on.
    promised_seconds: float
    # Read once: reading settings takes longer than the stage that needs them.
    photo_limits: Limits = field(default_factory=current_limits)
    # Of the matting service, for images of tier hero; empty for that of all others.
    hero_solver: str = ""


@dataclass
class ImageRun:
    """One run of one image: its row at the start, the results so far by stage, and the stage it is at."""

    row: Row
    passed: Mapping[str, FinishedStage]
    results: dict[str, Result] = field(default_factory=dict)
    # Nobody knows a result for this photo, so none is looked up.
    alone: bool = False
    # Passed by this run and not sent to the database yet: they go together, when that is due or with the end.
    unrecorded: list[FinishedStage] = field(default_factory=list)
    due: asyncio.TimerHandle | None = None
    # Sent, the answer not seen: whether this run may still write.
    sent: asyncio.Future[Stepped] | None = None
    # When the database last said so, by the clock of time.monotonic().
    heard: float = field(default_factory=time.monotonic)
    # By stage, held until that is recorded: runs of equal photos wait for it.
    turns: list[tuple[str, asyncio.Lock]] = field(default_factory=list)
    attempt: int = 1
    stage: str = ""

    def redoes(self, stage: str) -> bool:
        """Whether somebody wants this stage done again, whatever results there are."""
        redo_from = self.row["redo_from"]
        return bool(redo_from) and STAGES.index(stage) >= STAGES.index(redo_from)

    @property
    def image_id(self) -> UUID:
        image_id: UUID = self.row["image_id"]
        return image_id

    @property
    def number(self) -> int:
        return int(self.row["run"])

    @cached_property
    def original(self) -> images_pb2.ObjectRef:
        return convert.object_ref(self.row["original"])

    def forget_due(self) -> None:
        if self.due is not None:
            self.due.cancel()
            self.due = None

    def give_turns(self, stages: Collection[str] | None = None) -> None:
        """Lets those go on who wait for what this run was to make, in these stages or in all."""
        turns, self.turns = self.turns, []
        for stage, turn in turns:
            if stages is None or stage in stages:
                turn.release()
            else:
                self.turns.append((stage, turn))

    def output(self, stage: str, role: str) -> images_pb2.ObjectRef | None:
        return self.results[stage].outputs.get(role)

    def digest(self, stage: str, role: str) -> str:
        """SHA-256 of an output, '' when the stage made none."""
        output = self.output(stage, role)
        return output.sha256 if output is not None else ""


@dataclass(frozen=True)
class Stage:
    """`at_hand`: its work takes less than to look up whether it was done before."""

    name: str
    plan: Callable[[ImageRun, Tools], Awaitable[Work]]
    at_hand: bool = False


def required(stage: str, **outputs: images_pb2.ObjectRef) -> dict[str, images_pb2.ObjectRef]:
    """The outputs, all of which must be real references. Raises NoResult."""
    for output in outputs.values():
        if not (output.key and output.sha256):
            raise NoResult(stage=stage)
    return outputs
