"""A gRPC server: health, reflection, interceptors, graceful stop. One event loop a process, and no fork."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.kit import logs, tracing, usage
from services.kit.errors import AddressInUse, SelvageError
from services.kit.metrics.serve import MetricsSettings, say_build, served
from services.kit.rpc.interceptors import Around, Interceptor, standard
from services.kit.rpc.settings import RpcSettings
from services.kit.rpc.tls import TlsSettings, server_credentials
from services.kit.settings import load

log = logs.get(__name__)

LONGEST_CALL_SECONDS = 3600
"""On a connection that is to be replaced: longer than any stage; a watch is then cut, and begins anew."""


class Server:
    """A running server. Made by `serve`."""

    def __init__(
        self, server: grpc.aio.Server, checks: Any, address: str, services: Sequence[str], grace: float
    ) -> None:
        self.address = address
        """Where it listens, with the real port when 0 was asked for."""
        self.services = tuple(services)
        """Full names of the services, as the health check knows them."""
        self._server = server
        self._checks = checks
        self._grace = grace

    async def stop(self, grace: float | None = None) -> None:
        """Says NOT_SERVING, takes no new calls, lets those in flight finish for `grace` seconds, cancels the rest."""
        await self._checks.enter_graceful_shutdown()
        await self._server.stop(self._grace if grace is None else grace)

    async def wait(self) -> None:
        """Returns when the server has stopped."""
        await self._server.wait_for_termination()

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _Recorder:
    """Stands between generated code and the server to learn the names of the services."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self.names: list[str] = []
        self._server = server

    def add_registered_method_handlers(self, name: str, handlers: Any) -> None:
        self.names.append(name)
        self._server.add_registered_method_handlers(name, handlers)

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        self._server.add_generic_rpc_handlers(handlers)


async def serve(
    add_servicers: Callable[[Any], None],
    address: str = "127.0.0.1:0",
    settings: RpcSettings | None = None,
    *,
    arounds: Sequence[Around] = (),
    tls: TlsSettings | None = None,
) -> Server:
    """Starts serving. `add_servicers` gets the server to hand to the generated `add_...Servicer_to_server`.

    `address` is host:port (port 0 picks a free one) or unix:path. `arounds` stand about every call, inside the standard
    ones: what they raise is translated; health and reflection stay without. `tls` is read from the environment
    when not given. Raises `AddressInUse`, `TlsFilesUnusable`.
    """
    usage.meter().overhead_thread()
    settings = settings or load(RpcSettings)
    tls = tls or load(TlsSettings)
    credentials = server_credentials(tls) if tls.certificate else None
    server = grpc.aio.server(interceptors=[*standard(), *map(Interceptor, arounds)], options=_options(settings))
    recorder = _Recorder(server)
    add_servicers(recorder)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if settings.reflection:
        names = (*recorder.names, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    try:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise AddressInUse(address=address, cause=str(error)) from error
    await server.start()
    for name in ("", *recorder.names):
        await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    bound = address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
    log.info("serving", address=bound, services=recorder.names, tls=credentials is not None)
    return Server(server, checks, bound, recorder.names, settings.grace_seconds)


def stop_asked() -> asyncio.Event:
    """Set by SIGTERM or Ctrl-C from now on, on the running event loop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run instead
            loop.add_signal_handler(number, stopped.set)
    return stopped


async def run_until_stopped(start: Callable[[], Awaitable[AbstractAsyncContextManager[object]]]) -> None:
    """Starts, waits for SIGTERM or Ctrl-C, stops with grace."""
    stopped = stop_asked()
    async with await start():
        await stopped.wait()
        log.info("stopping")


def run_process(component: str, start: Callable[[], Awaitable[Server]]) -> None:
    """The whole of `python -m services.<component>`; an error of the table ends it with its sentence."""
    try:
        logs.configure()
        tracing.configure(component)
        say_build(component)
        with served(load(MetricsSettings).address):
            asyncio.run(run_until_stopped(start))
    except SelvageError as error:
        sys.exit(error.message)
    finally:
        tracing.close()


def _options(settings: RpcSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # two servers on one port is a mistake, not a feature
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.max_connection_age_ms", settings.max_connection_age_seconds * 1000),
        ("grpc.max_connection_age_grace_ms", LONGEST_CALL_SECONDS * 1000),
        # Permits the keepalive pings of our clients; the default answers them with too_many_pings.
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
