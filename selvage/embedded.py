"""The whole set in one process on one event loop: three services and the gateway over real gRPC on loopback.

PostgreSQL runs embedded and objects lie in a folder, both under the home folder, unless SELVAGE_GATEWAY_DATABASE_URL
and SELVAGE_STORE_URL point elsewhere.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import gateway.main
from gateway.access.settings import AccessSettings
from gateway.settings import GatewaySettings, HomeSettings
from selvage.errors import PartsDidNotStart
from services.compose import main as compose
from services.kit import logs, tracing
from services.kit.errors import SelvageError
from services.kit.rpc import TlsSettings
from services.kit.settings import load
from services.kit.store import StoreSettings, open_store
from services.matting import main as matting
from services.segment import main as segment

FREE = "127.0.0.1:0"
_SERVICES = {"segment": segment, "matting": matting, "compose": compose}

T = TypeVar("T")

log = logs.get(__name__)


@dataclass(frozen=True)
class Running:
    """Addresses (host:port) of a running set by part, and the libpq URL of its database."""

    rest: str
    grpc: str
    services: dict[str, str]
    database_url: str


def home_folder(home: Path | None) -> Path:
    """The folder asked for, else SELVAGE_HOME, else the user's data folder."""
    return (home or load(HomeSettings).home).expanduser().resolve()


def store_settings(home: Path) -> StoreSettings:
    """The store of SELVAGE_STORE_*; without an address a folder under home."""
    settings = load(StoreSettings)
    return settings if settings.url else load(StoreSettings, url=(home / "store").as_uri())


@asynccontextmanager
async def running(
    home: Path | None = None,
    *,
    workers: int | None = None,
    rest: str = FREE,
    grpc: str = FREE,
    access: AccessSettings | None = None,
    tls: TlsSettings | None = None,
) -> AsyncIterator[Running]:
    """Starts every part on the present event loop and stops them in reverse order.

    workers: photos in progress at once. access, tls: of the gateway; when not given, the set is for this process
    alone and asks for no keys. Its parts speak over loopback without TLS in any case. Raises PartsDidNotStart, or the
    row of the part that named its own trouble.
    """
    folder = home_folder(home)
    store = await asyncio.to_thread(open_store, store_settings(folder))
    tracing.configure("selvage")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, tracing.close)
        addresses = {}
        for name, service in _SERVICES.items():
            server = await _started(name, service.start(address=FREE, store=store, tls=TlsSettings.plain()))
            stack.push_async_callback(server.stop, 2.0)
            addresses[name] = server.address
        asked = {"grpc_address": grpc, "rest_address": rest} | ({"workers": workers} if workers else {})
        settings = load(GatewaySettings, **asked, **{f"{name}_address": at for name, at in addresses.items()})
        starting = gateway.main.start(
            settings,
            store,
            load(HomeSettings, home=folder),
            access=access or load(AccessSettings, keys="off"),
            tls=tls.serving() if tls else TlsSettings.plain(),
        )
        gate = await _started("gateway", starting)
        stack.push_async_callback(gate.stop)
        yield Running(gate.rest_address, gate.grpc_address, addresses, gate.database_url)


class EmbeddedSet:
    """The set on an event loop in a thread of its own, for synchronous callers. Use it in a `with`."""

    def __init__(self, home: Path | None = None, workers: int | None = None) -> None:
        self._home, self._workers = home, workers
        self._started: Future[Running] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._main, name="selvage-set", daemon=True)

    def __enter__(self) -> EmbeddedSet:
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def rest_url(self) -> str:
        return f"http://{self._started.result().rest}"

    @property
    def parts(self) -> Running:
        return self._started.result()

    def _end(self) -> None:
        if self._loop is None:
            self._stop.set()  # interrupted before the loop began: it ends as soon as it has started
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            if self._started.done():
                log.exception("set_ended_badly")
            else:
                self._started.set_exception(error)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with running(self._home, workers=self._workers) as parts:
            self._started.set_result(parts)
            await self._stop.wait()


async def _started(name: str, starting: Awaitable[T]) -> T:
    try:
        return await starting
    except SelvageError:
        raise
    except Exception as error:
        raise PartsDidNotStart(part=name, cause=f"{type(error).__name__}: {error}") from error
