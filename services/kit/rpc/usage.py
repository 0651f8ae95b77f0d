"""The use of a call: measured about every call, and carried by its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from selvage_api.images.v1 import use_pb2
from services.kit import usage
from services.kit.rpc.context import CHARGE_KEY
from services.kit.rpc.interceptors import Call
from services.kit.usage.servicer import message


@asynccontextmanager
async def metered(call: Call) -> AsyncIterator[None]:
    """An `Around` for the servers of services: books what a call used on whom its metadata names."""
    given = call.metadata.get(CHARGE_KEY)
    with usage.meter().serving(given if isinstance(given, str) else "", call.method):
        yield


def settled() -> use_pb2.StageUse:
    """For the answer of the current call: what it has used. Empty outside of a metered call."""
    call = usage.current()
    return use_pb2.StageUse() if call is None else message(usage.meter().settle(call))
