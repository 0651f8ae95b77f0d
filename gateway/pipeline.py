"""One image through its stages. Each finished stage is recorded, so a further run goes on after it.

A stage whose key has given a result before, for whichever image, is not run again if the objects are still there.
After a person's approval the recorded stages stand as the person saw them, whatever code has changed since: only the
composition is made anew, under the new status.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from selvage_api.images.v1 import images_pb2, use_pb2
from services.kit import metrics

from . import around, gate, keys, outcomes, words
from .db import Database
from .records import convert
from .records.images import FinishedStage
from .records.runs import Finished
from .run_records import RunRecords
from .stages import TO_VERDICT, ImageRun, Result, Stage, Tools, Work, compose, verdict


class Superseded(Exception):
    """The run may not write any more: the image was cancelled, or another worker has taken it over."""


@dataclass(frozen=True)
class Pipeline:
    records: RunRecords
    tools: Tools
    # Equal photos in one folder meet in one process: the second waits for the first and uses its result.
    _locks: WeakValueDictionary[str, asyncio.Lock]

    @classmethod
    def build(cls, database: Database, tools: Tools) -> Pipeline:
        return cls(RunRecords(database), tools, WeakValueDictionary())

    async def run(self, run: ImageRun) -> None:
        """To `approved` or `needs_review`. Raises Superseded and what the stages raise."""
        frozen = run.row["verdict"] == "approve"
        for stage in TO_VERDICT:
            await self._pass(run, stage, frozen=frozen)
        judged = verdict.from_numbers(run.results["gate"].numbers)
        state = words.APPROVED if frozen or judged.approved else words.NEEDS_REVIEW
        await self._pass(run, compose.stage(state))
        if not frozen:
            composed = run.results["compose"].numbers
            judged = gate.judge_scale(judged, composed.get("scale", 0.0), self.tools.limits)
            judged = gate.judge_rules(judged, compose.broken_rules(composed), self.tools.limits)
            if state == words.APPROVED and not judged.approved:
                # The names of the files carry the state: they are made again under the right one.
                state = words.NEEDS_REVIEW
                await self._pass(run, compose.stage(state))
        await self._finish(run, state, judged, by_person=frozen)

    async def _pass(self, run: ImageRun, stage: Stage, *, frozen: bool = False) -> None:
        """Leaves the stage's result in `run.results`; runs it only when nothing recorded will do."""
        run.stage = stage.name
        recorded = run.passed.get(stage.name)
        if frozen and recorded is not None and await self._take(run, recorded):
            return
        work = await stage.plan(run, self.tools)
        key = keys.stage_key(run.row["shop"], run.original.sha256, stage.name, work.version, work.settings, work.inputs)
        if recorded is not None and recorded.key == key and await self._take(run, recorded):
            return
        async with around.stage(stage.name, run.attempt), self._one_at_a_time(key):
            result, reused, seconds = await self._result(run, key, work)
            outputs = {role: convert.to_json(output) for role, output in result.outputs.items()}
            used = None if reused or result.use is None else _used(stage.name, result.use)
            done = FinishedStage(stage.name, key, outputs, result.numbers, seconds, run.attempt, reused, used)
            if not await self.records.pass_stage((run.image_id, run.number, done)):
                raise Superseded
        run.results[stage.name] = result
        run.attempt = 1

    async def _result(self, run: ImageRun, key: str, work: Work) -> tuple[Result, bool, float]:
        """(result, whether it was there already, seconds of work)."""
        started = time.perf_counter()
        outcome = "failed"
        redo = run.redoes(run.stage)
        known = None if redo else await self._known(key)
        try:
            result = known or await work.run(_again(run, work) if redo else key)
            outcome = "reused" if known else "done"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            seconds = time.perf_counter() - started
            metrics.observe_stage(run.stage, outcome, seconds)
        return result, known is not None, 0.0 if known else seconds

    async def _finish(self, run: ImageRun, state: str, judged: gate.Verdict, *, by_person: bool) -> None:
        evidence = {"matting": run.results["matting"].numbers, "gate": verdict.to_numbers(judged)}
        reasons = [] if by_person else verdict.reason_messages(judged)
        ended = await self.records.finish(
            Finished(
                image_id=run.image_id,
                run=run.number,
                state=state,
                confidence=judged.confidence,
                reasons=[convert.to_json(reason) for reason in reasons],
                files=[convert.to_json(file) for file in compose.files(run, state)],
                verdict="" if by_person else "approve" if judged.approved else "review",
                evidence=evidence,
            )
        )
        if ended is None:
            raise Superseded
        codes = [reason.code for reason in reasons]
        outcomes.run_ended(run.row, state, ended, self.tools.promised_seconds, by_person=by_person, reasons=codes)

    async def _take(self, run: ImageRun, recorded: FinishedStage) -> bool:
        result = Result(
            {role: convert.from_json(output, images_pb2.ObjectRef()) for role, output in recorded.outputs.items()},
            recorded.numbers,
        )
        if not await self._intact(result):
            return False
        run.results[recorded.stage] = result
        return True

    async def _known(self, key: str) -> Result | None:
        row = await self.records.result(key)
        if row is None:
            return None
        outputs = {role: convert.from_json(output, images_pb2.ObjectRef()) for role, output in row["outputs"].items()}
        result = Result(outputs, row["numbers"])
        return result if await self._intact(result) else None

    async def _intact(self, result: Result) -> bool:
        """Whether every object is still in the store."""

        def check() -> bool:
            return all(self.tools.store.exists(output.key) for output in result.outputs.values())

        return not result.outputs or await asyncio.to_thread(check)

    @asynccontextmanager
    async def _one_at_a_time(self, key: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield


def _used(stage: str, use: use_pb2.StageUse) -> dict[str, Any]:
    """The use as it is recorded, counted."""
    metrics.STAGE_CPU_SECONDS.labels(stage).inc(use.cpu_seconds + use.model_cpu_seconds)
    metrics.STAGE_GPU_SECONDS.labels(stage).inc(use.gpu_seconds)
    return convert.to_json(use)


def _again(run: ImageRun, work: Work) -> str:
    """Prefix for the outputs of work that is done again: what was made before may be in use under its key."""
    settings = dict(work.settings) | {"redo": f"{run.image_id} {run.row['redo_since']}"}
    return keys.stage_key(run.row["shop"], run.original.sha256, run.stage, work.version, settings, work.inputs)
