"""What a task does: one run of one image, ended in exactly one of four ways.

Finished; failed with a row of the error table; left for another try after a pause (transient errors, a bounded number
of times); or given up without a word, because the image was cancelled or taken over.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from selvage_api.images.v1 import images_pb2
from services.kit import logs, metrics
from services.kit.errors import SelvageError
from services.kit.rpc import context as call_context

from . import around, outcomes, policies, words
from .db import Database
from .engine import Again, Claim
from .errors import DatabaseUnavailable, WorkerLost
from .pipeline import Pipeline, Superseded
from .records import convert, history, images
from .settings import GatewaySettings
from .stages import ImageRun

log = logs.get(__name__)


class Runner:
    def __init__(self, database: Database, pipeline: Pipeline, settings: GatewaySettings) -> None:
        self._database = database
        self._pipeline = pipeline
        self._settings = settings

    async def __call__(self, image_id: UUID, claim: Claim) -> None:
        """Raises Again to be called again later, DatabaseUnavailable when nothing could be recorded."""
        with metrics.RUNS_IN_PROGRESS.track_inprogress():
            await self._take(image_id, claim)

    async def _take(self, image_id: UUID, claim: Claim) -> None:
        begun = await self._pipeline.records.begin(image_id, claim)
        if begun is None:
            return
        row = begun.row
        run = ImageRun(row, begun.passed, alone=begun.alone, attempt=row["tries"] + row["busy"] + row["losses"])
        # One id for everything the services log about this run.
        call_context.accept_request_id(f"{image_id}.{run.number}")
        call_context.charge_to.set(str(image_id))
        request_id = call_context.request_id.get()
        with (
            logs.bound(image_id=str(image_id), job_id=str(row["job_id"]), request_id=request_id),
            around.run(run),
        ):
            if row["losses"] > self._settings.losses:
                await self._fail(run, WorkerLost(times=row["losses"] - 1))
                return
            await self._run(run)

    async def _run(self, run: ImageRun) -> None:
        try:
            await self._pipeline.run(run)
        except Superseded:
            log.info("run_superseded", run=run.number)
        except DatabaseUnavailable:
            raise
        except SelvageError as error:
            await self._again_or_fail(run, error)
        except asyncio.CancelledError:
            async with self._database.transaction() as connection:
                await images.note_stopped(connection, run.image_id, run.number)
            raise
        except Exception:
            log.exception("run_failed")
            await self._fail(run, SelvageError())

    async def _again_or_fail(self, run: ImageRun, error: SelvageError) -> None:
        pause = policies.pause(self._settings.retries(run.stage), error, await self._before(run, error))
        if pause is None:
            await self._fail(run, error)
            return
        async with self._database.transaction() as connection:
            detail = {"stage": run.stage, "reason": error.reason, "message": error.message, "pause": round(pause, 3)}
            if not await images.note_try(connection, run.image_id, run.number, detail, busy=policies.busy(error)):
                return
        metrics.STAGE_RETRIES.labels(run.stage, metrics.reason_label(error.reason)).inc()
        log.info("stage_again", stage=run.stage, reason=error.reason, pause=round(pause, 3))
        raise Again(pause) from error

    async def _before(self, run: ImageRun, error: SelvageError) -> int:
        """Tries of the present stage before this one: every stage passed has set them back."""
        async with self._database.transaction() as connection:
            row = await images.get(connection, run.image_id)
        return int(row["busy" if policies.busy(error) else "tries"]) if row else 0

    async def _fail(self, run: ImageRun, error: SelvageError) -> None:
        problem = images_pb2.Problem(reason=error.reason, message=error.message, retryable=error.retryable)
        async with self._database.transaction() as connection:
            past = await history.past(connection, run.image_id)
            moved = await images.move(
                connection,
                run.image_id,
                words.FAILED,
                allowed=[words.PROCESSING],
                run=run.number,
                kind="failed",
                detail=convert.to_json(problem) | {"stage": run.stage},
                error=convert.column(problem),
            )
        if moved is not None:
            log.info("image_failed", reason=error.reason, problem=error.message)
            outcomes.failed(run.row, moved, past, error, self._settings.promised_seconds)
