"""Wires the gateway: database, engine, handlers, gRPC, REST and workers on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from selvage_api.access.v1 import access_service_pb2_grpc
from selvage_api.files.v1 import files_service_pb2_grpc
from selvage_api.jobs.v1 import jobs_service_pb2_grpc
from selvage_api.reports.v1 import reports_service_pb2_grpc
from selvage_api.review.v1alpha1 import review_service_pb2_grpc
from selvage_api.shoots.v1 import shoots_service_pb2_grpc
from selvage_api.webhooks.v1 import webhooks_service_pb2_grpc
from services.kit import logs, metrics, pictures, rpc, usage
from services.kit.errors import SelvageError
from services.kit.settings import load, load_all
from services.kit.store import ObjectStore, StoreSettings, open_store

from . import background, db, embedded, engine, gauges
from .access.guard import Guard
from .access.handlers import Access
from .access.keyring import Keyring
from .access.principal import Role
from .access.quotas import Quotas
from .access.settings import AccessSettings
from .changes import Changes
from .cutouts.maker import Maker
from .cutouts.settings import CutoutSettings
from .db import Database
from .engine import Engine, WorkerPace
from .fetch import Fetcher, FetchSettings
from .files.direct import DirectUploads
from .files.handlers import Files
from .files.settings import FilesSettings
from .jobs import Jobs
from .ledger import mirror, prices
from .ledger.collector import Collector
from .ledger.downloads import Downloads
from .ledger.handlers import Reports
from .ledger.settings import LedgerSettings
from .pipeline import Pipeline
from .removebg.handlers import RemoveBg
from .rest.access import AccessRoutes
from .rest.app import RestServer, build
from .rest.bodies import BODY_LIMIT
from .rest.cutouts import CutoutRoutes
from .rest.files_routes import FilesRoutes
from .rest.health import Health
from .rest.openapi.routes import OpenApi
from .rest.operation import Operation
from .rest.removebg import RemoveBgRoutes
from .rest.reports import ReportRoutes
from .rest.routes import Routes
from .rest.shoots import ShootRoutes
from .rest.webhooks import WebhookRoutes
from .retention.loop import Retention
from .retention.settings import RetentionSettings
from .review import Review
from .runner import Runner
from .servicers.access import AccessServicer
from .servicers.files import FilesServicer
from .servicers.guard import guarding
from .servicers.jobs import JobsServicer
from .servicers.reports import ReportsServicer
from .servicers.review import ReviewServicer
from .servicers.shoots import ShootsServicer
from .servicers.webhooks import WebhooksServicer
from .services import Services
from .settings import GatewaySettings, HomeSettings
from .shoots.handlers import Shoots
from .shoots.plates import Plates
from .stages import Tools
from .uploads import Uploads
from .webhooks.deliver import Deliverer
from .webhooks.endpoints import Webhooks
from .webhooks.settings import WebhookSettings
from .webhooks.vault import Vault

log = logs.get(__name__)

GIVING_BACK_SECONDS = 10.0


@dataclass
class Gateway:
    """A running gateway. Addresses are host:port with real ports, '' for what this role does not serve."""

    grpc_address: str = ""
    rest_address: str = ""
    database_url: str = field(default="", repr=False)
    operations: list[Operation] = field(default_factory=list, repr=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)

    async def stop(self) -> None:
        """In reverse order of the start: no new requests, running images given back, database left. Twice is once."""
        await self._stack.aclose()

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


async def start(
    settings: GatewaySettings,
    store: ObjectStore | None = None,
    home: HomeSettings | None = None,
    *,
    access: AccessSettings | None = None,
    tls: rpc.TlsSettings | None = None,
    files: FilesSettings | None = None,
    webhooks: WebhookSettings | None = None,
    fetch: FetchSettings | None = None,
    cutouts: CutoutSettings | None = None,
    ledger: LedgerSettings | None = None,
    retention: RetentionSettings | None = None,
) -> Gateway:
    """Starts what the role asks for. Without `store` the one of SELVAGE_STORE_* is opened.

    Raises DatabaseNotStarted, DatabaseUnavailable, AddressInUse, OpenToTheNetwork, PricesInvalid, PricesChanged and what
    the store raises.
    """
    usage.meter().overhead_thread()
    access = access or load(AccessSettings)
    ledger = ledger or load(LedgerSettings)
    tls = tls or load(rpc.TlsSettings)
    serving = settings.role in ("serve", "both")
    # A worker answers health and metrics only.
    keys_required = serving and access.required(settings.grpc_address, settings.rest_address)
    gateway = Gateway()
    async with gateway._stack as stack:
        database = await _database(gateway, settings, home or HomeSettings())
        queue = Engine(
            database,
            WorkerPace(
                heartbeat=settings.heartbeat_seconds, stalled=settings.stalled_seconds, grace=settings.grace_seconds
            ),
        )
        await queue.open()
        if store is None:
            store = await asyncio.to_thread(open_store, StoreSettings())
        kept = Retention(database, store, retention or load(RetentionSettings))
        _background(stack, kept.sweep_forever(), "retention", GIVING_BACK_SECONDS)
        _background(stack, kept.fold_forever(), "bytes")
        services = Services(settings, tls)
        stack.push_async_callback(services.close)
        reports, downloads = await _ledger(stack, database, ledger, services if serving else None)
        hooks, deliverer = _webhooks(stack, database, webhooks or load(WebhookSettings))
        if settings.role in ("work", "both"):
            pipeline = Pipeline.build(database, _tools(database, services, store, settings))
            runner = Runner(database, pipeline, settings)
            metrics.RUN_SLOTS.set(settings.workers)
            _background(stack, queue.rescue_forever(), "rescue")
            # Within the grace period running images may end, after it they are given back.
            patience = settings.grace_seconds + GIVING_BACK_SECONDS
            _background(stack, queue.work(runner, settings.workers), "worker", patience)
            _background(stack, deliverer.run_forever(), "webhooks", GIVING_BACK_SECONDS)
        changes = Changes(gateway.database_url)
        keyring = Keyring(database, access)
        quotas = Quotas(database, access)
        guard = Guard(keyring if keys_required else None, quotas)
        stack.push_async_callback(_noted, keyring)
        admin = Access(database, keyring, quotas)
        closed = keys_required and not access.open_metrics
        operations = Health(_readiness(database, services), tuple(Role) if closed else ()).table()
        if serving:
            photos = _files(database, store, quotas, files or load(FilesSettings), downloads)
            operations += await _serve(
                gateway, settings, database, queue, store, changes, services, guard, quotas, admin, tls, hooks, photos,
                fetch or load(FetchSettings), cutouts or load(CutoutSettings), reports,
            )  # fmt: skip
            _background(stack, photos.direct.sweep_forever(), "uploads")
            _background(stack, keyring.note_forever(), "key use")
            _background(stack, gauges.refresh_forever(database, queue, services, settings.promised_seconds), "gauges")
        operations += OpenApi(operations).table()
        rest = RestServer(build(operations, guard), settings.rest_address, settings.grace_seconds, tls)
        await rest.start()
        stack.push_async_callback(rest.stop)
        # Before the servers stop, watches must end, or they would wait for them.
        stack.push_async_callback(changes.close)
        gateway.rest_address = rest.address
        gateway.operations = operations
        metrics.BUILD.labels(_version(), f"gateway-{settings.role}").set(1)
        gateway._stack = stack.pop_all()
    log.info("gateway_started", role=settings.role, grpc=gateway.grpc_address, rest=gateway.rest_address)
    return gateway


async def _database(gateway: Gateway, settings: GatewaySettings, home: HomeSettings) -> Database:
    url = settings.database_url
    if not url:
        server = await asyncio.to_thread(embedded.start, home.home / "postgres")
        gateway._stack.push_async_callback(asyncio.to_thread, server.leave)
        url = server.url
    gateway.database_url = url
    database = Database(url, settings.database_connections)
    await database.open()
    gateway._stack.push_async_callback(database.close)
    applied = await db.migrate(database, engine.pending, db.pending)
    if applied:
        log.info("migrated", migrations=len(applied))
    return database


async def _serve(
    gateway: Gateway,
    settings: GatewaySettings,
    database: Database,
    queue: Engine,
    store: ObjectStore,
    changes: Changes,
    services: Services,
    guard: Guard,
    quotas: Quotas,
    access: Access,
    tls: rpc.TlsSettings,
    webhooks: Webhooks,
    files: Files,
    fetch: FetchSettings,
    cutouts: CutoutSettings,
    reports: Reports,
) -> list[Operation]:
    """Starts gRPC; the operations for REST."""
    await changes.start()
    gateway._stack.push_async_callback(changes.close)
    jobs = Jobs(database, queue, store, changes, services, settings, quotas)
    review = Review(database, queue, settings.promised_seconds)
    shoots = Shoots(database, store)

    def add_servicers(server: Any) -> None:
        jobs_service_pb2_grpc.add_JobsServiceServicer_to_server(JobsServicer(jobs), server)
        review_service_pb2_grpc.add_ReviewServiceServicer_to_server(ReviewServicer(review), server)
        access_service_pb2_grpc.add_AccessServiceServicer_to_server(AccessServicer(access), server)
        files_service_pb2_grpc.add_FilesServiceServicer_to_server(FilesServicer(files), server)
        shoots_service_pb2_grpc.add_ShootsServiceServicer_to_server(ShootsServicer(shoots), server)
        webhooks_service_pb2_grpc.add_WebhooksServiceServicer_to_server(WebhooksServicer(webhooks), server)
        reports_service_pb2_grpc.add_ReportsServiceServicer_to_server(ReportsServicer(reports), server)

    server = await rpc.serve(
        add_servicers, settings.grpc_address, _large_requests(), arounds=[rpc.first_span, guarding(guard)], tls=tls
    )
    gateway._stack.push_async_callback(server.stop)
    gateway.grpc_address = server.address
    return (
        Routes(jobs, review).table()
        + FilesRoutes(files).table()
        + AccessRoutes(access).table()
        + WebhookRoutes(webhooks).table()
        + ReportRoutes(reports).table()
        + ShootRoutes(shoots).table()
        + _cutouts(database, store, services, jobs, files, quotas, fetch, cutouts)
    )


def _cutouts(
    database: Database,
    store: ObjectStore,
    services: Services,
    jobs: Jobs,
    files: Files,
    quotas: Quotas,
    fetch: FetchSettings,
    settings: CutoutSettings,
) -> list[Operation]:
    uploads = files.uploads
    maker = Maker(database, store, services, jobs, uploads, files.downloads, settings.seconds)
    fetcher = Fetcher(fetch, uploads.limit)
    removebg = RemoveBgRoutes(maker, RemoveBg(database, store, quotas), fetcher, settings, uploads.limit)
    return CutoutRoutes(maker, fetcher, settings, uploads.limit).table() + removebg.table()


def _files(
    database: Database, store: ObjectStore, quotas: Quotas, settings: FilesSettings, downloads: Downloads
) -> Files:
    uploads = Uploads(database, store, pictures.current_limits().bytes, quotas)
    direct = DirectUploads(database, store, uploads, quotas, settings)
    return Files(database, store, uploads, direct, settings, downloads)


async def _ledger(
    stack: AsyncExitStack, database: Database, settings: LedgerSettings, services: Services | None
) -> tuple[Reports, Downloads]:
    """Starts what books. Without `services`, as in a worker, only this process's own use."""
    price_list = await asyncio.to_thread(prices.read, settings.prices)
    async with database.transaction() as connection:
        await prices.keep(connection, price_list)
    downloads = Downloads(database)
    stack.push_async_callback(downloads.finish)
    collector = Collector(database, settings, services)
    _background(stack, collector.use_forever(), "use")
    if services is not None:
        _background(stack, downloads.book_forever(settings.collect_seconds), "egress")
        _background(stack, collector.days_forever(), "ledger")
        _background(stack, mirror.refresh_forever(database), "cost series")
    return Reports(database, price_list.baseline), downloads


def _webhooks(stack: AsyncExitStack, database: Database, settings: WebhookSettings) -> tuple[Webhooks, Deliverer]:
    vault = Vault(settings.key)
    deliverer = Deliverer(database, vault, settings)
    stack.push_async_callback(deliverer.close)
    return Webhooks(database, deliverer, vault, settings), deliverer


def _large_requests() -> rpc.RpcSettings:
    """A job may name thousands of photos, over gRPC as over REST."""
    usual = load(rpc.RpcSettings)
    return usual.model_copy(update={"max_message_bytes": max(usual.max_message_bytes, BODY_LIMIT)})


def _tools(database: Database, services: Services, store: ObjectStore, settings: GatewaySettings) -> Tools:
    return Tools(services, store, Plates(database, services, store), settings.gate, settings.promised_seconds)


def _background(stack: AsyncExitStack, work: Any, name: str, patience: float = 0.5) -> None:
    """A task that is ended when the stack unwinds."""
    stack.push_async_callback(background.end, asyncio.create_task(work, name=name), patience)


async def _noted(keyring: Keyring) -> None:
    """What a gateway that stops knows of the use of keys."""
    with contextlib.suppress(SelvageError):
        await keyring.note()


def _readiness(database: Database, services: Services) -> Callable[[], Awaitable[dict[str, str]]]:
    async def parts() -> dict[str, str]:
        try:
            async with database.transaction() as connection:
                await connection.execute("SELECT 1")
            state = "ok"
        except SelvageError as error:
            state = error.message
        return {"database": state} | await services.reachable()

    return parts


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("selvage")
    except PackageNotFoundError:
        return "source"


async def run() -> None:
    """`python -m gateway`: until SIGTERM or Ctrl-C."""
    settings, home, store, access, tls, files, webhooks, fetch, cutouts, ledger, retention = load_all(
        GatewaySettings,
        HomeSettings,
        StoreSettings,
        AccessSettings,
        rpc.TlsSettings,
        FilesSettings,
        WebhookSettings,
        FetchSettings,
        CutoutSettings,
        LedgerSettings,
        RetentionSettings,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run instead
            loop.add_signal_handler(number, stopped.set)
    async with await start(
        settings,
        await asyncio.to_thread(open_store, store),
        home,
        access=access,
        tls=tls,
        files=files,
        webhooks=webhooks,
        fetch=fetch,
        cutouts=cutouts,
        ledger=ledger,
        retention=retention,
    ):
        await stopped.wait()
        log.info("stopping")
