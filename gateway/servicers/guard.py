"""Keys and request limits in front of every gRPC method but health and reflection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from gateway.access.guard import Guard
from services.kit.rpc import Around, Call


def guarding(guard: Guard) -> Around:
    """To be put inside the error translation of the server."""

    @asynccontextmanager
    async def admit(call: Call) -> AsyncIterator[None]:
        await guard.admit(_text(call.metadata, "authorization"), _text(call.metadata, "x-api-key"))
        yield

    return admit


def _text(metadata: Mapping[str, str | bytes], name: str) -> str:
    value = metadata.get(name, "")
    return value if isinstance(value, str) else ""
