"""A way to a server that breaks: the first connections are cut after so many bytes of their answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Cut:
    """`after`: for each connection in turn, how many bytes of answers come through; later ones are whole."""

    url: str = ""
    after: list[int] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def cutting(address: str) -> AsyncIterator[Cut]:
    cut = Cut()
    host, _, port = address.rpartition(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = cut.after.pop(0) if cut.after else None
        inward, outward = await asyncio.open_connection(host, int(port))
        there = asyncio.create_task(_forward(reader, outward, cut.requests))
        with contextlib.suppress(ConnectionError):
            while data := await inward.read(4096 if left is None else min(4096, max(left, 1))):
                if left is not None and left <= 0:
                    break
                left = left and left - len(data)
                writer.write(data)
                await writer.drain()
        there.cancel()
        for one in (writer, outward):
            one.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    cut.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield cut
    finally:
        server.close()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[bytes]) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            seen.append(data)
            writer.write(data)
            await writer.drain()
