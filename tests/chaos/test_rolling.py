"""Rolling updates, scaling up and down while a job runs: processes stand in for pods, stopped as pods are.

Nothing may show in an image: no second run, no second try, no failure, each stage passed once.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from selvage.client import Client, Job, NewImage
from services.kit.metrics import STAGES
from tests.parts import command, fleet, nameserver
from tests.parts.fleet import SERVICES, Fleet, Process
from tests.parts.house import photo
from tests.parts.replicas import Replicas

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8"),
]
SHOP = "shop"
IMAGES = 40
"""Of a job."""
GRACE = 20.0
# Replicas are found again at least this often; in Kubernetes it is a minute.
SETTINGS: dict[str, Any] = {
    "GATEWAY_WORKERS": "6",
    "RPC_MAX_CONNECTION_AGE_SECONDS": "2",
    "GATEWAY_GRACE_SECONDS": str(GRACE),
}


@pytest.fixture
def set_() -> Iterator[tuple[Fleet, dict[str, Replicas]]]:
    """Two replicas of each service behind names, a gateway that serves, two that work."""
    replicas: dict[str, Replicas] = {}

    with command.folder() as folder, nameserver.serving({}) as names, contextlib.ExitStack() as stack:

        def services(environment: Mapping[str, str]) -> Mapping[str, str]:
            for service in SERVICES:
                arguments = ("-m", "tests.parts.services_process")
                made = Replicas(service, names, fleet.free_port(), arguments, environment, folder)
                stack.callback(made.kill)
                replicas[service] = made
                made.add()
                made.add()
            return {service: each.target for service, each in replicas.items()}

        yield stack.enter_context(fleet.running(folder, services=services, **SETTINGS)), replicas


@contextlib.contextmanager
def work_going_on(made: Fleet) -> Iterator[None]:
    """Jobs come one after the other while the body does something; it begins when the first image is done. Afterwards
    every image has ended as if nothing had happened."""
    over = threading.Event()
    with Client(made.rest, retries=30, timeout=20) as client:
        jobs = [submit(client, 0)]

        def keep_coming() -> None:
            while not over.is_set():
                if client.job(jobs[-1].job_id).counts["approved"] > IMAGES // 2:
                    jobs.append(submit(client, len(jobs)))
                time.sleep(0.1)

        coming = threading.Thread(target=keep_coming)
        coming.start()
        try:
            wait(lambda: client.job(jobs[0].job_id).counts["approved"] > 0)
            yield
        finally:
            over.set()
            coming.join()
        wait(lambda: all(client.job(job.job_id).ended for job in jobs))
        images = sum(client.job(job.job_id).counts["approved"] for job in jobs)
    assert images == IMAGES * len(jobs)
    assert made.query("SELECT DISTINCT run, tries, busy FROM images") == [(1, 0, 0)]
    assert made.query("SELECT max(attempt) FROM stage_runs") == [(1,)]
    stages = made.query("SELECT stage, count(*) FROM stage_runs GROUP BY 1 ORDER BY 1")
    assert stages == [(stage, images) for stage in sorted(STAGES)]


def submit(client: Client, number: int) -> Job:
    photos = range(number * IMAGES, (number + 1) * IMAGES)
    new = [NewImage(client.upload(photo(each), shop=SHOP).key, f"TEE{each}_1.png") for each in photos]
    return client.create_job(new, shop=SHOP)


def wait(met: Callable[[], bool]) -> None:
    until = time.monotonic() + 300
    while not met():
        assert time.monotonic() < until
        time.sleep(0.1)


def assert_gentle(stopped: list[tuple[int, float]], times: int) -> None:
    assert [code for code, _ in stopped] == [0] * times
    assert all(seconds < GRACE for _, seconds in stopped)


def test_every_service_is_replaced_and_scaled(set_: tuple[Fleet, dict[str, Replicas]]) -> None:
    made, replicas = set_
    with work_going_on(made):
        for each in replicas.values():
            each.replace()  # 2 -> 2 new ones
            each.add()  # 3
            each.remove()
            each.remove()  # 1
    for each in replicas.values():
        assert_gentle(each.stopped, 4)


def test_gateways_that_work_and_serve_are_replaced(set_: tuple[Fleet, dict[str, Replicas]]) -> None:
    made, _ = set_
    stopped: list[tuple[int, float]] = []

    def replace(name: str) -> None:
        part = made.parts[name]
        assert isinstance(part, Process)
        started = time.monotonic()
        stopped.append((part.stop(), time.monotonic() - started))
        part.start()

    with work_going_on(made):
        for name in ("worker-1", "worker-2", "gateway"):
            replace(name)
            time.sleep(1)
    assert_gentle(stopped, 3)
