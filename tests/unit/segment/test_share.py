"""Shares of batches against a server that counts as Triton does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from services.segment.share import BatchShare, Totals, totals


class Server:
    """Adds whole batches to its counters."""

    def __init__(self) -> None:
        self.now = Totals()

    def run(self, inferences: int, seconds: float) -> None:
        self.now = Totals(self.now.inferences + inferences, self.now.seconds + seconds)


def test_a_batch_of_eight_is_counted_once() -> None:
    server = Server()
    share = BatchShare(lambda: server.now)
    together, done = threading.Barrier(8), threading.Event()

    def request(number: int) -> float:
        with share.measured(1) as charged:
            together.wait()
            if number == 0:
                server.run(8, 0.4)
                done.set()
            done.wait()
        return charged.seconds

    with ThreadPoolExecutor(8) as pool:
        charged = list(pool.map(request, range(8)))
    assert charged == pytest.approx([0.05] * 8)


def test_one_request_after_the_other_pays_its_own() -> None:
    server = Server()
    share = BatchShare(lambda: server.now)
    for seconds in (0.5, 0.1):
        with share.measured(2) as charged:
            server.run(2, seconds)
        assert charged.seconds == pytest.approx(seconds)


def test_what_others_asked_meanwhile_is_not_ours() -> None:
    server = Server()
    share = BatchShare(lambda: server.now)
    with share.measured(1) as charged:
        server.run(4, 0.8)  # ours and three of another process
    assert charged.seconds == pytest.approx(0.2)
    with share.measured(1) as charged:
        server.run(1, 0.1)
    assert charged.seconds == pytest.approx(0.1)


def test_a_request_that_fails_is_charged_nothing_and_spoils_nothing() -> None:
    server = Server()
    share = BatchShare(lambda: server.now)
    with pytest.raises(RuntimeError), share.measured(1):
        raise RuntimeError
    with share.measured(1) as charged:
        server.run(1, 0.3)
    assert charged.seconds == pytest.approx(0.3)


def test_a_server_that_began_anew_counts_from_zero() -> None:
    server = Server()
    server.run(100, 9.0)
    share = BatchShare(lambda: server.now)
    with share.measured(1) as charged:
        server.now = Totals(1, 0.2)
    assert charged.seconds == pytest.approx(0.2)


def test_executions_are_summed_over_batch_sizes() -> None:
    sizes = [
        SimpleNamespace(batch_size=size, compute_infer=SimpleNamespace(count=count, ns=ns))
        for size, count, ns in ((8, 2, 400_000_000), (1, 3, 50_000_000))
    ]
    model = SimpleNamespace(batch_stats=sizes)
    assert totals(SimpleNamespace(model_stats=[model])) == Totals(19, 0.45)
