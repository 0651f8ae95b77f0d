"""A process's CPU time, split over the calls it worked for; what is left is the process's own overhead.

The time of a thread alone is too little: ONNX Runtime, OpenCV and libvips compute in threads of their own. So every
interval's CPU time of the whole process is taken, less that of its event loops, and divided among the calls at work in
it, in proportion to the time of their own threads. Sums of attributed time and overhead are the process's time.
"""

from __future__ import annotations

import functools
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LEAST_OVERHEAD, MOST_UNTOLD = 0.002, 60.0
"""Overhead is told when it is this share of all time, or so many seconds: an idle process has little to say."""
MOST_ENTRIES = 20_000
"""Not collected for so long, the oldest are forgotten: answers have carried most of them."""


@dataclass(frozen=True)
class Entry:
    """What a call used until now; seconds and bytes. `charge_to` and `method` are '' for the process's overhead."""

    sequence: int
    charge_to: str = ""
    method: str = ""
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0
    model_cpu_seconds: float = 0.0
    bytes_written: int = 0


@dataclass(eq=False)
class CallUse:
    """A call being served. Its numbers grow until it is settled; those of work that outlives it are settled after."""

    charge_to: str = ""
    method: str = ""
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0
    model_cpu_seconds: float = 0.0
    bytes_written: int = 0
    over: bool = False


@dataclass(eq=False)
class _Working:
    call: CallUse
    clock: Callable[[], float]
    last: float


_current: ContextVar[CallUse | None] = ContextVar("call_use", default=None)


def current() -> CallUse | None:
    """The call that this thread or task works for."""
    return _current.get()


class Meter:
    """Thread-safe. `process` names this process among all that report."""

    def __init__(self, process_seconds: Callable[[], float] = time.process_time) -> None:
        self.process = uuid.uuid4().hex
        self._process_seconds = process_seconds
        self._lock = threading.Lock()
        self._working: list[_Working] = []
        self._loops: dict[Callable[[], float], float] = {}
        self._seen = 0.0
        self._overhead = 0.0
        self._sequence = 0
        self._entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)

    def overhead_thread(self) -> None:
        """The calling thread serves all calls: its time is overhead even while others work."""
        clock = _thread_clock()
        with self._lock:
            self._loops[clock] = clock()

    @contextmanager
    def serving(self, charge_to: str, method: str) -> Iterator[CallUse]:
        """About a call: `current()` inside, settled at its end."""
        call = CallUse(charge_to, method)
        token = _current.set(call)
        try:
            yield call
        finally:
            _current.reset(token)
            with self._lock:
                call.over = True
                self._settle(call)

    @contextmanager
    def working(self) -> Iterator[None]:
        """About work in a thread, for the call that is `current()`."""
        call = _current.get()
        if call is None:
            yield
            return
        clock = _thread_clock()
        mine = _Working(call, clock, 0.0)
        with self._lock:
            self._measure()
            mine.last = clock()
            self._working.append(mine)
        try:
            yield
        finally:
            with self._lock:
                self._measure()
                self._working.remove(mine)
                if call.over:  # its caller has gone, and the work cost what it cost
                    self._settle(call)

    def tick(self) -> None:
        """Shorter intervals are divided better: for long work to call between its steps."""
        with self._lock:
            if len(self._working) > 1:
                self._measure()

    def settle(self, call: CallUse) -> Entry:
        """What the call has used since it was last settled, from now on among the entries."""
        with self._lock:
            self._measure()
            return self._settle(call)

    def entries(self, most: int = 1000) -> list[Entry]:
        """The oldest that nobody has said to be booked, with the overhead until now."""
        with self._lock:
            self._measure()
            if self._overhead > min(LEAST_OVERHEAD * self._seen, MOST_UNTOLD):
                self._sequence += 1
                self._entries.append(Entry(self._sequence, cpu_seconds=self._overhead))
                self._overhead = 0.0
            return [entry for entry, _ in zip(self._entries, range(most), strict=False)]

    def booked(self, sequence: int) -> None:
        """Everything up to this one need not be kept."""
        with self._lock:
            while self._entries and self._entries[0].sequence <= sequence:
                self._entries.popleft()

    def _settle(self, call: CallUse) -> Entry:
        self._sequence += 1
        entry = Entry(
            self._sequence, call.charge_to, call.method, call.cpu_seconds, call.gpu_seconds, call.model_cpu_seconds,
            call.bytes_written,
        )  # fmt: skip
        call.cpu_seconds = call.gpu_seconds = call.model_cpu_seconds = 0.0
        call.bytes_written = 0
        if entry.cpu_seconds or entry.gpu_seconds or entry.model_cpu_seconds or entry.bytes_written:
            self._entries.append(entry)
        return entry

    def _measure(self) -> None:
        """Divides the CPU time since the last look. The sum of all shares is exactly that time."""
        spent = self._process_seconds() - self._seen
        self._seen += spent
        loops = self._loops_spent()
        own = []
        for each in self._working:
            now = each.clock()
            own.append(max(now - each.last, 0.0))
            each.last = now
        given = 0.0
        if own:
            all_own = sum(own)
            shared = max(spent - loops - all_own, 0.0)
            for each, seconds in zip(self._working, own, strict=True):
                part = seconds + shared * (seconds / all_own if all_own else 1 / len(own))
                each.call.cpu_seconds += part
                given += part
        self._overhead += spent - given

    def _loops_spent(self) -> float:
        spent = 0.0
        for clock, last in list(self._loops.items()):
            try:
                now = clock()
            except OSError:  # the thread has ended
                del self._loops[clock]
                continue
            self._loops[clock] = now
            spent += now - last
        return spent


@functools.cache
def meter() -> Meter:
    """This process's; made at its start, so that the start is overhead."""
    return Meter()


def note_bytes(size: int) -> None:
    """Bytes written to the object store for the current call, if there is one."""
    call = _current.get()
    if call is not None:
        call.bytes_written += size


def note_model(seconds: float, *, gpu: bool) -> None:
    """Time a model server computed for the current call, on a GPU or on CPUs."""
    call = _current.get()
    if call is not None and gpu:
        call.gpu_seconds += seconds
    elif call is not None:
        call.model_cpu_seconds += seconds


def note_cpu(seconds: float) -> None:
    """CPU time of a process of its own that worked for the current call, if there is one."""
    call = _current.get()
    if call is not None:
        call.cpu_seconds += seconds


def _thread_clock() -> Callable[[], float]:
    """CPU seconds of the calling thread, readable from others; where the system has none, time as it passes."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return functools.partial(time.monotonic)
    number = time.pthread_getcpuclockid(threading.get_ident())
    return functools.partial(time.clock_gettime, number)
