"""CPU work off the event loop: bounded threads, admission by megapixels, nothing begun after the deadline,
and nothing gone on with when the caller has gone (`checkpoint`).

numpy, OpenCV, libvips, numba (nogil) and ONNX Runtime release the GIL, so threads serve. Admission bounds memory:
with 60 megapixels two 24 MP photos run at once and a third waits, in order of arrival.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from services.kit import metrics, usage
from services.kit.errors import DeadlineTooShort, Overloaded, WorkAbandoned
from services.kit.rpc import context
from services.kit.rpc.settings import CpuSettings
from services.kit.settings import load

P = ParamSpec("P")
R = TypeVar("R")

# Of the work in this thread; set when its caller has gone.
_given_up: ContextVar[threading.Event | None] = ContextVar("given_up", default=None)


@dataclass(eq=False)
class _Ticket:
    """A place in the queue; its future belongs to the loop that waits."""

    weight: float
    admitted: asyncio.Future[None]


class CpuPool:
    """A bounded executor. Threads outlive a cancelled wait: their weight is freed when they really end."""

    def __init__(self, settings: CpuSettings) -> None:
        self._capacity = settings.megapixels
        self._longest_queue = settings.waiting
        self._executor = ThreadPoolExecutor(settings.threads, thread_name_prefix="selvage-cpu")
        self._lock = threading.Lock()
        self._used = 0.0
        self._queue: deque[_Ticket] = deque()

    async def run(self, weight: float, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`fn(*args)` in a thread, with this call's log context. `weight` in megapixels.

        Raises `Overloaded` when too much waits already, `DeadlineTooShort` when the deadline passed before the start,
        and what `fn` raises.
        """
        weight = min(max(weight, 0.0), self._capacity)
        await self._admit(weight)
        left = context.remaining()
        if left is not None and left <= 0:
            self._release(weight)
            raise DeadlineTooShort(seconds=0)
        given_up = threading.Event()
        copied = contextvars.copy_context()
        copied.run(_given_up.set, given_up)
        work = functools.partial(copied.run, _metered, functools.partial(fn, *args, **kwargs))
        try:
            running = self._executor.submit(work)
        except RuntimeError:  # shut down
            self._release(weight)
            raise
        running.add_done_callback(lambda _: self._release(weight))
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            given_up.set()
            raise

    def close(self) -> None:
        """Lets running work finish and forgets what has not begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _admit(self, weight: float) -> None:
        with self._lock:
            if not self._queue and self._fits(weight):
                self._take(weight)
                return
            if len(self._queue) >= self._longest_queue:
                raise Overloaded(seconds=5)
            ticket = _Ticket(weight, asyncio.get_running_loop().create_future())
            self._queue.append(ticket)
            metrics.CPU_WAITING.set(len(self._queue))
        try:
            async with asyncio.timeout(context.remaining()):
                await ticket.admitted
        except BaseException as error:
            with self._lock:
                waiting = ticket in self._queue
                if waiting:
                    self._queue.remove(ticket)
                    metrics.CPU_WAITING.set(len(self._queue))
            self._release(0.0 if waiting else weight)  # admitted in the moment it gave up
            if isinstance(error, TimeoutError):
                raise DeadlineTooShort(seconds=0) from error
            raise

    def _fits(self, weight: float) -> bool:
        return self._used + weight <= self._capacity

    def _take(self, weight: float) -> None:
        self._used += weight
        metrics.CPU_ADMITTED_MEGAPIXELS.set(self._used)

    def _release(self, weight: float) -> None:
        with self._lock:
            self._take(-weight)
            while self._queue and self._fits(self._queue[0].weight):
                ticket = self._queue.popleft()
                self._take(ticket.weight)
                try:
                    ticket.admitted.get_loop().call_soon_threadsafe(_wake, ticket.admitted)
                except RuntimeError:  # its loop is closed, nobody waits
                    self._take(-ticket.weight)
            metrics.CPU_WAITING.set(len(self._queue))


def checkpoint() -> None:
    """For long work to call between its steps: ends it when nobody waits for the result any more.

    Raises WorkAbandoned when the call was cancelled, DeadlineTooShort when its deadline has passed.
    """
    usage.meter().tick()
    given_up = _given_up.get()
    if given_up is not None and given_up.is_set():
        raise WorkAbandoned
    left = context.remaining()
    if left is not None and left <= 0:
        raise DeadlineTooShort(seconds=0)


def _metered(work: Callable[[], R]) -> R:
    with usage.meter().working():
        return work()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@functools.cache
def default_pool() -> CpuPool:
    """The process's pool, made at first use; services in one process share it, and so its memory bound."""
    return CpuPool(load(CpuSettings))


async def run_cpu(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Small CPU work in the process's pool; for pictures use `run_picture`."""
    return await default_pool().run(0.0, fn, *args, **kwargs)


async def run_picture(megapixels: float, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """CPU work on a picture in the process's pool, admitted by its size."""
    return await default_pool().run(megapixels, fn, *args, **kwargs)
