"""The ASGI application, and a server for it that shares the event loop with gRPC and the workers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway.access.guard import Guard
from services.kit.errors import AddressInUse, SelvageError
from services.kit.rpc import TlsSettings
from services.kit.rpc.tls import server_context

from .around import Around
from .guard import GuardMiddleware
from .operation import Operation
from .problems import answer_http, answer_selvage


def build(operations: Iterable[Operation], guard: Guard) -> Starlette:
    operations = list(operations)
    patterns = {operation.endpoint: operation.path for operation in operations}

    def pattern(endpoint: Any) -> str:
        return patterns.get(endpoint, "other")

    return Starlette(
        routes=[operation.route() for operation in operations],
        middleware=[
            Middleware(Around, pattern=pattern),
            Middleware(GuardMiddleware, guard=guard, operations=operations),
        ],
        exception_handlers={SelvageError: answer_selvage, HTTPException: answer_http},
    )


class RestServer:
    """`start()` listens; `address` is host:port with the real port."""

    def __init__(self, app: Starlette, address: str, grace: float, tls: TlsSettings) -> None:
        host, _, port = address.rpartition(":")
        try:
            self._socket = socket.create_server((host.strip("[]"), int(port)), family=_family(host), backlog=512)
        except OSError as cause:
            raise AddressInUse(address=address, cause=cause.strerror) from cause
        self.address = f"{host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
            timeout_graceful_shutdown=max(1, round(grace)),
        )  # fmt: skip
        if tls.certificate:
            config.load()
            config.ssl = server_context(tls)
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve([self._socket]), name="rest")
        await self._server.listening.wait()

    async def stop(self) -> None:
        """Requests in flight may finish."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to whoever runs the whole process."""
        yield


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
