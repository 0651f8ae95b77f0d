"""Segment, matting and compose as small real gRPC services: they speak the protos and keep objects in the real store,
but their pixel work is a threshold. Gateway tests use them so that they do not depend on the other rooms.

`Behaviour` lets a test make a call fail, wait or answer other numbers; it counts calls.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from selvage_api.compose.v1 import compose_service_pb2, compose_service_pb2_grpc
from selvage_api.images.v1 import images_pb2, use_pb2
from selvage_api.matting.v1 import matting_service_pb2, matting_service_pb2_grpc
from selvage_api.segment.v1 import segment_service_pb2, segment_service_pb2_grpc
from services.compose.catalogue import Catalogue
from services.compose.servicer import ComposeServicer as RealCompose
from services.kit import pictures, rpc
from services.kit.pictures import encode
from services.kit.store import ObjectStore
from services.kit.version import version

SURE = matting_service_pb2.MatteNumbers(
    status="ok", solver="threshold", foreground_share=0.3, unknown_share=0.02, band_confidence=0.97,
    doubtful_share=0.01, subjects=1, frame_touch=[0, 0, 0, 0], edge_contrast=0.4,
)  # fmt: skip


def _as_they_are(_of: Any, _numbers: Any) -> None:
    return None


@dataclass
class Behaviour:
    """What a test asks of the services. Methods: segment, plate, matte, compose, render."""

    fingerprint: str = "test-1"
    version: str = field(default_factory=version)
    # Errors to raise by method, one a call, then it works.
    fail: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    # The call waits until the event is set.
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    begun: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    # Changes the numbers of one photo, by its SHA-256.
    numbers: Callable[[str, matting_service_pb2.MatteNumbers], None] = _as_they_are
    # Changes the numbers of a shoot's plate, and of one at a photo's exposure.
    shoot: Callable[[Any, segment_service_pb2.PlateNumbers], None] = _as_they_are
    scale: float = 0.8
    # CPU seconds each method says to have used; none is said for 0.
    cpu: dict[str, float] = field(default_factory=dict)
    told: int = 0
    compliance: list[compose_service_pb2.ComplianceReport] = field(default_factory=list)

    def use(self, method: str) -> use_pb2.StageUse:
        seconds = self.cpu.get(method, 0.0)
        if not seconds:
            return use_pb2.StageUse()
        self.told += 1
        return use_pb2.StageUse(cpu_seconds=seconds, process="small", sequence=self.told)

    async def begin(self, method: str) -> None:
        self.calls[method] += 1
        self.begun[method].set()
        if method in self.hold:
            await self.hold[method].wait()
        await asyncio.sleep(self.seconds.get(method, 0))
        if self.fail[method]:
            raise self.fail[method].pop(0)


@dataclass
class _Objects:
    store: ObjectStore
    behaviour: Behaviour

    async def read(self, reference: images_pb2.ObjectRef) -> Any:
        data = await asyncio.to_thread(self.store.get, reference.key)
        assert hashlib.sha256(data).hexdigest() == reference.sha256
        return data

    async def keep(self, prefix: str, name: str, data: bytes, media_type: str = "image/png") -> images_pb2.ObjectRef:
        stored = await asyncio.to_thread(self.store.put, f"{prefix}/{name}", data, media_type)
        return images_pb2.ObjectRef(
            key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
        )


class SegmentServicer(_Objects, segment_service_pb2_grpc.SegmentServiceServicer):
    async def Describe(self, request: Any, context: Any) -> Any:
        return segment_service_pb2.DescribeResponse(
            version=self.behaviour.version, fingerprint=self.behaviour.fingerprint, default_profile="threshold",
            profiles=[segment_service_pb2.Profile(name="threshold", kind="paper")],
        )  # fmt: skip

    async def EstimatePlate(self, request: Any, context: Any) -> Any:
        of_shoot = len(request.photos) > 1 or request.empty_frame
        await self.behaviour.begin("shoot plate" if of_shoot else "plate")
        for reference in [*request.photos, *([request.shoot_plate] if request.shoot_plate.key else [])]:
            await self.read(reference)
        numbers = segment_service_pb2.PlateNumbers(kind="photo", usable=True, inlier_share=0.9)
        if of_shoot or request.shoot_plate.key:
            numbers.kind = "shoot"
            self.behaviour.shoot(request, numbers)
        content = b"plate of " + " ".join(sorted(photo.sha256 for photo in request.photos)).encode()
        plate = await self.keep(request.output_prefix, "plate.npz", content, "application/octet-stream")
        return segment_service_pb2.EstimatePlateResponse(plate=plate, numbers=numbers, use=self.behaviour.use("plate"))

    async def Segment(self, request: Any, context: Any) -> Any:
        await self.behaviour.begin("segment")
        rgb = pictures.decode(await self.read(request.photo), long_side=64).rgb
        alpha = np.where(rgb.mean(axis=2) < 128, 65535, 0).astype(np.uint16)
        return segment_service_pb2.SegmentResponse(
            alpha=await self.keep(request.output_prefix, "alpha.png", encode.png16(alpha)),
            confidence=await self.keep(
                request.output_prefix, "confidence.png", encode.png8(np.full(alpha.shape, 250, np.uint8))
            ),
            profile=request.profile,
            model_version="1",
            use=self.behaviour.use("segment"),
            numbers=segment_service_pb2.SegmentNumbers(foreground_share=0.3, mean_confidence=0.98),
        )


class MattingServicer(_Objects, matting_service_pb2_grpc.MattingServiceServicer):
    async def Describe(self, request: Any, context: Any) -> Any:
        return matting_service_pb2.DescribeResponse(
            version=self.behaviour.version,
            fingerprint=self.behaviour.fingerprint,
            solvers=["threshold"],
            default_solver="threshold",
        )

    async def Matte(self, request: Any, context: Any) -> Any:
        await self.behaviour.begin("matte")
        rgb = pictures.decode(await self.read(request.photo)).rgb
        await self.read(request.alpha)
        alpha = np.where(rgb.mean(axis=2) < 128, 255, 0).astype(np.uint8)
        numbers = matting_service_pb2.MatteNumbers()
        numbers.CopyFrom(SURE)
        numbers.solver = request.options.solver
        numbers.width, numbers.height = rgb.shape[1], rgb.shape[0]
        self.behaviour.numbers(request.photo.sha256, numbers)
        prefix = request.output_prefix
        return matting_service_pb2.MatteResponse(
            alpha=await self.keep(prefix, "alpha.png", encode.png16(alpha.astype(np.uint16) * 257)),
            confidence=await self.keep(prefix, "confidence.png", encode.png8(np.full(alpha.shape, 250, np.uint8))),
            trimap=await self.keep(prefix, "trimap.png", encode.png8(alpha)),
            cutout=await self.keep(prefix, "cutout.png", encode.png_rgba(np.dstack([rgb, alpha]))),
            numbers=numbers,
            use=self.behaviour.use("matte"),
        )


class ComposeServicer(_Objects, compose_service_pb2_grpc.ComposeServiceServicer):
    async def Describe(self, request: Any, context: Any) -> Any:
        return compose_service_pb2.DescribeResponse(
            version=self.behaviour.version, fingerprint=self.behaviour.fingerprint, default_template="plain",
            templates=[compose_service_pb2.Template(name="plain", revision=1, digest="d" * 64)],
        )  # fmt: skip

    @cached_property
    def _real(self) -> RealCompose:
        return RealCompose(self.store, Catalogue())

    async def RenderCutout(self, request: Any, context: Any) -> Any:
        """The real one: it draws what the small services above have cut out."""
        await self.behaviour.begin("render")
        return await self._real.RenderCutout(request, context)

    async def Compose(self, request: Any, context: Any) -> Any:
        await self.behaviour.begin("compose")
        rgba = encode.read_rgba(await self.read(request.cutout))
        state = images_pb2.ImageState.Name(request.naming.state).removeprefix("IMAGE_STATE_").lower().replace("_", "-")
        naming = request.naming
        stem = f"{naming.sku}_{naming.image_no}_{naming.date}_{state}"
        height, width = rgba.shape[:2]
        psd = await self.keep(request.output_prefix, "layers.psd", b"8BPS" + stem.encode(), "image/vnd.adobe.photoshop")
        large = await self.keep(request.output_prefix, "large.png", encode.png_rgb(rgba[..., :3].copy()))
        return compose_service_pb2.ComposeResponse(
            files=[
                images_pb2.ImageFile(name="psd", object=psd, file_name=f"{stem}.psd", width=width, height=height),
                images_pb2.ImageFile(
                    name="export:large", object=large, file_name=f"{stem}_large.png", width=width, height=height
                ),
            ],
            numbers=compose_service_pb2.ComposeNumbers(
                template=request.template, scale=self.behaviour.scale, shadow="none"
            ),
            compliance=self.behaviour.compliance,
            use=self.behaviour.use("compose"),
        )


async def serve(store: ObjectStore, behaviour: Behaviour, address: str) -> rpc.Server:
    """All three in one server."""

    def add(server: Any) -> None:
        segment_service_pb2_grpc.add_SegmentServiceServicer_to_server(SegmentServicer(store, behaviour), server)
        matting_service_pb2_grpc.add_MattingServiceServicer_to_server(MattingServicer(store, behaviour), server)
        compose_service_pb2_grpc.add_ComposeServiceServicer_to_server(ComposeServicer(store, behaviour), server)

    return await rpc.serve(add, address)


@asynccontextmanager
async def services(store: ObjectStore, behaviour: Behaviour, address: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """All three in one server; its address."""
    server = await serve(store, behaviour, address)
    try:
        yield server.address
    finally:
        await server.stop(0)
