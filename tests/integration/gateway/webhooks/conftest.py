"""A gateway whose webhooks go to a receiver of the test, fast."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway.webhooks.settings import WebhookSettings
from tests.parts.hooks import FAST
from tests.parts.house import House, behaviour, database_url, make_house, postgres, service_address, store
from tests.parts.receiver import Receiver, receiving

__all__ = ["behaviour", "database_url", "make_house", "postgres", "service_address", "store"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def hooked(make_house: Callable[..., Any]) -> House:
    made: House = await make_house(start_with={"webhooks": WebhookSettings(**FAST)})
    return made
