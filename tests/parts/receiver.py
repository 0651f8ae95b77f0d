"""A webhook receiver: a small real HTTP server with answers a test has written, and a record of what it got."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Receiver:
    """`answers` by path: (status, headers), one a request in order, then 204. `hold`: paths that answer when set."""

    address: str = ""
    got: list[Received] = field(default_factory=list)
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=lambda: defaultdict(list))
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, path: str = "/") -> str:
        return f"http://{self.address}{path}"

    def at(self, path: str) -> list[Received]:
        return [each for each in self.got if each.path == path]

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Waits until the condition holds after a message came in."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in head[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
            path = head[0].split(" ")[1]
            async with self._changed:
                self.got.append(Received(path, headers, body, time.monotonic()))
                self._changed.notify_all()
            if path in self.hold:
                await self.hold[path].wait()
            status, extra = self.answers[path].pop(0) if self.answers[path] else (204, {})
            lines = [f"HTTP/1.1 {status} Scripted", "Content-Length: 0", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in extra.items()]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the sender was killed
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    receiver.address = f"{host}:{port}"
    try:
        yield receiver
    finally:
        for event in receiver.hold.values():
            event.set()
        server.close()
        await server.wait_closed()
