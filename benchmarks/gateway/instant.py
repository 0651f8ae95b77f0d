# ruff: noqa: N802, ARG002 - methods and arguments are those of gRPC
"""Segment, matting and compose that answer at once, with references to objects nobody made.

`python -m benchmarks.gateway.instant` serves all three in a process of its own and prints the address.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import grpc.aio

from selvage_api.compose.v1 import compose_service_pb2, compose_service_pb2_grpc
from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2, matting_service_pb2_grpc
from selvage_api.segment.v1 import segment_service_pb2, segment_service_pb2_grpc

NUMBERS = matting_service_pb2.MatteNumbers(
    status="ok", solver="none", foreground_share=0.3, unknown_share=0.02, band_confidence=0.97, doubtful_share=0.01,
    subjects=1, frame_touch=[0, 0, 0, 0], edge_contrast=0.4, width=3000, height=2000,
)  # fmt: skip


def _made(prefix: str, name: str) -> images_pb2.ObjectRef:
    key = f"{prefix}/{name}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    return images_pb2.ObjectRef(key=key, sha256=digest, size_bytes=1, media_type="image/png")


class Segment(segment_service_pb2_grpc.SegmentServiceServicer):
    async def Describe(self, request: Any, context: Any) -> Any:
        profile = segment_service_pb2.Profile(name="none", kind="paper")
        return segment_service_pb2.DescribeResponse(fingerprint="1", default_profile="none", profiles=[profile])

    async def EstimatePlate(self, request: Any, context: Any) -> Any:
        numbers = segment_service_pb2.PlateNumbers(kind="photo", usable=True, inlier_share=0.9)
        return segment_service_pb2.EstimatePlateResponse(plate=_made(request.output_prefix, "plate"), numbers=numbers)

    async def Segment(self, request: Any, context: Any) -> Any:
        return segment_service_pb2.SegmentResponse(
            alpha=_made(request.output_prefix, "alpha"),
            confidence=_made(request.output_prefix, "confidence"),
            profile=request.profile,
            model_version="1",
            numbers=segment_service_pb2.SegmentNumbers(foreground_share=0.3, mean_confidence=0.98),
        )


class Matting(matting_service_pb2_grpc.MattingServiceServicer):
    async def Describe(self, request: Any, context: Any) -> Any:
        return matting_service_pb2.DescribeResponse(fingerprint="1", solvers=["none"], default_solver="none")

    async def Matte(self, request: Any, context: Any) -> Any:
        roles: dict[str, Any] = {
            role: _made(request.output_prefix, role) for role in ("alpha", "confidence", "trimap", "cutout")
        }
        return matting_service_pb2.MatteResponse(numbers=NUMBERS, **roles)


class Compose(compose_service_pb2_grpc.ComposeServiceServicer):
    async def Describe(self, request: Any, context: Any) -> Any:
        template = compose_service_pb2.Template(name="plain", revision=1, digest="d" * 64)
        return compose_service_pb2.DescribeResponse(fingerprint="1", default_template="plain", templates=[template])

    async def Compose(self, request: Any, context: Any) -> Any:
        names = ("psd", "export:large", "export:medium", "export:small")
        return compose_service_pb2.ComposeResponse(
            files=[
                images_pb2.ImageFile(name=name, object=_made(request.output_prefix, name), file_name=name)
                for name in names
            ],
            numbers=compose_service_pb2.ComposeNumbers(template=request.template, scale=0.8, shadow="none"),
        )


async def serve() -> None:
    """Without what our services put around their calls: it would be their time, not the gateway's."""
    server = grpc.aio.server()
    segment_service_pb2_grpc.add_SegmentServiceServicer_to_server(Segment(), server)
    matting_service_pb2_grpc.add_MattingServiceServicer_to_server(Matting(), server)
    compose_service_pb2_grpc.add_ComposeServiceServicer_to_server(Compose(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve())
