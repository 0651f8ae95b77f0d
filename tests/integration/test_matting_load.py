"""The matting service under load and without patience: who waits, and what stops when nobody waits any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import numpy as np
import pytest

from selvage_api.images.v1.images_pb2 import ObjectRef
from selvage_api.matting.v1 import matting_service_pb2 as pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceStub, add_MattingServiceServicer_to_server
from services.kit import metrics, rpc
from services.kit.pictures.encode import png8, png16, png_rgb
from services.kit.rpc.cpu import default_pool
from services.kit.settings import load
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.matting.servicer import MattingServicer
from services.matting.settings import MattingSettings
from tests.parts import photos
from tests.unit.matting import scenes


@dataclass
class Watched:
    """A real store that notes what is read and written, and holds the reader of one key until it is let go."""

    store: ObjectStore
    held: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    read: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def get(self, key: str) -> bytes:
        self.read.append(key)
        if key == self.held:
            self.reached.set()
            assert self.let_go.wait(60)
        return self.store.get(key)

    def put(self, key: str, data: bytes, media_type: str) -> Any:
        self.written.append(key)
        return self.store.put(key, data, media_type)


@dataclass
class Service:
    stub: Any
    store: Watched
    ended: asyncio.Event

    def request(self, photo: bytes | None = None) -> pb.MatteRequest:
        """For a small photo, or the one that is given."""
        scene = scenes.scene(scenes.disc(96))
        prior, belief = scenes.coarse(scene.alpha)
        codes = np.rint(belief * 255).astype(np.uint8)
        files = {"photo": photo or png_rgb(scene.rgb), "alpha": png16(prior), "confidence": png8(codes)}
        folder = "in" if photo is None else "large"
        references = {
            name: ObjectRef(key=self.store.store.put(f"{folder}/{name}", data, "").key) for name, data in files.items()
        }
        return pb.MatteRequest(output_prefix="out", **references)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    store, ended = Watched(open_store(StoreSettings(url=tmp_path.as_uri()))), asyncio.Event()

    @asynccontextmanager
    async def noted(call: rpc.Call) -> AsyncIterator[None]:
        try:
            yield
        finally:
            ended.set()

    def add(server: Any) -> None:
        add_MattingServiceServicer_to_server(MattingServicer(store, MattingSettings()), server)  # type: ignore[arg-type]

    async with await rpc.serve(add, "127.0.0.1:0", arounds=[noted]) as server:
        channel = rpc.connect(server.address)
        yield Service(MattingServiceStub(channel), store, ended)
        store.let_go.set()
        await channel.close()


async def pool(megapixels: float, waiting: int) -> None:
    """Until so much is in work and so many wait."""
    async with asyncio.timeout(120):
        while _pool() != (megapixels, waiting):  # noqa: ASYNC110 - gauges of threads tell nobody when they change
            await asyncio.sleep(0.01)


def _pool() -> tuple[float, float]:
    # Rounded: weights that were added and taken away leave the last bit of a sum behind.
    return round(metrics.CPU_ADMITTED_MEGAPIXELS._value.get(), 6), metrics.CPU_WAITING._value.get()


def grey(width: int, height: int) -> bytes:
    """A plain PNG of this size, small as a file."""
    return photos.png(np.full((height, width), 200, np.uint8), compression=9)


async def test_a_cancelled_call_takes_no_further_step(service: Service) -> None:
    service.store.held = "in/confidence"
    call = service.stub.Matte(service.request())
    running = asyncio.ensure_future(call)
    assert await asyncio.to_thread(service.store.reached.wait, 60)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(service.ended.wait(), 60)
    service.store.let_go.set()
    await pool(0, 0)
    assert service.store.read == ["in/photo", "in/alpha", "in/confidence"]
    assert service.store.written == []


async def test_a_call_past_its_deadline_takes_no_further_step(service: Service) -> None:
    service.store.held = "in/confidence"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await service.stub.Matte(service.request(), timeout=2)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(service.ended.wait(), 60)
    service.store.let_go.set()
    await pool(0, 0)
    assert service.store.read[:2] == ["in/photo", "in/alpha"]
    assert service.store.written == []


async def test_fifty_megapixels_wait_until_there_is_room(service: Service) -> None:
    """Two photos of 24 MP are in work; one of 50 MP begins when both have ended, and a small one does not pass it."""
    assert load(rpc.CpuSettings).megapixels == 60
    gates = threading.Event(), threading.Event()
    working = [asyncio.create_task(default_pool().run(24, gate.wait, 60)) for gate in gates]
    await pool(48, 0)
    large = asyncio.ensure_future(service.stub.Matte(service.request(grey(8660, 5774))))
    await pool(48, 1)
    small = asyncio.ensure_future(service.stub.Matte(service.request()))
    await pool(48, 2)
    gates[0].set()
    await working[0]
    await pool(24, 2)
    assert not {"large/alpha", "in/alpha"} & set(service.store.read), "24 + 50 are more than 60"
    gates[1].set()
    await working[1]
    # It has begun: its maps, which are of another photo, were looked at.
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await large
    assert rpc.from_rpc_error(caught.value).reason == "MAPS_DO_NOT_FIT"
    assert (await small).numbers.status == "ok"
    await pool(0, 0)


async def test_a_photo_that_waits_gives_its_place_back_when_its_caller_goes(service: Service) -> None:
    gate = threading.Event()
    working = asyncio.create_task(default_pool().run(60, gate.wait, 60))
    await pool(60, 0)
    call = service.stub.Matte(service.request())
    waiting = asyncio.ensure_future(call)
    await pool(60, 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await pool(60, 0)
    gate.set()
    await working
    await pool(0, 0)
    assert service.store.read == ["in/photo"]
    assert (await service.stub.Matte(service.request())).numbers.status == "ok"
