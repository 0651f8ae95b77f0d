"""Translates between the wire and `pipeline.matte`, and `window.resolve`."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2 as pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceServicer
from services.kit.boxes import Box
from services.kit.errors import InvalidArgument
from services.kit.fingerprint import fingerprint
from services.kit.pictures import decode, probe
from services.kit.rpc import checkpoint, run_picture, settled
from services.kit.store import ObjectStore
from services.matting import light_choice, window, wire
from services.matting.by_name import SOLVERS
from services.matting.objects import Objects, cutout
from services.matting.pipeline import MatteOptions, MatteResult, matte, measured
from services.matting.settings import MattingSettings
from services.matting.strokes import Stroke

_MAPS = ("photo", "alpha", "confidence")
_LAYERS = ("alpha", "confidence", "trimap", "cutout")


class MattingServicer(MattingServiceServicer):
    def __init__(self, store: ObjectStore, settings: MattingSettings) -> None:
        self._store, self._objects, self._settings = store, Objects(store), settings
        self._fingerprint = fingerprint(
            "services.matting",
            "services.kit.channels",
            "services.kit.paper",
            "services.kit.pictures",
            "services.kit.regions",
            "services.kit.shrink",
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
        _needed(request, _MAPS)
        _prefixed(request.output_prefix)
        options = wire.options(request.options, self._settings)
        painted = wire.strokes(request.strokes)
        photo, megapixels = await self._photo(request.photo)
        answer = await run_picture(megapixels, self._matte, request, photo, options, painted)
        answer.use.MergeFrom(settled())
        return answer

    async def ResolveWindow(self, request: pb.ResolveWindowRequest, context: Any) -> pb.ResolveWindowResponse:
        _needed(request, _MAPS)
        _needed(request.matte, _LAYERS, "matte.")
        _prefixed(request.output_prefix)
        options = wire.options(request.options, self._settings)
        painted = wire.strokes(request.strokes)
        box = wire.from_box(request.window, "window") if request.HasField("window") else None
        photo, megapixels = await self._photo(request.photo)
        answer = await run_picture(megapixels, self._resolve, request, photo, options, painted, box)
        answer.use.MergeFrom(settled())
        return answer

    async def _photo(self, reference: images_pb2.ObjectRef) -> tuple[bytes, float]:
        """The photo's bytes, and how many megapixels they are."""
        photo = await asyncio.to_thread(self._store.get, reference.key)
        info = await asyncio.to_thread(probe, photo)
        return photo, info.width * info.height / 1e6

    def _matte(
        self, request: pb.MatteRequest, photo: bytes, options: MatteOptions, painted: tuple[Stroke, ...]
    ) -> pb.MatteResponse:
        alpha, confidence = self._objects.map(request.alpha), self._objects.map(request.confidence)
        plate = self._objects.plate(request.plate)
        checkpoint()
        made = matte(decode(photo).over_white(), alpha, confidence, plate, options, painted, go_on=checkpoint)
        checkpoint()
        prefix = request.output_prefix.rstrip("/")
        cut = cutout(made.foreground, made.alpha)
        stored = self._objects.keep(made.alpha, made.confidence, made.trimap, cut, prefix)
        return self._answer(made, stored, prefix)

    def _resolve(
        self,
        request: pb.ResolveWindowRequest,
        photo: bytes,
        options: MatteOptions,
        painted: tuple[Stroke, ...],
        box: Box | None,
    ) -> pb.ResolveWindowResponse:
        alpha, confidence = self._objects.map(request.alpha), self._objects.map(request.confidence)
        plate, rgb = self._objects.plate(request.plate), decode(photo).over_white()
        checkpoint()
        layers, cut = self._objects.layers(request.matte, rgb)
        checkpoint()
        light = light_choice.choose(rgb, layers.trimap, options.light)
        patch = window.resolve(
            rgb, layers, alpha, confidence, painted, plate, options.solving, box, light, go_on=checkpoint
        )
        prefix = request.output_prefix.rstrip("/")
        new, place = patch.layers, wire.to_box(patch.box)
        new_cut = cutout(new.foreground, new.alpha)
        kept = self._objects.keep(new.alpha, new.confidence, new.trimap, new_cut, f"{prefix}/window")
        if not request.whole:
            return pb.ResolveWindowResponse(window=place, layers=kept)
        checkpoint()
        layers.lay(patch)
        cut[patch.box.top : patch.box.bottom, patch.box.left : patch.box.right] = new_cut
        made = measured(rgb, layers, plate, options, light, checkpoint)
        checkpoint()
        stored = self._objects.keep(made.alpha, made.confidence, made.trimap, cut, prefix)
        return pb.ResolveWindowResponse(window=place, layers=kept, matte=self._answer(made, stored, prefix))

    def _answer(self, made: MatteResult, stored: pb.MatteLayers, prefix: str) -> pb.MatteResponse:
        return pb.MatteResponse(
            alpha=stored.alpha,
            confidence=stored.confidence,
            trimap=stored.trimap,
            cutout=stored.cutout,
            shadow=self._objects.keep_shadow(made.shadow, prefix),
            numbers=wire.to_numbers(made.numbers),
        )


def _needed(message: Any, fields: tuple[str, ...], of: str = "") -> None:
    for field in fields:
        if not getattr(message, field).key:
            raise InvalidArgument(field=f"{of}{field}", problem="name the object's key")


def _prefixed(prefix: str) -> None:
    if not prefix:
        raise InvalidArgument(field="output_prefix", problem="say under which key the results go")
