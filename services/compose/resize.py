"""Resampling in linear light with premultiplied alpha: a windowed sinc that can neither ring nor leave a rim.

Lanczos with three lobes (K. Turkowski, "Filters for common resampling tasks", Graphics Gems I, 1990), stretched when
shrinking so that nothing aliases. Its side lobes would draw bright and dark lines along edges and lift alpha above 1;
each one-dimensional pass therefore clamps to the range of the samples under the main lobe. Three things follow: a
constant stays exactly that constant (white stays 255), a colour of one shade keeps it up to its outline at every
alpha, and no value leaves the range of its neighbours.

Work goes in bands of output rows; memory beyond input and output is one band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np

from services.kit.pictures.colour import to_linear, to_srgb8

LOBES = 3
BAND = 64


@dataclass(frozen=True)
class Axis:
    """How each output pixel of one axis gathers input pixels."""

    first: np.ndarray  # int32 (n,): first input pixel
    lobe: np.ndarray  # int32 (n, 2): taps [lobe[0], lobe[1]) lie under the main lobe
    weights: np.ndarray  # float32 (n, taps), rows sum to 1


def axis(count: int, start: float, scale: float, length: int) -> Axis:
    """Taps for `count` output pixels; output position `start + scale * s` shows input position `s`.

    Positions are continuous, pixel i covers [i, i + 1). Input pixels are 0 .. length - 1; beyond them the border
    pixel is repeated.
    """
    stretch = max(1.0, 1.0 / scale)
    reach = LOBES * stretch
    wide = int(np.ceil(2 * reach)) + 1
    taps = min(wide, length)
    centre = ((np.arange(count) + 0.5 - start) / scale - 0.5)[:, None]  # in units where input pixel i sits at i
    leftmost = np.ceil(centre - reach).astype(np.int64)
    first = np.clip(leftmost, 0, length - taps)
    position = leftmost + np.arange(wide)
    t = (position - centre) / stretch
    value = np.where(np.abs(t) < LOBES, np.sinc(t) * np.sinc(t / LOBES), 0.0)
    inside = np.clip(np.clip(position, 0, length - 1) - first, 0, taps - 1)
    weights = np.zeros((count, taps))
    np.add.at(weights, (np.arange(count)[:, None], inside), value / value.sum(axis=1, keepdims=True))
    main = np.abs(t) < 1.0
    lobe = np.stack([np.where(main, inside, taps).min(axis=1), np.where(main, inside, -1).max(axis=1) + 1], axis=1)
    return Axis(first[:, 0].astype(np.int32), lobe.astype(np.int32), weights.astype(np.float32))


@cache
def linear_table() -> np.ndarray:
    """float32 (256,): linear light of each encoded sRGB value."""
    table: np.ndarray = to_linear(np.arange(256, dtype=np.uint8))
    return table


def bands(rgb: np.ndarray, alpha: np.ndarray | None, across: Axis, down: Axis) -> Iterator[tuple[int, np.ndarray]]:
    """Resamples rgb (uint8 (H, W, 3 or more), encoded sRGB) with alpha (float32 (H, W) in [0, 1], or None for opaque).

    Yields (first output row, band); a band is float32 (rows, width, 4), linear light premultiplied by alpha.
    """
    table = linear_table()
    opaque = alpha is None
    cover = np.ones((1, 1), np.float32) if alpha is None else alpha
    height = len(down.first)
    for y0 in range(0, height, BAND):
        y1 = min(y0 + BAND, height)
        low = int(down.first[y0:y1].min())
        high = int(down.first[y0:y1].max()) + down.weights.shape[1]
        rows = np.empty((high - low, len(across.first), 4), np.float32)
        _across(rgb, cover, opaque, table, low, across.first, across.lobe, across.weights, rows)
        out = np.empty((y1 - y0, len(across.first), 4), np.float32)
        _down(rows, down.first[y0:y1] - low, down.lobe[y0:y1], down.weights[y0:y1], out)
        yield y0, out


def scale_to(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """A picture at width x height: uint8 (H, W, 3), or (H, W, 4) with straight alpha."""
    high, wide, parts = picture.shape
    if (wide, high) == (width, height):
        return picture
    out = np.empty((height, width, parts), np.uint8)
    alpha = picture[..., 3].astype(np.float32) / 255 if parts == 4 else None
    across, down = axis(width, 0.0, width / wide, wide), axis(height, 0.0, height / high, high)
    for y, band in bands(picture, alpha, across, down):
        colour, cover = straighten(band)
        out[y : y + len(band), :, :3] = colour
        if parts == 4:
            out[y : y + len(band), :, 3] = cover
    return out


def straighten(band: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Premultiplied linear float32 (h, w, 4) -> straight encoded rgb uint8 (h, w, 3) and alpha uint8 (h, w)."""
    alpha = band[..., 3:]
    colour = np.divide(band[..., :3], alpha, out=np.zeros_like(band[..., :3]), where=alpha > 1e-6)
    return to_srgb8(np.clip(colour, 0.0, 1.0)), np.rint(alpha[..., 0] * 255).astype(np.uint8)


# Reassociation lets the compiler vectorise; there is no NaN in here and the result is the same on every run.
_FAST = {"reassoc", "contract", "nsz", "nnan", "ninf"}


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _across(rgb, cover, opaque, table, low, first, lobe, weights, out):  # type: ignore[no-untyped-def]
    rows, width, _ = out.shape
    taps = weights.shape[1]
    source = rgb.shape[1]
    left, right = first.min(), first.max() + taps
    line = np.empty((source, 4), np.float32)
    for r in range(rows):
        y = low + r
        for x in range(left, right):
            a = np.float32(1.0) if opaque else cover[y, x]
            line[x, 0] = table[rgb[y, x, 0]] * a
            line[x, 1] = table[rgb[y, x, 1]] * a
            line[x, 2] = table[rgb[y, x, 2]] * a
            line[x, 3] = a
        for i in range(width):
            _gather(line, first[i], lobe[i, 0], lobe[i, 1], weights[i], out[r, i])


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _gather(line, start, lobe0, lobe1, weights, out):  # type: ignore[no-untyped-def]
    # Four values side by side: written out, they become one vector register.
    s0 = s1 = s2 = s3 = np.float32(0.0)
    for k in range(len(weights)):
        weight, source = weights[k], line[start + k]
        s0 += weight * source[0]
        s1 += weight * source[1]
        s2 += weight * source[2]
        s3 += weight * source[3]
    source = line[start + lobe0]
    l0, l1, l2, l3 = source[0], source[1], source[2], source[3]
    h0, h1, h2, h3 = l0, l1, l2, l3
    for k in range(start + lobe0 + 1, start + lobe1):
        source = line[k]
        l0, h0 = min(l0, source[0]), max(h0, source[0])
        l1, h1 = min(l1, source[1]), max(h1, source[1])
        l2, h2 = min(l2, source[2]), max(h2, source[2])
        l3, h3 = min(l3, source[3]), max(h3, source[3])
    out[0] = min(max(s0, l0), h0)
    out[1] = min(max(s1, l1), h1)
    out[2] = min(max(s2, l2), h2)
    out[3] = min(max(s3, l3), h3)


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _down(rows, first, lobe, weights, out):  # type: ignore[no-untyped-def]
    height, width, _ = out.shape
    values = width * 4
    flat = rows.reshape(rows.shape[0], values)
    target = out.reshape(height, values)
    low = np.empty(values, np.float32)
    high = np.empty(values, np.float32)
    for i in range(height):
        row = target[i]
        row[:] = 0.0
        for k in range(weights.shape[1]):
            weight = weights[i, k]
            if weight != 0.0:
                source = flat[first[i] + k]
                for x in range(values):
                    row[x] += weight * source[x]
        low[:] = flat[first[i] + lobe[i, 0]]
        high[:] = low
        for k in range(lobe[i, 0] + 1, lobe[i, 1]):
            source = flat[first[i] + k]
            for x in range(values):
                low[x] = min(low[x], source[x])
                high[x] = max(high[x], source[x])
        for x in range(values):
            row[x] = min(max(row[x], low[x]), high[x])
