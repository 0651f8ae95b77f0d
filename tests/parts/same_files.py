"""Whether two result files show the same picture: the same kind, size and bands, and no sample off by more than a level
of 255. Of a layered file this holds for each layer and mask, which must also lie at the same place."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from psd_tools import PSDImage

LEVEL = 1.0


def difference(one: Path, other: Path) -> float:
    """The largest difference of two samples, in levels of 255; infinite when the files are of different shape."""
    here, there = one.read_bytes(), other.read_bytes()
    if here == there:
        return 0.0
    if one.suffix == ".psd":
        return _largest(_layers(here), _layers(there))
    if one.suffix == ".json":
        return 0.0 if json.loads(here) == json.loads(there) else np.inf
    return _largest([_picture(here)], [_picture(there)])


Part = tuple[str, tuple[int, ...], NDArray[Any]]


def _picture(data: bytes) -> Part:
    image = pyvips.Image.new_from_buffer(data, "")
    samples = image.numpy()
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else b""
    said = f"{image.get('vips-loader')} {samples.dtype} {hash(profile)}"
    return said, samples.shape, samples.astype(np.float32) / (257 if samples.dtype == np.uint16 else 1)


def _layers(data: bytes) -> list[Part]:
    psd = PSDImage.open(io.BytesIO(data))
    parts: list[Part] = [(f"{psd.color_mode} {psd.depth}", (psd.height, psd.width), psd.numpy() * 255)]
    for layer in psd.descendants():
        said = f"{layer.kind} {layer.name} {layer.blend_mode} {layer.opacity} {layer.visible} {layer.clipping}"
        place = (layer.left, layer.top, layer.width, layer.height)
        if layer.has_mask():
            parts.append((f"mask of {said}", (*layer.mask.bbox,), layer.numpy("mask") * 255))
        if layer.is_group():
            parts.append((said, place, np.zeros(0)))
            continue
        parts.append((said, place, layer.numpy() * 255))
        if layer.kind == "smartobject":
            parts += _layers(layer.smart_object.data)
    return parts


def _largest(ones: list[Part], others: list[Part]) -> float:
    if [part[:2] for part in ones] != [part[:2] for part in others]:
        return np.inf
    pairs = [(one[2], other[2]) for one, other in zip(ones, others, strict=True) if one[2].size]
    if any(one.shape != other.shape for one, other in pairs):
        return np.inf
    return max(float(np.abs(one - other).max()) for one, other in pairs)
