"""psd-tools (Python)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from psd_tools import PSDImage
from psd_tools.constants import Resource

from tests.parts.readers.model import Reading, Seen, Smart, levels


def embedded(path: Path) -> bytes:
    """The document inside the first smart object."""
    data = next(layer for layer in PSDImage.open(path).descendants() if layer.kind == "smartobject").smart_object.data
    assert isinstance(data, bytes)
    return data


def read(path: Path, folder: Path) -> Reading:
    psd = PSDImage.open(path)
    smart = next(layer for layer in psd.descendants() if layer.kind == "smartobject").smart_object
    inner = PSDImage.open(io.BytesIO(smart.data))
    return Reading(
        psd.width,
        psd.height,
        psd.depth,
        _layers(psd),
        merged=_scaled(psd.numpy()),
        composed=levels(np.asarray(psd.composite(force=True).convert("RGB"))),
        profile=psd.image_resources.get_data(Resource.ICC_PROFILE),
        smart=Smart(smart.filename, inner.width, inner.height, _layers(inner)),
    )


def _layers(parent: Any) -> tuple[Seen, ...]:
    out = []
    for layer in parent:
        blend = layer.blend_mode.name.lower().replace("_", " ")
        if layer.is_group():
            out.append(Seen(layer.name, blend, children=_layers(layer)))
            continue
        colour, shape = _scaled(layer.numpy("color")), _scaled(layer.numpy("shape"))
        mask = _scaled(layer.numpy("mask"))[..., 0] if layer.has_mask() else None
        pixels = np.dstack([colour, shape])
        out.append(Seen(layer.name, blend, layer.left, layer.top, pixels, mask, bool(layer.clipping)))
    return tuple(out)


def _scaled(unit: np.ndarray) -> np.ndarray:
    return np.asarray(unit * 255, np.float32)
