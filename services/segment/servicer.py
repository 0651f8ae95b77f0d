"""Translates between the wire and the segment pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from selvage_api.images.v1 import images_pb2
from selvage_api.segment.v1 import segment_service_pb2 as pb
from selvage_api.segment.v1.segment_service_pb2_grpc import SegmentServiceServicer
from services.kit import paper
from services.kit.errors import InvalidArgument
from services.kit.fingerprint import fingerprint
from services.kit.pictures import decode, probe
from services.kit.pictures.encode import png8, png16
from services.kit.rpc import run_picture, settled
from services.kit.store import ObjectStore
from services.segment.given import given
from services.segment.pipeline import segment
from services.segment.profiles import Profile, Profiles
from services.segment.settings import SegmentSettings

LOOK = 4096
"""Longest side a photo is decoded at for segmentation: what a closer look at a small product may use."""
SHOOT_LOOK = 1024
"""And for the plate of a shoot, where many photos are in memory at once."""
SHOOT_PHOTOS = 64


class SegmentServicer(SegmentServiceServicer):
    def __init__(self, store: ObjectStore, profiles: Profiles, settings: SegmentSettings) -> None:
        self._store, self._profiles, self._settings = store, profiles, settings
        deployment = {"address", "threads", "triton_url", "triton_seconds"}
        models = " ".join(f"{name}={row.model_version}" for name, row in profiles.table.items())
        self._fingerprint = fingerprint(
            "services.segment",
            "services.kit.channels",
            "services.kit.paper",
            "services.kit.pictures",
            "services.kit.regions",
            "services.kit.shrink",
            extra=settings.model_dump_json(exclude=deployment) + models,
        )

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeResponse:
        rows = [
            pb.Profile(name=name, kind=row.kind, model_version=row.model_version, licence=row.licence)
            for name, row in self._profiles.table.items()
        ]
        return pb.DescribeResponse(
            version=version("selvage"),
            fingerprint=self._fingerprint,
            profiles=rows,
            default_profile=self._profiles.default,
        )

    async def EstimatePlate(self, request: pb.EstimatePlateRequest, context: Any) -> pb.EstimatePlateResponse:
        _require(bool(request.photos), "photos", "name at least one photo")
        _require(all(photo.key for photo in request.photos), "photos", "name every object's key")
        _require(len(request.photos) <= SHOOT_PHOTOS, "photos", f"at most {SHOOT_PHOTOS} photos make a plate")
        _require(bool(request.output_prefix), "output_prefix", "say under which key the plate goes")
        single = len(request.photos) == 1
        _require(single or not request.shoot_plate.key, "shoot_plate", "goes with one photo")
        _require(single or not request.empty_frame, "empty_frame", "goes with one photo")
        _require(not (request.shoot_plate.key and request.empty_frame), "empty_frame", "goes without a shoot_plate")
        if single:
            photo = await asyncio.to_thread(self._store.get, request.photos[0].key)
            answer = await run_picture(await _megapixels(photo), self._plate_of_one, photo, request)
        else:
            weight = len(request.photos) * SHOOT_LOOK**2 / 1e6
            answer = await run_picture(weight, self._plate_of_shoot, request)
        answer.use.MergeFrom(settled())
        return answer

    async def Segment(self, request: pb.SegmentRequest, context: Any) -> pb.SegmentResponse:
        _require(bool(request.photo.key), "photo", "name the object's key")
        _require(bool(request.output_prefix), "output_prefix", "say under which key the results go")
        profile = self._profiles.get(request.profile)
        photo = await asyncio.to_thread(self._store.get, request.photo.key)
        weight = min(await _megapixels(photo), LOOK**2 / 1e6)
        answer = await run_picture(weight, self._segment, request, photo, profile)
        answer.use.MergeFrom(settled())
        return answer

    def _plate_of_one(self, photo: bytes, request: pb.EstimatePlateRequest) -> pb.EstimatePlateResponse:
        rgb = decode(photo).over_white()
        if request.shoot_plate.key:
            plate, gain = paper.at_exposure(rgb, paper.load(self._store.get(request.shoot_plate.key)))
            return self._keep_plate(plate, request.output_prefix, gain)
        plate = paper.estimate_empty(rgb) if request.empty_frame else paper.estimate(rgb)
        return self._keep_plate(plate, request.output_prefix)

    def _plate_of_shoot(self, request: pb.EstimatePlateRequest) -> pb.EstimatePlateResponse:
        files = (self._store.get(photo.key) for photo in request.photos)
        photos = [decode(file, long_side=SHOOT_LOOK, quick=True).over_white() for file in files]
        return self._keep_plate(paper.estimate_shoot(photos), request.output_prefix)

    def _keep_plate(self, plate: paper.Plate, prefix: str, gain: Sequence[float] = ()) -> pb.EstimatePlateResponse:
        return pb.EstimatePlateResponse(
            plate=self._put(prefix, "plate.npz", paper.save(plate), "application/x-npz"),
            numbers=pb.PlateNumbers(
                kind=plate.kind,
                usable=plate.usable,
                detail=plate.detail,
                residual=plate.residual,
                inlier_share=plate.inlier_share,
                gain=gain,
            ),
        )

    def _segment(self, request: pb.SegmentRequest, photo: bytes, profile: Profile) -> pb.SegmentResponse:
        plate = paper.load(self._store.get(request.plate.key)) if request.plate.key else None
        picture = decode(photo, long_side=LOOK, quick=True)
        found, numbers = segment(profile.segmenter, picture.over_white(), plate, given(picture))
        confidence = np.rint(found.confidence * 255).astype(np.uint8)
        return pb.SegmentResponse(
            alpha=self._put(request.output_prefix, "alpha.png", png16(found.alpha), "image/png"),
            confidence=self._put(request.output_prefix, "confidence.png", png8(confidence), "image/png"),
            profile=profile.segmenter.profile,
            model_version=profile.model_version,
            numbers=pb.SegmentNumbers(
                foreground_share=numbers.foreground_share,
                edge_confidence=numbers.edge_confidence,
                mean_confidence=numbers.mean_confidence,
                review_risk=numbers.review_risk,
            ),
        )

    def _put(self, prefix: str, name: str, data: bytes, media_type: str) -> images_pb2.ObjectRef:
        stored = self._store.put(f"{prefix.rstrip('/')}/{name}", data, media_type)
        return images_pb2.ObjectRef(
            key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
        )


async def _megapixels(photo: bytes) -> float:
    info = await asyncio.to_thread(probe, photo)
    return info.width * info.height / 1e6


def _require(kept: bool, field: str, problem: str) -> None:
    if not kept:
        raise InvalidArgument(field=field, problem=problem)
