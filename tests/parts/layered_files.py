"""One product as a layered file in every variant the writer knows, and what readers must find in each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from services.compose import iptc, layered, xmp
from services.compose.cutout import Cutout
from services.compose.psd.model import Coding
from services.compose.psd.save import save
from services.compose.render import Layers, render
from services.compose.statement import ENHANCED, Statement
from tests.parts.cutouts import SMALL, ellipse, shipped

SIDE = 320
STEM = "A_1_20261123_approved"
STATEMENT = Statement("A", "1", "20261123", "approved", "studio-paper-cream@1", "0" * 64, ENHANCED)


@dataclass(frozen=True)
class Variant:
    bits: int = 8
    zipped: bool = False
    big: bool = False


VARIANTS = {
    "default": Variant(),
    "zip": Variant(zipped=True),
    "16-bit": Variant(bits=16),
    "psb": Variant(big=True),
    "16-bit zip psb": Variant(bits=16, zipped=True, big=True),
}


@dataclass(frozen=True)
class Sample:
    path: Path
    variant: Variant
    layers: Layers
    cutout: Cutout


@cache
def textured() -> Cutout:
    """Larger than the canvas, soft-edged, and so grainy that no two pixels can be mixed up unseen."""
    plain = ellipse(900, 700)
    grain = np.random.default_rng(3).integers(-30, 31, plain.photo.shape)
    photo = (plain.photo + grain).clip(0, 255).astype(np.uint8)
    clean = np.where(plain.alpha[..., None] > 0.999, photo, plain.foreground)
    return Cutout(photo, clean, plain.alpha)


@cache
def rendered() -> Layers:
    """Paper with a tooth, a drawn shadow and the product, on 320 x 320 pixels."""
    return render(textured(), None, shipped("studio-paper-cream", **SMALL), SIDE, SIDE, "A")


def write(name: str, folder: Path) -> Sample:
    """The variant of that name as a file in `folder`."""
    variant = VARIANTS[name]
    document = layered.document(
        rendered(),
        textured(),
        dpi=300,
        xmp=xmp.packet(STATEMENT, "image/vnd.adobe.photoshop"),
        iptc=iptc.records(STATEMENT),
        stem=STEM,
        coding=Coding(variant.bits, variant.zipped),
        big=variant.big,
    )
    return Sample(save(document, folder, STEM), variant, rendered(), textured())
