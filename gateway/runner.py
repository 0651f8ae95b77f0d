"""What a task does: one run of one image, ended in exactly one of four ways.

Finished; failed with a row of the error table; left for another try after a pause (transient errors, a bounded number
of times); or given up without a word, because the image was cancelled or taken over.
"""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

from selvage_api.images.v1 import images_pb2
from services.kit import logs, metrics
from services.kit.errors import DeadlineTooShort, SelvageError
from services.kit.rpc import context as call_context

from . import words
from .db import Database
from .engine import Again
from .errors import DatabaseUnavailable, WorkerLost
from .pipeline import Pipeline, Superseded
from .records import convert, images
from .settings import GatewaySettings
from .stages import ImageRun

log = logs.get(__name__)


class Runner:
    def __init__(self, database: Database, pipeline: Pipeline, settings: GatewaySettings) -> None:
        self._database = database
        self._pipeline = pipeline
        self._settings = settings

    async def __call__(self, image_id: UUID, task: int) -> None:
        """Raises Again to be called again later, DatabaseUnavailable when nothing could be recorded."""
        async with self._database.transaction() as connection:
            row = await images.begin_run(connection, image_id, task)
            if row is None:
                return
            run = ImageRun(row, await images.passed(connection, image_id), attempt=row["tries"] + row["losses"])
        # One id for everything the services log about this run.
        call_context.accept_request_id(f"{image_id}.{run.number}")
        with logs.bound(image_id=str(image_id), job_id=str(row["job_id"]), request_id=call_context.request_id.get()):
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
        tries = await self._tries(run)
        transient = error.retryable or isinstance(error, DeadlineTooShort)
        if not transient or tries + 1 >= self._settings.tries:
            await self._fail(run, error)
            return
        pause = min(self._settings.first_pause_seconds * 2**tries, self._settings.longest_pause_seconds)
        pause *= random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, keeps no secret
        async with self._database.transaction() as connection:
            detail = {"reason": error.reason, "message": error.message, "try": tries + 1, "pause": round(pause, 3)}
            if not await images.note_try(connection, run.image_id, run.number, detail):
                return
        log.info("stage_again", reason=error.reason, tries=tries + 1, pause=round(pause, 3))
        raise Again(pause) from error

    async def _tries(self, run: ImageRun) -> int:
        """Tries of the present stage before this one: every stage passed has set them back."""
        async with self._database.transaction() as connection:
            row = await images.get(connection, run.image_id)
        return int(row["tries"]) if row else 0

    async def _fail(self, run: ImageRun, error: SelvageError) -> None:
        problem = images_pb2.Problem(reason=error.reason, message=error.message, retryable=error.retryable)
        async with self._database.transaction() as connection:
            moved = await images.move(
                connection,
                run.image_id,
                words.FAILED,
                allowed=[words.PROCESSING],
                run=run.number,
                kind="failed",
                detail=convert.to_json(problem),
                error=convert.column(problem),
                verdict="",
            )
        if moved is not None:
            log.info("image_failed", reason=error.reason, problem=error.message)
            metrics.count_image(words.FAILED, (moved["updated_at"] - moved["created_at"]).total_seconds())
