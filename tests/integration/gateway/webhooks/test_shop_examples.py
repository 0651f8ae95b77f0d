"""The shop examples as processes, between a whole gateway and a small real shop."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.webhooks.settings import WebhookSettings
from selvage_api.review.v1alpha1 import review_service_pb2 as review
from services.kit.settings import load
from tests.parts.hooks import FAST, add, settled
from tests.parts.house import House
from tests.parts.server import free_port
from tests.parts.shops import HAND_MADE, Shop, Shopify, Shown, WooCommerce, open_shop

ROOT = Path(__file__).resolve().parents[4]
EXAMPLES = ROOT / "docs" / "examples"
SHOPS: dict[str, Callable[[str], Shop]] = {
    "shopify_product_image": Shopify, "woocommerce_product_image": WooCommerce,
}  # fmt: skip
SKU, ALT = "TEE1", "TEE1, picture 1"


@pytest.fixture(params=SHOPS)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def shop(name: str) -> Iterator[Shop]:
    made = SHOPS[name](SKU)
    with open_shop(made):
        yield made


@pytest.fixture
async def house(make_house: Callable[..., Any]) -> House:
    patient = FAST | {"pauses_seconds": [0.3] * 100}
    made: House = await make_house(start_with={"webhooks": load(WebhookSettings, **patient)})
    return made


@asynccontextmanager
async def running(
    name: str, address: str, secret: str, house: House, shop: Shop, folder: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("SELVAGE_")},
        **shop.environment(), "SELVAGE_URL": f"http://{house.gateway.rest_address}", "WEBHOOK_SECRET": secret,
        "LISTEN": address, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process = subprocess.Popen(  # noqa: ASYNC220 - it must be killed from another thread
        [sys.executable, EXAMPLES / f"{name}.py"], cwd=folder, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection(*address.split(":"))
                    writer.close()
                    break
                except OSError:
                    await asyncio.sleep(0.1)
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def decide(house: House, image_id: str, verdict: Any) -> None:
    image = (await house.rest.get(f"/v1/images/{image_id}")).json()["image"]
    await house.review.Decide(
        review.DecideRequest(image_id=image_id, verdict=verdict, reason="look again", etag=image["etag"])
    )


async def test_a_picture_is_shown_once_whatever_happens(name: str, shop: Shop, house: House, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    endpoint, secret = await add(house, f"http://{address}/", events=["image.approved"])
    async with running(name, address, secret, house, shop, tmp_path) as process:
        # It dies after the shop has changed the product, before it can note so or answer.
        shop.changed = process.kill
        job = await house.ended((await house.job(1)).job_id)
        await asyncio.to_thread(process.wait)
    image = (await house.images(job.job_id))[0]
    [cutout] = [file for file in image.files if file.name == "cutout"]
    expected = [Shown(ALT, house.store.get(cutout.object.key)), Shown(HAND_MADE, b"label")]
    assert shop.shown() == expected
    times: list[int] = []
    shop.changed = lambda: times.append(1)
    async with running(name, address, secret, house, shop, tmp_path):
        # The message comes again and changes nothing.
        await settled(house, endpoint, "delivered")
        assert (len(times), shop.shown()) == (1, expected)
        # A replay brings the same id: the shop is not even asked.
        await house.rest.post(f"/v1/webhooks/{endpoint}:replay", json={"since": "2020-01-01T00:00:00Z"})
        [delivery] = await settled(house, endpoint, "delivered")
        assert (len(times), shop.shown()) == (1, expected)
        # Approved anew, it replaces itself.
        await decide(house, image.image_id, review.VERDICT_REJECT)
        await decide(house, image.image_id, review.VERDICT_APPROVE)
        async with asyncio.timeout(30):
            while True:
                if len(await settled(house, endpoint, "delivered")) == 2:
                    break
                await asyncio.sleep(0.1)
        assert (len(times), shop.shown()) == (2, expected)
        # What is not signed by us is not believed.
        headers = {"webhook-id": delivery["message_id"], "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        async with httpx.AsyncClient(trust_env=False) as stranger:
            answer = await stranger.post(f"http://{address}/", content=b"{}", headers=headers)
        assert answer.status_code == 401


async def test_a_product_the_shop_does_not_have_is_passed_over(
    name: str, shop: Shop, house: House, tmp_path: Path
) -> None:
    shop.sku = "OTHER"
    address = f"127.0.0.1:{free_port()}"
    endpoint, secret = await add(house, f"http://{address}/")
    async with running(name, address, secret, house, shop, tmp_path):
        await house.ended((await house.job(1)).job_id)
        assert {each["event"] for each in await settled(house, endpoint, "delivered")} <= {
            "image.approved", "job.succeeded",
        }  # fmt: skip
    assert shop.shown() == [Shown(HAND_MADE, b"label")]


def test_the_first_choice_is_an_export_of_the_default_template(name: str) -> None:
    template = yaml.safe_load((ROOT / "services/compose/templates/studio-white.yaml").read_text())
    exports = {f"export:{each['name']}" for each in template["exports"]}
    code = (EXAMPLES / f"{name}.py").read_text()
    first = code.split('files: tuple[str, ...] = ("', 1)[1].split('"', 1)[0]
    assert first in exports
