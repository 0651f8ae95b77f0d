"""From a cut-out to files: the whole room as one function of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from services.compose import exports, iptc, layered, naming, xmp
from services.compose.compliance.measure import Made
from services.compose.compliance.report import Report, check
from services.compose.cutout import Cutout
from services.compose.naming import Naming
from services.compose.presets.apply import apply
from services.compose.presets.library import presets
from services.compose.psd.model import Coding
from services.compose.psd.save import save
from services.compose.render import Layers, render
from services.compose.statement import Origin, Statement, source_type
from services.compose.template import ExportSpec, PsdSpec, Template
from services.kit.boxes import Box

PSD_TYPE = "image/vnd.adobe.photoshop"
UNREVIEWED = Origin()
PROFILES = {"srgb": xmp.SRGB, "display-p3": "Display P3"}


@dataclass(frozen=True)
class Export:
    name: str  # as in the template
    file_name: str
    media_type: str
    width: int
    height: int
    quality: int
    data: bytes


@dataclass(frozen=True)
class Psd:
    file_name: str
    path: Path
    width: int
    height: int


@dataclass(frozen=True)
class Numbers:
    template: str
    placed: Box  # of the product, pixels of the canvas
    scale: float  # pixels per photo pixel in the file that enlarges most
    shadow: str  # "none" | "standard" | "original"
    shadow_detail: str  # why it is not the one the template asks for; empty otherwise


@dataclass(frozen=True)
class Composition:
    exports: tuple[Export, ...]
    psd: Psd | None
    numbers: Numbers
    compliance: tuple[Report, ...] = ()  # one for each export of a preset


def compose(
    cutout: Cutout,
    shadow: np.ndarray | None,
    template: Template,
    name: Naming,
    folder: Path,
    origin: Origin = UNREVIEWED,
) -> Composition:
    """Renders `cutout` by `template`; the same inputs give the same bytes.

    shadow: the extracted multiply map of the whole photo, uint8 (h, w, 3), or None. folder: where the PSD is written.
    origin: goes into the metadata of every file. Raises CutoutEmpty, ExportTooLarge.
    """
    canvas = template.canvas
    layers = render(cutout, shadow, template, canvas.width, canvas.height, name.sku)
    files: list[Export] = []
    reports: list[Report] = []
    scales = [layers.placement.scale] if template.psd else []
    # Where enlarging ended before the canvas was filled, smaller exports are filled better on canvases of their own.
    small = layers.placement.scale > template.place.max_upscale * 0.99
    for spec in template.exports:
        own, shown, size = template, layers, exports.size(spec, canvas)
        if spec.preset:
            own = apply(template, presets()[spec.preset])
        if spec.preset or (small and size[0] < canvas.width) or not exports.keeps_aspect(spec, canvas):
            shown = render(cutout, shadow, own, *size, name.sku)
        file = _export(shown, spec, own, name, _statement(name, own, origin))
        files.append(file)
        scales.append(shown.placement.scale * file.width / shown.flat.shape[1])
        if spec.preset:
            reports.append(_report(file, shown, spec, own, name))
    scale = max(scales, default=layers.placement.scale)
    numbers = Numbers(template.name, layers.placement.target, scale, layers.shadow_kind, layers.shadow_detail)
    psd = None
    if template.psd:
        said = _statement(name, template, origin)
        psd = _psd(layers, cutout, template.psd, template.canvas.dpi, naming.stem(name), said, folder)
    return Composition(tuple(files), psd, numbers, tuple(reports))


def _export(layers: Layers, spec: ExportSpec, template: Template, name: Naming, said: Statement) -> Export:
    media_type = f"image/{spec.format}"
    packet = xmp.packet(said, media_type, PROFILES[spec.profile])
    encoded = exports.encode(layers.flat, spec, template.canvas, packet)
    stem = naming.export_stem(name, template.naming, spec.name)
    file_name = f"{stem}.{exports.SUFFIX[spec.format]}"
    return Export(spec.name, file_name, media_type, encoded.width, encoded.height, encoded.quality, encoded.data)


def _report(file: Export, layers: Layers, spec: ExportSpec, template: Template, name: Naming) -> Report:
    """Whether the finished file keeps the rules of the preset it was made by."""
    ground = template.background
    made = Made(
        file_name=file.file_name,
        cover=layers.product.cover(file.width, file.height),
        threshold=template.place.threshold,
        background=ground.colour if ground.kind == "solid" else None,
        shadow=layers.shadow_kind,
        day=date.fromisoformat(name.date),
    )
    return check(file.data, made, presets()[spec.preset], spec.name)


def _psd(layers: Layers, cutout: Cutout, spec: PsdSpec, dpi: int, stem: str, said: Statement, folder: Path) -> Psd:
    document = layered.document(
        layers,
        cutout,
        dpi=dpi,
        xmp=xmp.packet(said, PSD_TYPE),
        iptc=iptc.records(said),
        stem=stem,
        coding=Coding(spec.bits, zipped=spec.compression == "zip"),
        big=spec.container == "psb",
    )
    path = save(document, folder, stem)
    return Psd(path.name, path, document.width, document.height)


def _statement(name: Naming, template: Template, origin: Origin) -> Statement:
    return Statement(
        sku=name.sku,
        image_no=name.image_no,
        date=name.date,
        status=name.state,
        template=f"{template.name}@{template.revision}",
        digest=template.digest,
        source_type=source_type(template.background.kind, origin),
    )
