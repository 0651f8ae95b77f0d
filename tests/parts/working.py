"""An engine at work in a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.engine import Engine, Handler


@asynccontextmanager
async def at_work(engine: Engine, handle: Handler, places: int) -> AsyncIterator[None]:
    """On the way out everything it had to say about its tasks is said."""
    work = asyncio.create_task(engine.work(handle, places))
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
