"""Translates between the wire and `pipeline.matte`."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

import numpy as np

from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2 as pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceServicer
from services.kit import paper
from services.kit.boxes import Box
from services.kit.errors import InvalidArgument
from services.kit.fingerprint import fingerprint
from services.kit.pictures import decode, probe
from services.kit.pictures.encode import png8, png16, png_rgb, png_rgba, read_grey
from services.kit.rpc import checkpoint, run_picture, settled
from services.kit.store import ObjectStore
from services.matting.arrays import F32, U8
from services.matting.numbers import MatteNumbers
from services.matting.pipeline import SOLVERS, MatteOptions, MatteResult, matte
from services.matting.settings import MattingSettings
from services.matting.trimap import TrimapOptions

_PNG = "image/png"


class MattingServicer(MattingServiceServicer):
    def __init__(self, store: ObjectStore, settings: MattingSettings) -> None:
        self._store, self._settings = store, settings
        self._fingerprint = fingerprint(
            "services.matting",
            "services.kit.paper",
            "services.kit.pictures",
            extra=settings.model_dump_json(exclude={"address"}),
        )

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeResponse:
        return pb.DescribeResponse(
            version=version("selvage"),
            fingerprint=self._fingerprint,
            solvers=SOLVERS,
            default_solver=self._settings.solver,
        )

    async def Matte(self, request: pb.MatteRequest, context: Any) -> pb.MatteResponse:
        for field in ("photo", "alpha", "confidence"):
            if not getattr(request, field).key:
                raise InvalidArgument(field=field, problem="name the object's key")
        if not request.output_prefix:
            raise InvalidArgument(field="output_prefix", problem="say under which key the results go")
        options = self._options(request.options)
        photo = await asyncio.to_thread(self._store.get, request.photo.key)
        info = await asyncio.to_thread(probe, photo)
        answer = await run_picture(info.width * info.height / 1e6, self._matte, request, photo, options)
        answer.use.MergeFrom(settled())
        return answer

    def _options(self, wanted: pb.MatteOptions) -> MatteOptions:
        settings = self._settings
        foreground = wanted.foreground_threshold or settings.foreground_threshold
        background = wanted.background_threshold or settings.background_threshold
        if not 0 <= background < 0.5 < foreground <= 1:
            problem = f"0 <= background < 0.5 < foreground <= 1 must hold, not {background}, {foreground}"
            raise InvalidArgument(field="options", problem=problem)
        return MatteOptions(
            solver=wanted.solver or settings.solver,
            trimap=TrimapOptions(foreground, background, settings.confidence_threshold),
            pymatting_mib=settings.pymatting_mib,
        )

    def _matte(self, request: pb.MatteRequest, photo: bytes, options: MatteOptions) -> pb.MatteResponse:
        alpha = _unit(read_grey(self._store.get(request.alpha.key)))
        confidence = _unit(read_grey(self._store.get(request.confidence.key)))
        plate = paper.load(self._store.get(request.plate.key)) if request.plate.key else None
        checkpoint()
        made = matte(decode(photo).rgb, alpha, confidence, plate, options, go_on=checkpoint)
        checkpoint()
        return self._keep(made, request.output_prefix.rstrip("/"))

    def _keep(self, result: MatteResult, prefix: str) -> pb.MatteResponse:
        def put(name: str, data: bytes) -> images_pb2.ObjectRef:
            stored = self._store.put(f"{prefix}/{name}.png", data, _PNG)
            return images_pb2.ObjectRef(
                key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
            )

        return pb.MatteResponse(
            alpha=put("alpha", png16(result.alpha)),
            confidence=put("confidence", png8(result.confidence)),
            trimap=put("trimap", png8(result.trimap)),
            cutout=put("cutout", png_rgba(cutout(result.foreground, result.alpha))),
            shadow=None if result.shadow is None else put("shadow", png_rgb(result.shadow)),
            numbers=_numbers(result.numbers),
        )


def cutout(foreground: U8, alpha: F32) -> U8:
    """RGBA uint8 (H, W, 4) with straight alpha; all zero where the alpha is nothing in 8 bits."""
    height, width = alpha.shape
    rgba = np.zeros((height, width, 4), np.uint8)
    for top in range(0, height, 256):
        rows = np.s_[top : top + 256]
        rgba[rows, :, 3] = np.rint(alpha[rows] * 255)
        np.multiply(foreground[rows], rgba[rows, :, 3:] > 0, out=rgba[rows, :, :3])
    return rgba


def _unit(grey: np.ndarray[Any, Any]) -> F32:
    """A stored map, uint8 or uint16, as float32 in [0, 1]."""
    return np.asarray(np.divide(grey, np.float32(np.iinfo(grey.dtype).max), dtype=np.float32))


def _box(box: Box) -> images_pb2.Box:
    return images_pb2.Box(left=box.left, top=box.top, width=box.width, height=box.height)


def _numbers(numbers: MatteNumbers) -> pb.MatteNumbers:
    return pb.MatteNumbers(
        width=numbers.width,
        height=numbers.height,
        status=numbers.status,
        solver=numbers.solver,
        foreground_share=numbers.foreground_share,
        unknown_share=numbers.unknown_share,
        band_confidence=numbers.band_confidence,
        doubtful_share=numbers.doubtful_share,
        subjects=numbers.subjects,
        frame_touch=numbers.frame_touch,
        edge_contrast=numbers.edge_contrast,
        uncertain_holes=[_box(box) for box in numbers.uncertain_holes],
        doubtful_boxes=[_box(box) for box in numbers.doubtful_boxes],
        subject_box=_box(numbers.subject_box),
        shadow_detail=numbers.shadow_detail,
    )
