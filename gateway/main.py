"""Wires the gateway: database, engine, handlers, gRPC, REST and workers on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from services.kit import logs, metrics, rpc, usage
from services.kit.errors import SelvageError
from services.kit.metrics.serve import say_build
from services.kit.settings import load
from services.kit.store import ObjectStore, open_store

from . import db, embedded, engine, gauges, mending
from .access.guard import Guard
from .access.keyring import Keyring
from .access.principal import Role
from .access.quotas import Quotas
from .changes import Changes
from .configuration import Configuration
from .db import Database
from .engine import Engine, WorkerPace
from .ledger import mirror, prices
from .ledger.collector import Collector
from .ledger.downloads import Downloads
from .ledger.handlers import Reports
from .pipeline import Pipeline
from .rest.app import RestServer, build
from .rest.bodies import BODY_LIMIT
from .rest.health import Health
from .rest.openapi.routes import OpenApi
from .rest.operation import Operation
from .retention.loop import Retention
from .runner import Runner
from .servicers.guard import guarding
from .services import Services
from .settings import GatewaySettings, HomeSettings
from .shared import Shared, run_behind
from .shoots.plates import Plates
from .stages import Tools
from .surface import Surface
from .webhooks.deliver import Deliverer
from .webhooks.endpoints import Webhooks
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
    settings: GatewaySettings | None = None,
    store: ObjectStore | None = None,
    home: HomeSettings | None = None,
    **given: Any,
) -> Gateway:
    """Starts what the role asks for. `given`: further settings by the names of Configuration; what is missing is read
    from the environment. Without `store` the one of SELVAGE_STORE_* is opened.

    Raises SettingsInvalid, DatabaseNotStarted, DatabaseUnavailable, AddressInUse, OpenToTheNetwork, PricesInvalid,
    PricesChanged and what the store raises.
    """
    usage.meter().overhead_thread()
    configuration = Configuration.load(gateway=settings, home=home, **given)
    settings = configuration.gateway
    # A worker answers health and metrics only.
    keys_required = configuration.serving and configuration.access.required(
        settings.grpc_address, settings.rest_address
    )
    gateway = Gateway()
    async with gateway._stack as stack:
        shared = await _shared(gateway, configuration, store, keys_required=keys_required)
        kept = Retention(shared.database, shared.store, configuration.retention)
        shared.background(kept.sweep_forever(), "retention", GIVING_BACK_SECONDS)
        shared.background(kept.fold_forever(), "bytes")
        if configuration.working:
            _work(shared)
        stack.push_async_callback(_noted, shared.keyring)
        closed = keys_required and not configuration.access.open_metrics
        operations = Health(shared.readiness(), tuple(Role) if closed else ()).table()
        if configuration.serving:
            operations += await _serve(gateway, shared)
        operations += OpenApi(operations).table()
        rest = RestServer(
            build(operations, shared.guard), settings.rest_address, settings.grace_seconds, configuration.tls
        )
        await rest.start()
        stack.push_async_callback(rest.stop)
        # Before the servers stop, watches must end, or they would wait for them.
        stack.push_async_callback(shared.changes.close)
        gateway.rest_address = rest.address
        gateway.operations = operations
        say_build(f"gateway-{settings.role}")
        gateway._stack = stack.pop_all()
    log.info("gateway_started", role=settings.role, grpc=gateway.grpc_address, rest=gateway.rest_address)
    return gateway


async def _shared(
    gateway: Gateway, configuration: Configuration, store: ObjectStore | None, *, keys_required: bool
) -> Shared:
    """What every role has, in the order in which each needs the ones before."""
    stack, settings = gateway._stack, configuration.gateway
    database = await _database(gateway, configuration)
    pace = WorkerPace(
        heartbeat=settings.heartbeat_seconds, stalled=settings.stalled_seconds, grace=settings.grace_seconds
    )
    queue = Engine(database, pace)
    await queue.open()
    if store is None:
        store = await asyncio.to_thread(open_store, configuration.store)
    services = Services(settings, configuration.tls)
    stack.push_async_callback(services.close)
    reports, downloads = await _ledger(stack, database, configuration, services)
    vault = Vault(configuration.webhooks.key)
    deliverer = Deliverer(database, vault, configuration.webhooks)
    stack.push_async_callback(deliverer.close)
    keyring, quotas = Keyring(database, configuration.access), Quotas(database, configuration.access)
    return Shared(
        stack=stack,
        settings=configuration,
        database=database,
        queue=queue,
        store=store,
        services=services,
        changes=Changes(gateway.database_url),
        keyring=keyring,
        quotas=quotas,
        guard=Guard(keyring if keys_required else None, quotas),
        webhooks=Webhooks(database, deliverer, vault, configuration.webhooks),
        deliverer=deliverer,
        reports=reports,
        downloads=downloads,
    )


async def _database(gateway: Gateway, configuration: Configuration) -> Database:
    settings = configuration.gateway
    url = settings.database_url
    if not url:
        server = await asyncio.to_thread(embedded.start, configuration.home.home / "postgres")
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


async def _ledger(
    stack: AsyncExitStack, database: Database, configuration: Configuration, services: Services
) -> tuple[Reports, Downloads]:
    """Starts what books; a worker books only its own use."""
    settings = configuration.ledger
    price_list = await asyncio.to_thread(prices.read, settings.prices)
    async with database.transaction() as connection:
        await prices.keep(connection, price_list)
    downloads = Downloads(database)
    stack.push_async_callback(downloads.finish)
    collector = Collector(database, settings, services if configuration.serving else None)
    run_behind(stack, collector.use_forever(), "use")
    if configuration.serving:
        run_behind(stack, downloads.book_forever(settings.collect_seconds), "egress")
        run_behind(stack, collector.days_forever(), "ledger")
        run_behind(stack, mirror.refresh_forever(database), "cost series")
    return Reports(database, price_list.baseline), downloads


def _work(shared: Shared) -> None:
    """Runs images and sends webhooks."""
    settings = shared.settings.gateway
    plates = Plates(shared.database, shared.services, shared.store)
    tools = Tools(
        shared.services,
        shared.store,
        plates,
        settings.gate,
        settings.promised_seconds,
        hero_solver=settings.hero_solver,
    )
    pipeline = Pipeline.build(shared.database, tools)
    runner = Runner(shared.database, pipeline, settings)
    metrics.RUN_SLOTS.set(settings.workers)
    shared.background(shared.queue.rescue_forever(), "rescue")
    shared.background(mending.mend_forever(shared.database, shared.queue), "mending")
    # Within the grace period running images may end, after it they are given back.
    patience = settings.grace_seconds + GIVING_BACK_SECONDS
    shared.background(shared.queue.work(runner, settings.workers, pipeline.records), "worker", patience)
    shared.background(shared.deliverer.run_forever(), "webhooks", GIVING_BACK_SECONDS)


async def _serve(gateway: Gateway, shared: Shared) -> list[Operation]:
    """Starts gRPC; the operations for REST."""
    settings = shared.settings.gateway
    await shared.changes.start()
    shared.stack.push_async_callback(shared.changes.close)
    surface = Surface.of(shared)
    server = await rpc.serve(
        surface.add_servicers,
        settings.grpc_address,
        _large_requests(),
        arounds=[rpc.first_span, guarding(shared.guard)],
        tls=shared.settings.tls,
    )
    shared.stack.push_async_callback(server.stop)
    gateway.grpc_address = server.address
    shared.background(surface.files.direct.sweep_forever(), "uploads")
    shared.background(shared.keyring.note_forever(), "key use")
    shared.background(
        gauges.refresh_forever(shared.database, shared.queue, shared.services, settings.promised_seconds), "gauges"
    )
    return surface.operations()


def _large_requests() -> rpc.RpcSettings:
    """A job may name thousands of photos, over gRPC as over REST."""
    usual = load(rpc.RpcSettings)
    return usual.model_copy(update={"max_message_bytes": max(usual.max_message_bytes, BODY_LIMIT)})


async def _noted(keyring: Keyring) -> None:
    """What a gateway that stops knows of the use of keys."""
    with contextlib.suppress(SelvageError):
        await keyring.note()


async def run() -> None:
    """`python -m gateway`: until SIGTERM or Ctrl-C."""
    await rpc.run_until_stopped(start)
