"""From a cut-out to files: the whole room as one function of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.compose import exports, layered, naming
from services.compose.cutout import Cutout
from services.compose.errors import PsdTooLarge
from services.compose.naming import Naming
from services.compose.place import Box
from services.compose.psd.metadata import xmp
from services.compose.psd.writer import write
from services.compose.render import Layers, render
from services.compose.template import Template

PSD_LIMIT = 2**31 - 1  # bytes; readers take a PSD's lengths as signed 32-bit numbers
PSD_TYPE = "image/vnd.adobe.photoshop"


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
    scale: float  # canvas pixels per photo pixel
    shadow: str  # "none" | "standard" | "original"
    shadow_detail: str  # why it is not the one the template asks for; empty otherwise


@dataclass(frozen=True)
class Composition:
    exports: tuple[Export, ...]
    psd: Psd | None
    numbers: Numbers


def compose(cutout: Cutout, shadow: np.ndarray | None, template: Template, name: Naming, folder: Path) -> Composition:
    """Renders `cutout` by `template`; the same inputs give the same bytes.

    shadow: the extracted multiply map of the whole photo, uint8 (h, w, 3), or None. folder: where the PSD is written.
    Raises CutoutEmpty, ExportTooLarge, PsdTooLarge.
    """
    canvas = template.canvas
    layers = render(cutout, shadow, template, canvas.width, canvas.height, name.sku)
    files = []
    for spec in template.exports:
        flat = layers.flat
        if not exports.keeps_aspect(spec, canvas):
            flat = render(cutout, shadow, template, *exports.size(spec, canvas), name.sku).flat
        media_type = f"image/{spec.format}"
        encoded = exports.encode(flat, spec, canvas, _xmp(name, template, media_type))
        stem = naming.export_stem(name, template.naming, spec.name)
        file_name = f"{stem}.{exports.SUFFIX[spec.format]}"
        files.append(
            Export(spec.name, file_name, media_type, encoded.width, encoded.height, encoded.quality, encoded.data)
        )
    numbers = Numbers(
        template.name, layers.placement.target, layers.placement.scale, layers.shadow_kind, layers.shadow_detail
    )
    return Composition(tuple(files), _psd(layers, cutout, template, name, folder) if template.psd else None, numbers)


def _psd(layers: Layers, cutout: Cutout, template: Template, name: Naming, folder: Path) -> Psd:
    stem = naming.stem(name)
    packet = _xmp(name, template, PSD_TYPE)
    document = layered.document(layers, cutout, dpi=template.canvas.dpi, xmp=packet, stem=stem)
    path = folder / f"{stem}.psd"
    with path.open("w+b") as file:
        write(document, file)
        size = file.tell()
    if size > PSD_LIMIT:
        path.unlink()
        raise PsdTooLarge(size=size, limit=PSD_LIMIT)
    return Psd(path.name, path, document.width, document.height)


def _xmp(name: Naming, template: Template, media_type: str) -> bytes:
    return xmp(
        media_type=media_type,
        sku=name.sku,
        image_no=name.image_no,
        date=name.date,
        status=name.state,
        template=f"{template.name}@{template.revision}",
        digest=template.digest,
    )
