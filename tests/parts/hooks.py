"""Webhooks of a house of the tests: fast settings, endpoints, and what was sent to them."""

from __future__ import annotations

import asyncio
from typing import Any

from .house import House

# To a receiver on this machine, without waiting.
FAST: dict[str, Any] = {
    "allow_http": True, "networks": ["127.0.0.0/8"], "pauses_seconds": [0.05, 0.05], "jitter": 0, "poll_seconds": 0.05,
}  # fmt: skip


async def add(house: House, url: str, **fields: Any) -> tuple[str, str]:
    """(endpoint id, secret)."""
    answer = await house.rest.post("/v1/webhooks", json={"shop": "shop", "url": url, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["endpoint"]["endpoint_id"], answer.json()["secret"]


async def sent(house: House, endpoint_id: str) -> list[dict[str, Any]]:
    answer = await house.rest.get(f"/v1/webhooks/{endpoint_id}/deliveries")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


async def settled(house: House, endpoint_id: str, *states: str) -> list[dict[str, Any]]:
    """Waits until every message is in one of the states."""
    async with asyncio.timeout(60):
        while True:
            found = await sent(house, endpoint_id)
            if found and all(each["state"] in states for each in found):
                return found
            await asyncio.sleep(0.05)
