"""Every gRPC method of the gateway: valid, invalid, repeated, late and cancelled calls, from the table of methods/."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import psycopg
import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from psycopg import sql

from services.kit import rpc
from tests.contract.gateway.method_table import OTHER, SAME, Make, Request, Row, Scene, refused
from tests.contract.gateway.methods import SERVICES
from tests.parts.house import House

# A server refuses to begin with less than 10 ms left.
TOO_LATE_SECONDS = 0.004
ANSWER_SECONDS = 20.0
# Within this the server has noticed that its client hung up.
HANG_UP_SECONDS = 3.0


@pytest.fixture
async def scene(house: House) -> Scene:
    job = await house.ended((await house.job(1, 2)).job_id)
    return Scene(house, job, await house.images(job.job_id))


async def served(address: str) -> list[str]:
    """The services a gateway says it has, but for gRPC's own."""
    async with grpc.aio.insecure_channel(address) as channel:
        asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        answers = [answer async for answer in stub.ServerReflectionInfo(asked)]
    names = [service.name for service in answers[0].list_services_response.service]
    return [name for name in names if not name.startswith("grpc.")]


def method(service: str, name: str) -> MethodDescriptor:
    return descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]


async def test_every_method_of_every_service_has_a_row(house: House) -> None:
    assert sorted(await served(house.gateway.grpc_address)) == sorted(SERVICES)
    for service, rows in SERVICES.items():
        methods = descriptor_pool.Default().FindServiceByName(service).methods_by_name
        assert [row.name for row in rows] == list(dict.fromkeys(row.name for row in rows))
        assert {row.name for row in rows} == set(methods)
        assert [row.name for row in rows if not row.invalid] == []


CASES = [pytest.param(service, row, id=f"{service.rpartition('.')[2]}.{row.name}")
         for service, rows in SERVICES.items() for row in rows]  # fmt: skip


@pytest.mark.parametrize(("service", "row"), CASES)
async def test_method(service: str, row: Row, scene: Scene) -> None:
    async with rpc.connect(scene.house.gateway.grpc_address) as channel:
        caller = Caller(channel, method(service, row.name))
        await invalid(caller, row, scene)
        await late(caller, row, scene)
        await cancelled(caller, row, scene)
        await valid_and_again(caller, row, scene)


class Caller:
    """Calls one method, whichever of the four kinds it is."""

    def __init__(self, channel: grpc.aio.Channel, described: MethodDescriptor) -> None:
        kinds = {
            (False, False): channel.unary_unary, (False, True): channel.unary_stream,
            (True, False): channel.stream_unary, (True, True): channel.stream_stream,
        }  # fmt: skip
        self._call = kinds[described.client_streaming, described.server_streaming](
            f"/{described.containing_service.full_name}/{described.name}",
            request_serializer=message_factory.GetMessageClass(described.input_type).SerializeToString,
            response_deserializer=message_factory.GetMessageClass(described.output_type).FromString,
        )
        self._streams = described.server_streaming

    async def __call__(self, request: Request, seconds: float = ANSWER_SECONDS) -> Any:
        """The answer, or the list of a stream's messages."""
        sent = request if isinstance(request, Message) else iter(request)
        call = self._call(sent, timeout=seconds)
        try:
            return [message async for message in call] if self._streams else await call
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if isinstance(request, Message) or task is None or task.cancelling():
                raise
            # Nobody cancelled it but grpc.aio: about one client stream in a hundred whose deadline passes between two
            # messages is cancelled by the library, which then does not say that it was late. Ask again.
            return await self(request, seconds)


async def invalid(call: Caller, row: Row, scene: Scene) -> None:
    for make, expected in row.invalid:
        assert await refused(call(await made(make, scene))) == expected


async def late(call: Caller, row: Row, scene: Scene) -> None:
    """A call that comes too late is told so, and nothing of it is done."""
    request = await row.valid(scene)
    before = await settled(scene.house)
    for seconds in (TOO_LATE_SECONDS, 0):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(request, seconds)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await state(scene.house) == before


async def cancelled(call: Caller, row: Row, scene: Scene) -> None:
    """The client hangs up while the database is busy: nothing of the call is done, and the next one is served."""
    request = await row.valid(scene)
    before = await settled(scene.house)
    async with all_tables_locked(scene.house) as waiting:
        idle = await waiting()
        task = asyncio.create_task(call(request))
        async with asyncio.timeout(ANSWER_SECONDS):
            while not task.done() and not await waiting() - idle:
                pass
        held = await waiting()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() or row.refused is not None
        with contextlib.suppress(TimeoutError):  # it was refused before it came to the database
            async with asyncio.timeout(HANG_UP_SECONDS):
                while held and held <= await waiting():
                    pass
    assert await state(scene.house) == before


async def valid_and_again(call: Caller, row: Row, scene: Scene) -> None:
    request = await row.valid(scene)
    if row.refused is not None:
        assert await refused(call(request)) == row.refused
        return
    first = await call(request)
    if isinstance(row.again, tuple):
        assert await refused(call(request)) == row.again
        return
    second = await call(request)
    if row.again == SAME:
        assert row.compared(second) == row.compared(first)
    else:
        assert row.again == OTHER
        assert row.compared(second) != row.compared(first)


async def made(make: Make | Request, scene: Scene) -> Request:
    return await make(scene) if callable(make) else make


# --- the database, as a witness --------------------------------------------------------------------------------------

# What changes by itself: the tables of the engine and the turns of shops.
RESTLESS = ("procrastinate_%", "turns", "schema_migrations")


async def state(house: House) -> dict[str, str]:
    """A digest of every table's rows."""
    async with await psycopg.AsyncConnection.connect(house.gateway.database_url) as connection:
        digests = {}
        for name in await tables(connection):
            query = sql.SQL("SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} t")
            row = await (await connection.execute(query.format(sql.Identifier(name)))).fetchone()
            assert row is not None
            digests[name] = row[0]
    return digests


async def settled(house: House) -> dict[str, str]:
    """The state once it stands still: what images in progress have passed is recorded a moment later."""
    found = await state(house)
    while True:
        await asyncio.sleep(0.4)
        before, found = found, await state(house)
        if found == before:
            return found


async def tables(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    cursor = await connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename LIKE ANY(%s) ORDER BY 1",
        [list(RESTLESS)],
    )
    return [row[0] for row in await cursor.fetchall()]


@contextlib.asynccontextmanager
async def all_tables_locked(house: House) -> AsyncIterator[Any]:
    """Yields a question: which connections wait for the locks? Some may be loops of the gateway itself."""
    connect = psycopg.AsyncConnection.connect
    async with await connect(house.gateway.database_url) as holder, await connect(
        house.gateway.database_url, autocommit=True
    ) as watcher:  # fmt: skip
        names = sql.SQL(", ").join(map(sql.Identifier, await tables(holder)))
        await holder.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))

        async def waiting() -> set[int]:
            await watcher.execute("SELECT pg_sleep(0.02)")
            cursor = await watcher.execute(
                "SELECT pid FROM pg_locks WHERE NOT granted AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            return {row[0] for row in await cursor.fetchall()}

        yield waiting
        await holder.rollback()
