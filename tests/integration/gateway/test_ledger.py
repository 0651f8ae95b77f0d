"""The ledger: every use once, at the price of its time, for the image it was for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.db import Database
from gateway.ledger import booking, prices
from gateway.ledger.downloads import Downloads
from gateway.ledger.errors import PricesChanged, PricesInvalid
from gateway.ledger.settings import LedgerSettings
from selvage_api.images.v1 import use_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from selvage_api.usage.v1 import usage_service_pb2
from services.kit.errors import StoreUnavailable
from tests.parts.house import House
from tests.parts.services import Behaviour

CPU = {"plate": 1.0, "segment": 2.0, "matte": 4.0, "compose": 8.0}
HOUR = 3600.0
NOON = datetime(2026, 11, 10, 12, 20, tzinfo=UTC)
"""A day that the clock of the tests has passed: nothing of it is booked but by them."""


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(cpu=CPU)


@pytest.fixture
async def database(house: House) -> Any:
    made = Database(house.gateway.database_url, 2)
    await made.open()
    yield made
    await made.close()


async def booked(house: House, kind: str) -> dict[str, float]:
    """Quantities of a kind by image."""
    rows = await house.rows(
        "SELECT image_id::text, sum(quantity) FROM ledger WHERE kind = %s AND stage <> 'intake' GROUP BY 1", kind
    )
    return {image: float(quantity) for image, quantity in rows}


async def test_a_stage_costs_the_image_it_was_for_and_a_reused_one_costs_nothing(house: House) -> None:
    first = await house.ended((await house.job(1)).job_id)
    again = await house.ended((await house.job(1)).job_id)
    (image,), (other,) = await house.images(first.job_id), await house.images(again.job_id)
    cpu = await booked(house, "cpu")
    assert cpu[image.image_id] == sum(CPU.values())
    assert cpu.get(other.image_id, 0) <= CPU["compose"]  # its names may differ
    ((amount, version),) = await house.rows(
        "SELECT amount, price_version FROM ledger WHERE stage = 'matting' AND image_id = %s", image.image_id
    )
    assert version == "2026"
    assert amount == pytest.approx(Decimal(4) * Decimal("0.045") / 3600, abs=Decimal("1e-15"))


async def test_a_try_that_failed_is_paid_by_its_image_once(house: House, database: Database) -> None:
    """What it used comes without an answer, and may come twice."""
    job = await house.ended((await house.job(2)).job_id)
    (image,) = await house.images(job.job_id)
    lost = usage_service_pb2.Entry(
        charge_to=image.image_id, method="Matte", use=use_pb2.StageUse(cpu_seconds=16, process="p", sequence=1)
    )
    for _ in range(2):
        async with database.transaction() as connection:
            await booking.use(connection, [lost])
    assert (await booked(house, "cpu"))[image.image_id] == sum(CPU.values()) + 16


async def test_what_an_answer_brought_is_not_booked_again_when_collected(house: House, database: Database) -> None:
    job = await house.ended((await house.job(3)).job_id)
    (image,) = await house.images(job.job_id)
    before = await booked(house, "cpu")
    told = [
        usage_service_pb2.Entry(
            charge_to=image.image_id, use=use_pb2.StageUse(cpu_seconds=9, process="small", sequence=number)
        )
        for number in range(1, house.behaviour.told + 1)
    ]
    async with database.transaction() as connection:
        assert await booking.use(connection, told) == 0
    assert await booked(house, "cpu") == before


async def test_time_for_no_image_is_overhead(house: House, database: Database) -> None:
    use = use_pb2.StageUse(cpu_seconds=3, gpu_seconds=1, process="p", sequence=1)
    async with database.transaction() as connection:
        await booking.use(connection, [usage_service_pb2.Entry(use=use)])
    rows = await house.rows("SELECT kind, quantity FROM ledger WHERE booking = 'use:p:1' ORDER BY kind")
    assert rows == [("gpu", 1.0), ("overhead", 3.0)]


async def test_seconds_of_people_cost_their_wage(house: House) -> None:
    house.behaviour.numbers = lambda _, numbers: setattr(numbers, "band_confidence", 0.1)
    job = await house.ended((await house.job(4)).job_id)
    (image,) = await house.images(job.job_id)
    request = review_service_pb2.DecideRequest(
        image_id=image.image_id, verdict=review_service_pb2.VERDICT_APPROVE, reviewer="ann", seconds=90,
        etag=image.etag,
    )  # fmt: skip
    await house.review.Decide(request)
    rows = await house.rows("SELECT image_id::text, quantity, amount FROM ledger WHERE kind = 'human'")
    assert rows == [(image.image_id, 90.0, Decimal("0.45"))]


async def test_storage_is_booked_once_a_day_and_is_what_the_store_holds(house: House, database: Database) -> None:
    await house.ended((await house.job(5, 6)).job_id)
    await house.ended((await house.job(5)).job_id)  # shares its objects
    await house.upload(7)  # of no image
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM ledger_marks")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    days = []
    for moment in (tomorrow, tomorrow + timedelta(minutes=1), tomorrow + timedelta(days=2)):
        async with database.transaction() as connection:
            days.append(await booking.storage(connection, moment))
    assert days == [1, 0, 2]
    stored = sum(each.size for each in house.store.list("shop/"))
    rows = await house.rows(
        "SELECT split_part(booking, ':', 2), sum(quantity), count(*), count(image_id) FROM ledger"
        " WHERE kind = 'storage' AND at > now() + interval '1 hour' GROUP BY 1 ORDER BY 1"
    )
    assert [(round(quantity), entries, images) for _, quantity, entries, images in rows] == [(stored, 4, 3)] * 3
    shares = await house.rows(
        "SELECT quantity FROM ledger l JOIN images i USING (image_id) WHERE kind = 'storage' AND sku = 'TEE5'"
        " AND at > now() + interval '1 hour' AND at < now() + interval '30 hours'"
    )
    assert len(shares) == 2 and shares[0] == shares[1]


async def test_bytes_that_leave_are_egress_of_their_image(house: House, database: Database) -> None:
    job = await house.ended((await house.job(8)).job_id)
    (image,) = await house.images(job.job_id)
    downloads = Downloads(database)
    downloads.note(image.image_id, 7)

    async def pieces() -> Any:
        yield b"abc"
        yield b"de"

    assert [piece async for piece in downloads.counted(image.image_id, pieces())] == [b"abc", b"de"]
    await downloads.finish()
    await downloads.finish()
    assert (await booked(house, "egress"))[image.image_id] == 12


async def test_a_download_over_rest_is_booked(make_house: Callable[..., Any]) -> None:
    house = await make_house({"ledger": LedgerSettings(collect_seconds=0.05)})
    job = await house.ended((await house.job(9)).job_id)
    (image,) = await house.images(job.job_id)
    data = (await house.rest.get(f"/v1/images/{image.image_id}/files/psd")).content
    part = await house.rest.get(f"/v1/images/{image.image_id}/files/psd", headers={"Range": "bytes=0-2"})
    assert len(part.content) == 3
    await house.gateway.stop()
    assert (await booked(house, "egress"))[image.image_id] == len(data) + 3


async def test_nodes_are_booked_by_the_hour_from_the_first_look_on(house: House, database: Database) -> None:
    nodes = {"gpu-1": Decimal("2"), "cpu-1": Decimal("0.5")}
    priced = prices.read(None)
    version = priced.versions[0].model_copy(
        update={"version": "nodes", "valid_from": NOON - timedelta(days=1), "nodes": nodes}
    )
    async with database.transaction() as connection:
        await prices.keep(connection, priced.model_copy(update={"versions": [*priced.versions, version]}))
        hours = [await booking.nodes(connection, NOON + timedelta(hours=hour)) for hour in (0, 0.5, 1, 3, 3)]
    assert hours == [0, 0, 2, 4, 0]
    rows = await house.rows("SELECT count(*), sum(amount) FROM ledger WHERE kind = 'fixed'")
    assert rows == [(6, Decimal("7.5"))]


async def test_another_price_is_another_version_and_changes_nothing_that_is_booked(
    house: House, database: Database, tmp_path: Path
) -> None:
    await house.ended((await house.job(10)).job_id)
    before = await house.rows("SELECT entry_id, amount, price_version FROM ledger WHERE kind = 'cpu' ORDER BY 1")
    file = tmp_path / "prices.yaml"
    text = (Path(prices.__file__).with_name("prices.yaml")).read_text()
    file.write_text(text.replace("cpu_hour: 0.045", "cpu_hour: 0.09"))
    with pytest.raises(PricesChanged):
        async with database.transaction() as connection:
            await prices.keep(connection, prices.read(file))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    more = text.split("baseline:")[0]
    entry = more[more.index("  - version") :]
    newer = entry.replace('"2026"', '"dear"').replace("2026-01-01", today).replace("cpu_hour: 0.045", "cpu_hour: 36")
    file.write_text(more + newer + "baseline: {cost: 2, rework_rate: 0.3}\n")
    async with database.transaction() as connection:
        assert await prices.keep(connection, prices.read(file)) == ["dear"]
        assert await prices.keep(connection, prices.read(file)) == []
        use = use_pb2.StageUse(cpu_seconds=5, process="later", sequence=1)
        await booking.use(connection, [usage_service_pb2.Entry(use=use)])
    assert await house.rows("SELECT amount FROM ledger WHERE booking = 'use:later:1'") == [(Decimal("0.05"),)]
    after = await house.rows(
        "SELECT entry_id, amount, price_version FROM ledger WHERE kind = 'cpu' AND entry_id <= %s ORDER BY 1",
        before[-1][0],
    )
    assert after == before


@pytest.mark.parametrize(
    ("old", "new"),
    [("currency: USD", "currency: EUR"), ('version: "2026"', 'version: "other"')],
    ids=["another currency", "two from one day"],
)
async def test_prices_that_do_not_fit_the_ledger_are_refused(
    house: House, database: Database, tmp_path: Path, old: str, new: str
) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(Path(prices.__file__).with_name("prices.yaml").read_text().replace(old, new))
    with pytest.raises(PricesInvalid):
        async with database.transaction() as connection:
            await prices.keep(connection, prices.read(file))


async def test_entries_are_never_changed(house: House) -> None:
    await house.ended((await house.job(11)).job_id)
    for statement in ("UPDATE ledger SET amount = 0", "DELETE FROM ledger"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            await house.rows(statement)


async def test_rework_is_paid_by_the_image_it_belongs_to(house: House) -> None:
    house.behaviour.fail["matte"] = [StoreUnavailable(cause="test")]
    job = await house.ended((await house.job(12)).job_id)
    (image,) = await house.images(job.job_id)
    request = jobs_service_pb2.RetryImagesRequest(job_id=job.job_id, image_ids=[image.image_id], from_stage="matting")
    await house.jobs.RetryImages(request)
    await house.ended(job.job_id)
    assert (await booked(house, "cpu"))[image.image_id] == sum(CPU.values()) + CPU["matte"] + CPU["compose"]
