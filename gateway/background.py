"""Work that runs beside the rest: repeated through outages, and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from services.kit import logs

log = logs.get(__name__)


async def forever(work: Callable[[], Awaitable[object]], seconds: float, failure: str) -> None:
    """Does the work, then pauses so many seconds, until cancelled. An error costs a round and is logged as `failure`:
    the database or the store is away, and the next round may find it."""
    while True:
        try:
            await work()
        except Exception as cause:
            log.warning(failure, cause=repr(cause))
        await asyncio.sleep(seconds)


async def end(task: asyncio.Task[Any], again_seconds: float = 0.5) -> None:
    """Cancels the task until it has ended, once every `again_seconds`: longer than it needs to tidy up.

    Once is not enough: in Python 3.11 a cancellation that meets the end of a `wait_for`, as in the connection pool,
    is lost, and a loop that survives errors would go on for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=again_seconds)
    if not task.cancelled():
        task.exception()  # seen: asyncio need not complain that nobody looked
