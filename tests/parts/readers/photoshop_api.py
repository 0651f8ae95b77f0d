"""PhotoshopAPI (C++, wheels for Linux x86-64, Windows and macOS 15 only). It cannot be asked for the merged image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.parts.readers import psd_tools
from tests.parts.readers.model import Reading, Seen, Smart, levels
from tests.parts.require import absent


def read(path: Path, folder: Path) -> Reading:
    api = _module()
    file = api.LayeredFile.read(str(path))
    found = next(layer for layer in file.flat_layers if type(layer).__name__.startswith("SmartObject"))
    inner = folder / "inner.psb"
    inner.write_bytes(psd_tools.embedded(path))
    smart = Smart(None, found.original_width(), found.original_height(), _layers(api.LayeredFile.read(str(inner))))
    bits = 16 if type(file).__name__.endswith("16bit") else 8
    return Reading(file.width, file.height, bits, _layers(file), profile=bytes(file.icc), smart=smart)


def _module() -> Any:
    try:
        import photoshopapi
    except ImportError:
        absent("photoshopapi", "pip install 'selvage[psd-readers]', where PhotoshopAPI has a wheel")
    return photoshopapi


def _layers(parent: Any) -> tuple[Seen, ...]:
    out = []
    for layer in reversed(parent.layers):  # listed top first
        blend = layer.blend_mode.name.replace("passthrough", "pass through")
        if type(layer).__name__.startswith("Group"):
            out.append(Seen(layer.name, blend, children=_layers(layer)))
            continue
        channels = layer.get_image_data()
        pixels = levels(np.dstack([channels[number] for number in (0, 1, 2, -1)]))
        left, top = round(layer.center_x - layer.width / 2), round(layer.center_y - layer.height / 2)
        mask = levels(layer.mask) if layer.has_mask() else None
        out.append(Seen(layer.name, blend, left, top, pixels, mask, bool(layer.clipping_mask)))
    return tuple(out)
