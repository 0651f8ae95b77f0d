"""Ending tasks that run beside the rest."""

from __future__ import annotations

import asyncio
from typing import Any


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
