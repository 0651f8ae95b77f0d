"""Translates between the wire and `pipeline.compose`."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.compose.v1.compose_service_pb2_grpc import ComposeServiceServicer
from selvage_api.images.v1 import images_pb2
from services.compose import exports
from services.compose.catalogue import Catalogue
from services.compose.compliance import report
from services.compose.cutout import Cutout
from services.compose.cutouts.files import encode
from services.compose.cutouts.render import render
from services.compose.cutouts.wire import style
from services.compose.naming import Naming, stem
from services.compose.pipeline import PSD_TYPE, Composition, compose
from services.compose.preview import preview
from services.compose.reduced import Reduced, ReducedCutouts
from services.compose.statement import Origin, generated
from services.compose.template import Template
from services.kit.errors import InvalidArgument
from services.kit.fingerprint import fingerprint
from services.kit.pictures import PictureInfo, decode, probe
from services.kit.pictures.encode import read_grey, read_rgb, read_rgba
from services.kit.rpc import run_picture, settled
from services.kit.store import ObjectStore, StoredObject


class ComposeServicer(ComposeServiceServicer):
    def __init__(self, store: ObjectStore, catalogue: Catalogue, scratch: Path | None = None) -> None:
        self._store, self._catalogue, self._scratch = store, catalogue, scratch
        self._reduced = ReducedCutouts()
        digests = ",".join(f"{template.name}:{template.digest}" for template in catalogue.all())
        self._fingerprint = fingerprint("services.compose", "services.kit.pictures", extra=digests)

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeResponse:
        templates = [
            pb.Template(name=template.name, revision=template.revision, digest=template.digest)
            for template in self._catalogue.all()
        ]
        return pb.DescribeResponse(
            version=version("selvage"),
            fingerprint=self._fingerprint,
            templates=templates,
            default_template=self._catalogue.default,
        )

    async def Compose(self, request: pb.ComposeRequest, context: Any) -> pb.ComposeResponse:
        for field in ("photo", "cutout", "alpha"):
            if not getattr(request, field).key:
                raise InvalidArgument(field=field, problem="name the object's key")
        if not request.output_prefix:
            raise InvalidArgument(field="output_prefix", problem="say under which key the results go")
        photo = await asyncio.to_thread(self._store.get, request.photo.key)
        info = await asyncio.to_thread(probe, photo)
        answer = await run_picture(info.width * info.height / 1e6, self._compose, request, photo)
        answer.use.MergeFrom(settled())
        return answer

    async def Preview(self, request: pb.PreviewRequest, context: Any) -> pb.PreviewResponse:
        if not request.cutout.key:
            raise InvalidArgument(field="cutout", problem="name the object's key")
        template = self._catalogue.get(request.template)
        reduced = self._reduced.find(request.cutout.key)
        if reduced is None:
            file = await asyncio.to_thread(self._store.get, request.cutout.key)
            info = await asyncio.to_thread(probe, file)
            megapixels = info.width * info.height / 1e6
            reduced = await run_picture(megapixels, self._reduced.make, request.cutout.key, file)
        shadow = await asyncio.to_thread(self._store.get, request.shadow.key) if request.shadow.key else None
        return await run_picture(1.0, _preview, reduced, shadow, template, request.sku)

    async def RenderCutout(self, request: pb.RenderCutoutRequest, context: Any) -> pb.RenderCutoutResponse:
        for field in ("cutout", "alpha"):
            if not getattr(request, field).key:
                raise InvalidArgument(field=field, problem="name the object's key")
        if not request.output_prefix:
            raise InvalidArgument(field="output_prefix", problem="say under which key the result goes")
        if request.backdrop.key and request.style.HasField("background"):
            raise InvalidArgument(field="backdrop", problem="give a backdrop or a background colour, not both")
        file = await asyncio.to_thread(self._store.get, request.cutout.key)
        info = await asyncio.to_thread(probe, file)
        answer = await run_picture(info.width * info.height / 1e6, self._render_cutout, request, file)
        answer.use.MergeFrom(settled())
        return answer

    def _render_cutout(self, request: pb.RenderCutoutRequest, file: bytes) -> pb.RenderCutoutResponse:
        alpha = _unit(read_grey(self._store.get(request.alpha.key)))
        shadow = read_rgb(self._store.get(request.shadow.key)) if request.shadow.key else None
        picture = self._store.get(request.backdrop.key) if request.backdrop.key else b""
        foreground = read_rgba(file)[..., :3]
        asked = style(request.style, alpha.shape[1], alpha.shape[0])
        rendered = render(Cutout(foreground, foreground, alpha), asked, shadow, picture)
        made = encode(rendered.pixels, asked.format)
        stored = self._store.put(
            f"{request.output_prefix.rstrip('/')}/cutout.{made.suffix}", made.data, made.media_type
        )
        frame, subject = rendered.frame, rendered.frame.subject
        return pb.RenderCutoutResponse(
            file=_file("cutout", stored, f"cutout.{made.suffix}", frame.width, frame.height),
            foreground=images_pb2.Box(left=subject.left, top=subject.top, width=subject.width, height=subject.height),
            full_width=frame.full_width,
            full_height=frame.full_height,
        )

    def _compose(self, request: pb.ComposeRequest, photo: bytes) -> pb.ComposeResponse:
        template = self._catalogue.get(request.template)
        state = images_pb2.ImageState.Name(request.naming.state).removeprefix("IMAGE_STATE_").lower()
        name = Naming(request.naming.sku, request.naming.image_no, request.naming.date, state)
        foreground = read_rgba(self._store.get(request.cutout.key))[..., :3]
        alpha = _unit(read_grey(self._store.get(request.alpha.key)))
        shadow = read_rgb(self._store.get(request.shadow.key)) if request.shadow.key else None
        picture = decode(photo)
        cutout = Cutout(picture.over_white(), foreground, alpha)
        origin = Origin(request.reviewed, generated(photo))
        with tempfile.TemporaryDirectory(prefix="selvage-compose-", dir=self._scratch) as folder:
            composition = compose(cutout, shadow, template, name, Path(folder), origin)
            return pb.ComposeResponse(
                files=self._keep(composition, request.output_prefix.rstrip("/"), stem(name)),
                numbers=_numbers(composition, picture.info),
                compliance=[_report(found) for found in composition.compliance],
            )

    def _keep(self, composition: Composition, prefix: str, name: str) -> list[images_pb2.ImageFile]:
        files = []
        if composition.psd:
            psd = composition.psd
            stored = self._store.put_file(f"{prefix}/layers{psd.path.suffix}", psd.path, PSD_TYPE)
            files.append(_file("psd", stored, psd.file_name, psd.width, psd.height))
        for export in composition.exports:
            # "export-" keeps names such as "con" apart from those that mean a device on Windows.
            suffix = exports.SUFFIX[export.media_type.removeprefix("image/")]
            stored = self._store.put(f"{prefix}/export-{export.name}.{suffix}", export.data, export.media_type)
            files.append(_file(f"export:{export.name}", stored, export.file_name, export.width, export.height))
        if composition.compliance:
            data = report.to_json(composition.compliance)
            stored = self._store.put(f"{prefix}/compliance.json", data, "application/json")
            files.append(_file("compliance", stored, f"{name}_compliance.json", 0, 0))
        return files


def _preview(reduced: Reduced, shadow: bytes | None, template: Template, sku: str) -> pb.PreviewResponse:
    multiply = read_rgb(shadow) if shadow else None
    made = preview(reduced.foreground, _unit(reduced.alpha), multiply, template, sku, reduced.scale)
    return pb.PreviewResponse(image=made.data, media_type=made.media_type, width=made.width, height=made.height)


def _unit(grey: np.ndarray) -> np.ndarray:
    """uint8 or uint16 alpha as float32 in [0, 1]."""
    return np.asarray(np.divide(grey, np.float32(np.iinfo(grey.dtype).max), dtype=np.float32))


def _file(name: str, stored: StoredObject, file_name: str, width: int, height: int) -> images_pb2.ImageFile:
    reference = images_pb2.ObjectRef(
        key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
    )
    return images_pb2.ImageFile(name=name, object=reference, file_name=file_name, width=width, height=height)


def _report(found: report.Report) -> pb.ComplianceReport:
    rules = [pb.RuleResult(**asdict(rule)) for rule in found.rules]
    return pb.ComplianceReport(
        preset=found.preset,
        revision=found.revision,
        file=found.file,
        verdict=found.verdict,
        rules=rules,
        export=found.export,
    )


def _numbers(composition: Composition, info: PictureInfo) -> pb.ComposeNumbers:
    numbers = composition.numbers
    placed = numbers.placed
    return pb.ComposeNumbers(
        template=numbers.template,
        placed=images_pb2.Box(left=placed.left, top=placed.top, width=placed.width, height=placed.height),
        scale=numbers.scale,
        shadow=numbers.shadow,
        shadow_detail=numbers.shadow_detail,
        source_profile=info.profile or "",
        rendering_intent=info.intent,
    )
