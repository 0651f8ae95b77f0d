"""Ending tasks that run beside the rest."""

from __future__ import annotations

import asyncio
from typing import Any

# A task that has not ended by then is cancelled again.
AGAIN_SECONDS = 0.5


async def end(task: asyncio.Task[Any]) -> None:
    """Cancels the task until it has ended.

    Once is not enough: in Python 3.11 a cancellation that meets the end of a `wait_for`, as in the connection pool,
    is lost, and a loop that survives errors would go on for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # seen: asyncio need not complain that nobody looked
