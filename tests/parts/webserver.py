"""A web server for tests that does on each path what the test says, TLS or not, on any loopback address."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class WebServer:
    """`pages`: by path, the answer as bytes, or who writes it. `asked`: requests by path; `heads`: their heads."""

    port: int = 0
    pages: dict[str, bytes | Handler] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1]
            self.asked[path] += 1
            self.heads.append(head)
            page = self.pages.get(path, answer(b"", 404))
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                await page(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()


def answer(body: bytes, status: int = 200, media_type: str = "image/png", **headers: str) -> bytes:
    """A whole HTTP answer; the connection closes after it."""
    lines = {"Content-Type": media_type, "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body


def moved(to: str, status: int = 302) -> bytes:
    return answer(b"", status, Location=to)


@asynccontextmanager
async def web_server(
    host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebServer]:
    made = WebServer()
    server = await asyncio.start_server(made.serve, host, port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
