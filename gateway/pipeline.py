"""One image through its stages. Each finished stage is recorded, so a further run goes on after it.

A stage whose key has given a result before, for whichever image, is not run again if the objects are still there. The
look-up for the next stage and the record of what has passed are one statement, and so are the last record and the end.
For a photo nobody has worked on before there is nothing to look up: stages that take no time are recorded together.
After a person's approval the recorded stages stand as the person saw them, whatever code has changed since: only the
composition is made anew, under the new status.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from selvage_api.images.v1 import use_pb2
from services.kit import metrics
from services.kit.errors import SelvageError

from . import around, gate, keys, outcomes, words
from .db import Database
from .errors import DatabaseUnavailable
from .records import convert
from .records.images import FinishedStage
from .records.runs import Finished, Step, Stepped
from .run_records import RunRecords
from .stages import TO_VERDICT, ImageRun, Result, Stage, Tools, Work, compose, verdict

# So long after the database has said that a run may write, the run goes on without asking, and what it has passed since
# may wait to be recorded: a stage of seconds is worth a statement of its own, one that takes no time is not.
TRUST_SECONDS = 0.25


class Superseded(Exception):
    """The run may not write any more: the image was cancelled, or another worker has taken it over."""


@dataclass(frozen=True)
class Pipeline:
    records: RunRecords
    tools: Tools
    # Equal photos in one folder meet in one process: the second waits for the first and uses its result.
    _turns: WeakValueDictionary[str, asyncio.Lock]

    @classmethod
    def build(cls, database: Database, tools: Tools) -> Pipeline:
        return cls(RunRecords(database), tools, WeakValueDictionary())

    async def run(self, run: ImageRun) -> None:
        """To `approved` or `needs_review`. Raises Superseded and what the stages raise."""
        try:
            await self._through(run)
        except DatabaseUnavailable:
            raise
        except SelvageError:
            await self._record(run)
            raise
        finally:
            run.forget_due()
            run.give_turns()

    async def _through(self, run: ImageRun) -> None:
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
        async with around.stage(stage.name, run.attempt):
            known = None if stage.at_hand else await self._look_up(run, key)
            result, seconds = await self._result(run, key, work, known)
        outputs = {role: convert.to_json(output) for role, output in result.outputs.items()}
        used = None if known or result.use is None else _used(stage.name, result.use)
        done = FinishedStage(stage.name, key, outputs, result.numbers, seconds, run.attempt, known is not None, used)
        run.unrecorded.append(done)
        run.results[stage.name] = result
        run.attempt = 1

    async def _look_up(self, run: ImageRun, key: str) -> Result | None:
        """What the key has given before. Whoever needs the same meanwhile waits until this run is recorded."""
        turn = self._turns.setdefault(key, asyncio.Lock())
        waits = turn.locked()
        if waits:
            await self._record(run)
        await turn.acquire()
        try:
            if not run.alone or waits:
                return await self._record(run, "" if run.redoes(run.stage) else key)
            await self._hand_in(run)
            return None
        finally:
            run.turns.append((run.stage, turn))

    async def _hand_in(self, run: ImageRun) -> None:
        """Records what has passed, and waits for that, if the database was last heard long ago; else it is sent when
        that time has come, unless the run ends before."""
        if run.sent is not None and run.sent.done():
            await self._answered(run)
        left = run.heard + TRUST_SECONDS - time.monotonic()
        if left <= 0:
            await self._record(run)
        elif run.unrecorded and run.due is None:
            run.due = asyncio.get_running_loop().call_later(left, self._send_due, run)

    def _send_due(self, run: ImageRun) -> None:
        run.due = None
        if run.sent is None:
            run.sent = self._send(run)
        else:  # the answer to the last one is late
            run.due = asyncio.get_running_loop().call_later(TRUST_SECONDS, self._send_due, run)

    def _send(self, run: ImageRun, key: str = "") -> asyncio.Future[Stepped]:
        stages = tuple(run.unrecorded)
        run.unrecorded.clear()

        def landed(sent: asyncio.Future[Stepped]) -> None:
            run.give_turns({stage.stage for stage in stages})
            if not sent.cancelled() and sent.exception() is None:
                run.heard = time.monotonic()

        sent = self.records.step.put(Step(run.image_id, run.number, stages, key))
        sent.add_done_callback(landed)
        return sent

    async def _answered(self, run: ImageRun) -> None:
        """What was sent is recorded; the rest waits for the caller."""
        run.forget_due()
        sent, run.sent = run.sent, None
        if sent is not None and not (await sent).allowed:
            raise Superseded

    async def _record(self, run: ImageRun, key: str = "") -> Result | None:
        """Records what has passed; the result that the key has given before, if its objects are still there."""
        await self._answered(run)
        if not run.unrecorded and not key:
            return None
        stepped = await self._send(run, key)
        if not stepped.allowed:
            raise Superseded
        if stepped.known is None:
            return None
        result = _recorded(*stepped.known)
        return result if await self._intact(result) else None

    async def _result(self, run: ImageRun, key: str, work: Work, known: Result | None) -> tuple[Result, float]:
        """(result, seconds of work)."""
        if known is not None:
            metrics.observe_stage(run.stage, "reused", 0.0)
            return known, 0.0
        started = time.perf_counter()
        outcome = "failed"
        try:
            result = await work.run(_again(run, work) if run.redoes(run.stage) else key)
            outcome = "done"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            seconds = time.perf_counter() - started
            metrics.observe_stage(run.stage, outcome, seconds)
        return result, seconds

    async def _finish(self, run: ImageRun, state: str, judged: gate.Verdict, *, by_person: bool) -> None:
        await self._answered(run)
        evidence = {"matting": run.results["matting"].numbers, "gate": verdict.to_numbers(judged)}
        reasons = [] if by_person else verdict.reason_messages(judged)
        ended = await self.records.finish(
            Finished(
                image_id=run.image_id,
                run=run.number,
                state=state,
                confidence=judged.confidence,
                reasons=[convert.to_json(reason) for reason in reasons],
                files=compose.files(run, state),
                verdict="" if by_person else "approve" if judged.approved else "review",
                evidence=evidence,
                stages=tuple(run.unrecorded),
            )
        )
        if ended is None:
            raise Superseded
        run.unrecorded.clear()
        codes = [reason.code for reason in reasons]
        outcomes.run_ended(run.row, state, ended, self.tools.promised_seconds, by_person=by_person, reasons=codes)

    async def _take(self, run: ImageRun, recorded: FinishedStage) -> bool:
        result = _recorded(recorded.outputs, recorded.numbers)
        if not await self._intact(result):
            return False
        run.results[recorded.stage] = result
        return True

    async def _intact(self, result: Result) -> bool:
        """Whether every object is still in the store."""

        def check() -> bool:
            return all(self.tools.store.exists(output.key) for output in result.outputs.values())

        return not result.outputs or await asyncio.to_thread(check)


def _recorded(outputs: Mapping[str, Any], numbers: Mapping[str, Any]) -> Result:
    return Result({role: convert.object_ref(output) for role, output in outputs.items()}, numbers)


def _used(stage: str, use: use_pb2.StageUse) -> dict[str, Any]:
    """The use as it is recorded, counted."""
    metrics.STAGE_CPU_SECONDS.labels(stage).inc(use.cpu_seconds + use.model_cpu_seconds)
    metrics.STAGE_GPU_SECONDS.labels(stage).inc(use.gpu_seconds)
    return convert.to_json(use)


def _again(run: ImageRun, work: Work) -> str:
    """Prefix for the outputs of work that is done again: what was made before may be in use under its key."""
    settings = dict(work.settings) | {"redo": f"{run.image_id} {run.row['redo_since']}"}
    return keys.stage_key(run.row["shop"], run.original.sha256, run.stage, work.version, settings, work.inputs)
