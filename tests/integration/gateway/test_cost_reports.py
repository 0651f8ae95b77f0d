"""Reports and budgets: over REST, gRPC and `selvage costs`; what is in them follows from what was booked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from gateway.db import Database
from gateway.ledger import mirror
from selvage.cli import main
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.reports.v1 import reports_service_pb2 as pb
from selvage_api.reports.v1 import reports_service_pb2_grpc
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit import metrics, rpc
from tests.parts.callers import OPERATOR, operator, required
from tests.parts.house import House
from tests.parts.services import Behaviour

CPU_HOUR, WAGE_HOUR = 0.045, 18.0
SECONDS = 3600.0
"""CPU time the small services say to use for each stage of an image."""


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(cpu=dict.fromkeys(("plate", "segment", "matte", "compose"), SECONDS))


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command arranges the log of its process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def new(key: str, name: str, category: str) -> jobs_service_pb2.NewImage:
    return jobs_service_pb2.NewImage(original_key=key, source_name=name, category=category)


async def season(house: House) -> list[Any]:
    """Two tops, approved by the gate, and a bag a person has rejected after a minute."""
    unsure = await house.upload(3)
    house.behaviour.numbers = lambda sha256, numbers: (
        setattr(numbers, "band_confidence", 0.1) if sha256 in unsure else None
    )
    images = [
        new(await house.upload(1), "A1_1.png", "tops"), new(await house.upload(2), "A2_1.png", "tops"),
        new(unsure, "B_1.png", "bags"),
    ]  # fmt: skip
    job = (await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))).job
    await house.ended(job.job_id)
    found = await house.images(job.job_id)
    await house.review.Decide(
        review_service_pb2.DecideRequest(
            image_id=found[2].image_id, verdict=review_service_pb2.VERDICT_REJECT, reason="torn", seconds=60,
            reviewer="ann", etag=found[2].etag,
        )
    )  # fmt: skip
    return found


async def costs(house: House, **asked: Any) -> dict[str, Any]:
    answer = await house.rest.get("/v1/reports/costs", params=asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_cost_of_an_approved_image_by_category(house: House) -> None:
    await season(house)
    found = await costs(house)
    tops, bags = ({row["category"]: row for row in found["rows"]}[name] for name in ("tops", "bags"))
    assert (tops["approved"], bags["approved"], bags["images"]) == ("2", "0", "1")
    assert tops["marginal_per_approved"] == pytest.approx(4 * CPU_HOUR, rel=0.01)
    assert "marginal_per_approved" not in bags
    assert bags["costs"]["human"] == pytest.approx(WAGE_HOUR / 60)
    assert bags["human_seconds"] == 60
    total = found["total"]
    # What the rejected one has cost is paid by the approved ones.
    assert total["marginal_per_approved"] == pytest.approx((12 * CPU_HOUR + WAGE_HOUR / 60) / 2, rel=0.01)
    assert total["full"] >= total["marginal"]
    assert total["untouched"] == "2"
    assert found["baseline"]["saved_per_approved"] == pytest.approx(1.8 - total["full_per_approved"])


async def test_groups_add_up_to_the_total_and_to_the_ledger(house: House) -> None:
    await season(house)
    for by in (["shop"], ["month"], ["template", "model_version"], ["category", "month", "shop"]):
        found = await costs(house, group_by=by)
        assert sum(row["marginal"] for row in found["rows"]) == pytest.approx(found["total"]["marginal"])
        assert all(row[name] for row in found["rows"] for name in by)
    ((amount,),) = await house.rows("SELECT sum(amount) FROM ledger WHERE kind NOT IN ('overhead', 'fixed')")
    assert found["total"]["marginal"] == pytest.approx(float(amount))
    assert found["rows"][0]["month"] == f"{datetime.now(UTC):%Y-%m}"


async def test_idle_nodes_and_overhead_are_shared_by_the_work_on_machines(house: House) -> None:
    await season(house)
    database = Database(house.gateway.database_url, 1)
    await database.open()
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO ledger (booking, kind, shop, stage, quantity, amount) VALUES ('n', 'fixed', '', '', 1, 100)"
        )
    await database.close()
    found = await costs(house)
    tops = next(row for row in found["rows"] if row["category"] == "tops")
    money = found["total"]["costs"]
    assert money["cpu"] + money["overhead"] + money["idle"] == pytest.approx(100)
    assert tops["costs"]["idle"] == pytest.approx(money["idle"] * tops["costs"]["cpu"] / money["cpu"])
    assert sum(row["full"] for row in found["rows"]) == pytest.approx(found["total"]["full"])


async def test_rework_is_counted_where_it_happened(house: House) -> None:
    images = await season(house)
    request = jobs_service_pb2.RetryImagesRequest(
        job_id=images[0].job_id, image_ids=[images[0].image_id], from_stage="matting"
    )
    await house.jobs.RetryImages(request)
    await house.ended(images[0].job_id)
    tops = next(row for row in (await costs(house))["rows"] if row["category"] == "tops")
    assert (tops["approved"], tops["reworked"], tops["rework_rate"]) == ("2", "1", 0.5)


async def test_csv_has_a_line_a_group_and_no_formulas(house: House) -> None:
    job = jobs_service_pb2.CreateJobRequest(
        shop="shop", images=[new(await house.upload(1), "A_1.png", "=1+1"), new(await house.upload(2), "B_1.png", "x")]
    )
    await house.ended((await house.jobs.CreateJob(job)).job.job_id)
    answer = await house.rest.get("/v1/reports/costs", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["category"] for line in lines] == ["'=1+1", "x"]
    assert [line["approved"] for line in lines] == ["1", "1"]
    assert float(lines[0]["cpu_seconds"]) >= 4 * SECONDS


async def test_a_budget_holds_until_another_month_has_one_and_tells_where_it_leads(house: House) -> None:
    await season(house)
    assert (await house.rest.get("/v1/budgets/shop")).json()["state"] == "BUDGET_STATE_NONE"
    for month, amount, state in (("2026-01", 1e6, "OK"), ("", 0.5, "EXCEEDED")):
        put = await house.rest.put("/v1/budgets/shop", json={"budget": {"amount": amount, "month": month}})
        assert put.status_code == 200, put.text
        found = (await house.rest.get("/v1/budgets/shop")).json()
        assert (found["budget"]["amount"], found["state"]) == (amount, f"BUDGET_STATE_{state}")
        assert found["forecast"] >= found["spent"] > 0.5
    earlier = (await house.rest.get("/v1/budgets/shop", params={"month": "2026-01"})).json()
    assert earlier["budget"] == {"shop": "shop", "month": "2026-01", "amount": 1e6}
    assert earlier["forecast"] == earlier["spent"] == 0


async def test_an_administrator_of_one_shop_sees_that_shop(make_house: Callable[..., Any]) -> None:
    house = await make_house(required())
    everyone = operator(house)
    other = await everyone.key_for("other", "admin")
    assert (await other.rest("GET", "/v1/reports/costs")).json()["total"]["shop"] == "other"
    assert (await other.rest("GET", "/v1/reports/costs?shop=shop")).status_code == 403
    assert (await other.rest("GET", "/v1/budgets/shop")).status_code == 403
    assert (await other.rest("PUT", "/v1/budgets/other", json={"budget": {"amount": 1}})).status_code == 403


async def test_the_same_over_grpc(house: House) -> None:
    await season(house)
    async with rpc.connect(house.gateway.grpc_address) as channel:
        stub: Any = reports_service_pb2_grpc.ReportsServiceStub(channel)
        answer = await stub.GetCosts(pb.GetCostsRequest(group_by=["model_version"]))
    assert [(row.model_version, row.approved) for row in answer.rows] == [("1", 2)]
    assert answer.currency == "USD"


async def test_the_series_of_prometheus_are_those_of_the_report(house: House) -> None:
    await season(house)
    await house.rest.put("/v1/budgets/shop", json={"budget": {"amount": 100}})
    database = Database(house.gateway.database_url, 1)
    await database.open()
    await mirror.refresh(database)
    await database.close()
    total = (await costs(house))["total"]
    lines = metrics.exposition()[0].decode().splitlines()

    def series(name: str) -> dict[str, float]:
        found = (line.rsplit(" ", 1) for line in lines if line.startswith(f"{name}{{"))
        return {labels: float(value) for labels, value in found}

    marginal = sum(
        value for labels, value in series("selvage_image_cost_currency_total").items() if 'kind="fixed"' not in labels
    )
    assert marginal == pytest.approx(total["marginal"])
    assert sum(series("selvage_approved_images_total").values()) == 2
    (each,) = (v for k, v in series("selvage_cost_per_approved_image").items() if 'kind="marginal"' in k)
    assert each == pytest.approx(4 * CPU_HOUR, rel=0.01)
    assert series("selvage_budget_used_ratio") == {
        'selvage_budget_used_ratio{shop="shop"}': pytest.approx(total["marginal"] / 100)
    }


async def command(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, words)


async def test_the_commands_on_the_database_and_on_a_server(
    make_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await make_house()
    await season(house)
    server = ("--server", f"http://{house.gateway.rest_address}", "--api-key", str(OPERATOR))
    monkeypatch.setenv("SELVAGE_GATEWAY_DATABASE_URL", house.gateway.database_url)
    monkeypatch.setenv("COLUMNS", "200")
    assert (await command("costs", "budget", "set", "shop", "40")).exit_code == 0
    for where in ((), server):
        table = await command("costs", "report", *where)
        assert table.exit_code == 0, table.output
        assert "tops" in table.stdout and "saved on each approved image" in table.stdout
        assert "rework" in (await command("costs", "pilot", *where)).stdout
        found = json.loads((await command("costs", "report", "--json", "--by", "shop", *where)).stdout)
        assert [row["shop"] for row in found["rows"]] == ["shop"]
        lines = (await command("costs", "report", "--csv", *where)).stdout.splitlines()
        assert lines[0].startswith("category,currency,images,approved") and len(lines) == 3
        shown = await command("costs", "budget", "show", "shop", *where)
        assert "budget 40.00 USD, spent 0." in shown.stdout
    refused = await command("costs", "report", "--month", "soon")
    assert refused.exit_code != 0
