"""The fixtures of tests/parts/house.py, and a client to its gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parts.clients import FACES, Talk, speaking
from tests.parts.house import (
    House,
    behaviour,
    database_url,
    house,
    make_house,
    photo,
    postgres,
    service_address,
    store,
)

__all__ = ["behaviour", "database_url", "house", "make_house", "postgres", "service_address", "store"]


@pytest.fixture(params=FACES)
def talk(request: pytest.FixtureRequest, house: House) -> Talk:
    """Carries a scenario out with a client, in a thread beside the gateway's event loop."""

    async def talking(scenario: Callable[[Any], Any], url: str = "", **options: Any) -> Any:
        def inside() -> Any:
            with speaking(request.param, url or f"http://{house.gateway.rest_address}", **options) as client:
                return scenario(client)

        return await asyncio.to_thread(inside)

    return talking


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """TEE-1_1.png and TEE-1_2.png."""
    paths = [tmp_path / "in" / f"TEE-1_{number}.png" for number in (1, 2)]
    paths[0].parent.mkdir()
    for seed, path in enumerate(paths):
        path.write_bytes(photo(seed))
    return paths
