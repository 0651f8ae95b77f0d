"""Progress as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit.errors import SelvageError

from .bodies import text

KEEP_ALIVE_SECONDS = 15.0


async def lines(
    first: jobs_service_pb2.WatchJobResponse,
    watch: AsyncIterator[jobs_service_pb2.WatchJobResponse],
    keep_alive: float = KEEP_ALIVE_SECONDS,
) -> AsyncIterator[str]:
    """`first` and what follows it; comments when nothing happens, so that no proxy cuts the line."""
    yield _event(first)
    following: asyncio.Future[jobs_service_pb2.WatchJobResponse] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(anext(watch))
            done, _ = await asyncio.wait([following], timeout=keep_alive)
            if not done:
                yield ": keep-alive\n\n"
                continue
            try:
                yield _event(following.result())
            except (StopAsyncIteration, SelvageError):
                return  # ended, or cut: the client sees by the job's state which, and connects again
            following = None
    finally:
        if following is not None:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, SelvageError):
                await following


def _event(message: jobs_service_pb2.WatchJobResponse) -> str:
    return f"event: progress\ndata: {text(message)}\n\n"
