"""A real Prometheus and a real Alertmanager beside a running set: every expression we ship gives data, and an alert
reaches the person it is for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from gateway import gauges, words
from gateway.ledger import mirror
from gateway.webhooks.settings import WebhookSettings
from scripts.monitoring import collect, foreign
from scripts.monitoring.promql import instantiate, selectors, uses
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2 as review_pb
from services.kit.errors import ServiceUnavailable, TruncatedFile
from services.segment.triton import TritonRunner
from tests.parts.house import House, behaviour, database_url, make_house, photo, postgres, service_address, store
from tests.parts.prometheus import DEPLOY, Prometheus, alertmanager, amtool, prometheus, promtool
from tests.parts.receiver import Receiver, receiving
from tests.parts.triton import MODEL, Triton

__all__ = ["behaviour", "database_url", "make_house", "postgres", "service_address", "store"]

# What gives no data here, and why. Everything else must.
ABSENT = {
    "nv_": "no Triton runs here; the test below has one",
    "DCGM_": "no GPU and no dcgm-exporter",
    'status=~"5.."': "no call of the API fails here",
}
# Metrics belong to the process: a test before this one may have made a call that failed.
PERHAPS_THERE = {'status=~"5.."'}
HOOKS: dict[str, Any] = {"allow_http": True, "networks": ["127.0.0.0/8"], "poll_seconds": 0.05}
IMAGES = 26
WAIT_SECONDS = 120


@pytest.mark.parametrize("config", ["prometheus.yml", "kubernetes.yml"])
def test_the_configuration_is_valid(config: str, tmp_path: Path) -> None:
    document = yaml.safe_load((DEPLOY / config).read_text(encoding="utf-8"))
    document["rule_files"] = [str(DEPLOY / "rules" / "*.yml")]
    for job in document["scrape_configs"]:
        # Debian builds Prometheus without Kubernetes: the rest of the job is checked.
        job.pop("kubernetes_sd_configs", None)
    (tmp_path / config).write_text(yaml.safe_dump(document))
    told = promtool("check", "config", tmp_path / config)
    assert told.returncode == 0, told.stderr
    assert "3 rule files found" in told.stdout


def test_the_rules_are_valid() -> None:
    told = promtool("check", "rules", *sorted((DEPLOY / "rules").glob("*.yml")))
    assert told.returncode == 0, told.stderr


def test_the_routes_are_valid_and_pages_wake_somebody() -> None:
    told = amtool("check-config", "alertmanager.yml")
    assert told.returncode == 0, told.stderr
    for severity, receiver in (("page", "pager"), ("ticket", "tickets")):
        routed = amtool("config", "routes", "test", "--config.file=alertmanager.yml", f"severity={severity}")
        assert routed.stdout.strip() == receiver


@pytest.mark.parametrize("file", sorted(path.name for path in (DEPLOY / "tests").glob("*.yml")))
def test_alerts_fire_are_quiet_and_end(file: str) -> None:
    told = promtool("test", "rules", f"tests/{file}")
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture
async def pager() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def watched(
    make_house: Callable[..., Any], pager: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, Prometheus]]:
    """A house with its numbers read from the database every second, and a Prometheus that scrapes it."""
    monkeypatch.setattr(gauges, "EVERY_SECONDS", 1.0)
    monkeypatch.setattr(mirror, "EVERY_SECONDS", 1.0)
    house: House = await make_house(start_with={"webhooks": WebhookSettings(**HOOKS)})
    stack = ExitStack()
    try:
        address = await asyncio.to_thread(stack.enter_context, alertmanager(tmp_path, pager.address))
        made = await asyncio.to_thread(
            stack.enter_context, prometheus(tmp_path, {"selvage": house.gateway.rest_address}, address)
        )
        yield house, made
    finally:
        await asyncio.to_thread(stack.close)


@pytest.mark.slow
async def test_every_expression_gives_data_and_late_images_ring(
    watched: tuple[House, Prometheus], pager: Receiver
) -> None:
    house, prom = watched
    await house.rest.post("/v1/webhooks", json={"shop": "shop", "url": pager.url("/hook")})
    budget = {"budget": {"shop": "shop", "month": datetime.now(UTC).strftime("%Y-%m"), "amount": 1000}}
    assert (await house.rest.put("/v1/budgets/shop", json=budget)).status_code == 200
    # Prometheus sees increases only of series it has seen before: the same work twice, with scrapes in between.
    for start in (1000, 2000):
        await work(house, start)
        await scraped(prom, 3)

    await until(lambda: not any(not reason(each) for each in without_data(prom)))
    absent = await asyncio.to_thread(lambda: list(without_data(prom)))
    assert [each for each in absent if not reason(each)] == []
    surely = ABSENT.keys() - PERHAPS_THERE
    assert [key for key in surely if not any(key in each for each in absent)] == [], "no longer absent"

    # The images were due before they came: the fast burn pages, and somebody is told.
    await pager.until(lambda: bool(pages(pager)), seconds=WAIT_SECONDS)
    (alert,) = pages(pager)[0]["alerts"]
    assert alert["labels"] == {
        "alertname": "SelvageImagesLateFast", "severity": "page", "objective": "images_late",
    }  # fmt: skip
    assert alert["annotations"]["runbook"] == "docs/monitoring.md#images-late"
    assert alert["annotations"]["summary"].endswith("of images late or failed")


def reason(text: str) -> str | None:
    return next((why for key, why in ABSENT.items() if key in text), None)


def pages(pager: Receiver) -> list[dict[str, Any]]:
    messages = [json.loads(got.body) for got in pager.at("/page")]
    return [each for each in messages if each["commonLabels"].get("alertname") == "SelvageImagesLateFast"]


def without_data(prom: Prometheus) -> Iterator[str]:
    """Where it stands and the expression, of what has no finite value. An alert is silent when all is well: its series
    must be there."""
    for expression in [*collect.of_dashboards(), *collect.of_rules()]:
        text = instantiate(expression.text)
        result = prom.values(text)  # asks for alerts too: it must be PromQL
        if not expression.alert:
            if not any(map(math.isfinite, result)):
                yield f"{expression.where}: {text}"
            continue
        for series in selectors(text):
            if not any(map(math.isfinite, prom.values(series))):
                yield f"{expression.where}: {series}"


async def scraped(prom: Prometheus, times: int) -> None:
    """Waits for some more scrapes, and for the rules after them."""
    before = await asyncio.to_thread(_scrapes, prom)
    await until(lambda: _scrapes(prom) >= before + times)


async def until(condition: Callable[[], bool]) -> None:
    """Asks in another thread until it holds or the time is over; what is asserted next says what is wrong."""

    def ask() -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition() and time.monotonic() < end:
            time.sleep(0.3)

    await asyncio.to_thread(ask)


def _scrapes(prom: Prometheus) -> float:
    return sum(prom.values('count_over_time(up{job="selvage"}[1h])'))


async def work(house: House, start: int) -> None:
    """Images that were due before they came: one is broken, three are doubtful, one stage has to run again; people
    approve one, reject one, and take back one that was approved."""
    doubtful = {hashlib.sha256(photo(seed)).hexdigest() for seed in range(start, start + 3)}

    def hole(sha256: str, numbers: Any) -> None:
        if sha256 in doubtful:
            numbers.uncertain_holes.add(left=1, top=2, width=3, height=4)

    house.behaviour.numbers = hole
    house.behaviour.fail["segment"] = [TruncatedFile(cause="ends at row 3")]
    # grpc itself tries UNAVAILABLE up to four times within one call
    house.behaviour.fail["matte"] = [ServiceUnavailable(service="matting", cause="starting") for _ in range(8)]
    images = []
    for seed in range(start, start + IMAGES):
        new = jobs_service_pb2.NewImage(
            original_key=await house.upload(seed), source_name=f"TEE{seed}_1.png", category="shirt",
            tier=images_pb2.TIER_BULK,
        )  # fmt: skip
        new.due_time.FromDatetime(datetime.now(UTC) - timedelta(hours=1))
        images.append(new)
    made = await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))
    await house.ended(made.job.job_id)
    found = await house.images(made.job.job_id)
    assert {words.state_word(image.state) for image in found} == {"approved", "needs_review", "failed"}
    waiting = [image for image in found if words.state_word(image.state) == "needs_review"]
    approved = next(image for image in found if words.state_word(image.state) == "approved")
    for image, verdict in (
        (waiting[0], review_pb.VERDICT_APPROVE),
        (waiting[1], review_pb.VERDICT_REJECT),
        (approved, review_pb.VERDICT_REJECT),
    ):
        await house.review.Decide(
            review_pb.DecideRequest(
                image_id=image.image_id, verdict=verdict, reviewer="ann", seconds=40, reason="hem", etag=image.etag
            )
        )
    await house.ended(made.job.job_id)
    # A call that is not answered as asked, for the panels of errors.
    assert (await house.rest.get("/v1/jobs/none")).status_code == 404


@pytest.mark.triton
@pytest.mark.slow
def test_every_expression_about_triton_gives_data(tmp_path: Path) -> None:
    server = Triton(tmp_path)
    try:
        server.start()
        with prometheus(tmp_path, {"triton": server.metrics_address}) as prom:
            runner = TritonRunner(server.url, MODEL)
            pixels = np.full((2, 96, 96, 3), 200, np.uint8)
            end = time.monotonic() + WAIT_SECONDS
            while (missing := _about_triton(prom)) and time.monotonic() < end:
                runner.run(pixels)
                time.sleep(0.5)
            runner.close()
            assert missing == []
    finally:
        server.stop()


def _about_triton(prom: Prometheus) -> list[str]:
    """What names only Triton's metrics and has no data."""
    about = [
        expression
        for expression in [*collect.of_dashboards(), *collect.of_rules()]
        if (names := uses(expression.text).metrics) and names <= foreign.TRITON.keys()
    ]
    assert len(about) > 5
    texts = [
        text for each in about for text in (selectors(each.text) if each.alert else [instantiate(each.text)])
    ]  # fmt: skip
    return [text for text in texts if not any(map(math.isfinite, prom.values(text)))]


def test_selectors_of_an_expression() -> None:
    assert selectors('sum(rate(a_total{b="c", d=~"e|f"}[5m])) / a_total > 1 and up{job="x"}') == [
        'a_total{b="c", d=~"e|f"}', "a_total", 'up{job="x"}',
    ]  # fmt: skip
    assert uses("absent(a)").metrics == {"a"}
