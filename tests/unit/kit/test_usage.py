"""The meter: what is attributed and the overhead are the process's time, whoever's threads spent it."""

from __future__ import annotations

import asyncio
import contextvars
import math
import threading
import time
from collections.abc import Callable

import pytest

from services.kit import usage
from services.kit.rpc import CpuPool, CpuSettings
from services.kit.usage import Meter


def burn(seconds: float) -> None:
    """CPU time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def burn_in_another(seconds: float) -> None:
    """As a library does that has threads of its own."""
    worker = threading.Thread(target=burn, args=(seconds,))
    worker.start()
    worker.join()


def total(meter: Meter) -> float:
    return math.fsum(entry.cpu_seconds for entry in meter.entries())


def spent(meter: Meter, work: Callable[[], None]) -> float:
    """CPU seconds attributed to a call that does this."""
    with meter.serving("image", "Matte") as call:
        with meter.working():
            work()
        return meter.settle(call).cpu_seconds


def test_threads_of_libraries_count_for_the_call_that_started_them() -> None:
    assert spent(Meter(), lambda: burn_in_another(0.1)) == pytest.approx(0.1, rel=0.2)


def test_attributed_and_overhead_are_the_time_of_the_process() -> None:
    meter = Meter()
    burn(0.03)  # for nobody
    assert spent(meter, lambda: burn(0.06)) == pytest.approx(0.06, rel=0.1)
    before = time.process_time()
    entries = meter.entries()
    assert before <= math.fsum(entry.cpu_seconds for entry in entries) <= time.process_time()
    assert [entry.charge_to for entry in entries] == ["image", ""]
    assert meter.process != Meter().process


def test_calls_at_once_share_by_the_time_of_their_threads() -> None:
    meter = Meter()
    shares: dict[str, float] = {}
    together = threading.Barrier(2)

    def serve(name: str, seconds: float) -> None:
        with meter.serving(name, "Matte") as call:
            with meter.working():
                together.wait()
                burn(seconds)
                together.wait()
            shares[name] = meter.settle(call).cpu_seconds

    threads = [threading.Thread(target=serve, args=pair) for pair in (("much", 0.15), ("little", 0.05))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shares["much"] == pytest.approx(0.15, rel=0.15)
    assert shares["little"] == pytest.approx(0.05, rel=0.3)


def test_an_event_loop_is_overhead_while_others_work() -> None:
    meter = Meter()
    started, stop, measured = threading.Event(), threading.Event(), threading.Event()

    def loop() -> None:
        meter.overhead_thread()
        started.set()
        burn(0.1)
        stop.set()
        measured.wait()

    thread = threading.Thread(target=loop)

    def work() -> None:
        thread.start()
        started.wait()
        burn(0.05)
        stop.wait()

    attributed = spent(meter, work)
    measured.set()
    thread.join()
    assert attributed == pytest.approx(0.05, rel=0.3)
    meter.entries()  # the thread has ended, and so has its clock


def test_every_sequence_is_given_once_and_kept_until_booked() -> None:
    meter = Meter()
    for name in ("a", "b"):
        with meter.serving(name, "Matte"), meter.working():
            burn(0.002)
    first = meter.entries()
    again = meter.entries()
    assert again[: len(first)] == first
    assert [entry.sequence for entry in again] == sorted({entry.sequence for entry in again})
    meter.booked(first[0].sequence)
    assert [entry.charge_to for entry in meter.entries() if entry.charge_to] == ["b"]


def test_the_sum_stays_whole_whatever_is_booked_meanwhile() -> None:
    meter = Meter()
    booked = 0.0
    for _ in range(5):
        with meter.serving("image", "Segment"), meter.working():
            burn(0.004)
        entries = meter.entries()
        booked += math.fsum(entry.cpu_seconds for entry in entries)
        meter.booked(entries[-1].sequence)
    assert booked + total(meter) == pytest.approx(time.process_time(), rel=0.01)


async def test_work_that_outlives_its_call_is_charged_all_the_same() -> None:
    pool = CpuPool(CpuSettings(threads=1))
    meter = usage.meter()
    begun = threading.Event()

    def long() -> None:
        begun.set()
        burn(0.1)

    async def call() -> None:
        with meter.serving("abandoned", "Matte"):
            await pool.run(1.0, long)

    running = asyncio.create_task(call(), context=contextvars.copy_context())
    await asyncio.to_thread(begun.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(pool.close)
    charged = math.fsum(entry.cpu_seconds for entry in meter.entries(100_000) if entry.charge_to == "abandoned")
    assert charged == pytest.approx(0.1, rel=0.3)


def test_bytes_are_noted_for_the_current_call_only() -> None:
    meter = Meter()
    usage.note_bytes(7)
    with meter.serving("image", "Compose") as call:
        usage.note_bytes(5)
        usage.note_bytes(6)
        assert meter.settle(call).bytes_written == 11
    assert usage.current() is None
