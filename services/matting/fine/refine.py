"""The field's alpha made finer: solved again at half size with sampled colours, and the correction brought back up.

What the field's cells cannot bend to is found on the half-size grid, where conjugate gradients on the matting
Laplacian are cheap; few steps, for more of them fit the noise. At last the clear ends are pulled to 0 and 1: both the
field and the Laplacian leave a veil there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from services.matting.arrays import BACKGROUND, F32, FOREGROUND, I32, U8, UNKNOWN
from services.matting.fine import laplacian, samples


@dataclass(frozen=True)
class FineOptions:
    """steps: of conjugate gradients. ridge: of the windows' colour lines. sampled: weight of a sampled alpha of full
    trust (a window couples with about 1). held: weight of the field's alpha where the model decided it. clear: alpha
    that becomes 0, and as much below 1 that becomes 1. reach: how far rays look for known colours, half-size pixels.
    spread: how far pairs are shared."""

    steps: int = 24
    ridge: float = 1e-6
    sampled: float = 0.01
    held: float = 1.0
    clear: float = 0.02
    reach: float = 200.0
    spread: int = 3


def refine(
    rgb: U8,
    lut: F32,
    trimap: U8,
    alpha: F32,
    decided: F32 | None = None,
    options: FineOptions | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> F32:
    """Alpha float32 (H, W), exactly 0 and 1 where the trimap is 0 and 255.

    rgb: uint8 (H, W, 3). lut: uint8 code to light, float32 (256,). trimap: uint8 (H, W) of 0, 128, 255. alpha: the
    field's, float32 (H, W). decided: float32 (h, w) of any size, share of the model in it, 0 to 1; None for no model.
    go_on: called between the steps; it raises to stop the work.
    """
    options = options or FineOptions()
    height, width = trimap.shape
    if min(height, width) < 8 or not (trimap == UNKNOWN).any():
        return alpha
    size = (width + 1) // 2, (height + 1) // 2
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    known = _halved(trimap, small)
    share = np.zeros_like(small) if decided is None else cv2.resize(decided, size, interpolation=cv2.INTER_LINEAR)
    photo = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    change = _solved(photo, lut, known, small, share, options, go_on) - small
    grown = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    unknown = trimap == UNKNOWN
    out = np.where(unknown, np.clip(alpha + grown, 0, 1), alpha).astype(np.float32)
    clear = np.float32(options.clear)
    np.copyto(out, np.clip((out - clear) / (1 - 2 * clear), 0, 1), where=unknown)
    return out


def _halved(trimap: U8, alpha: F32) -> U8:
    """Half-size trimap: unknown where at least half of the pixels are, else the side that alpha says."""
    share = cv2.resize((trimap == UNKNOWN).astype(np.uint8) * 255, alpha.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.where(share > 127, UNKNOWN, np.where(alpha > 0.5, FOREGROUND, BACKGROUND)).astype(np.uint8)


def _solved(
    rgb: U8, lut: F32, trimap: U8, alpha: F32, decided: F32, options: FineOptions, go_on: Callable[[], None]
) -> F32:
    """Preconditioned conjugate gradients on (L + weights) x = weights targets, from alpha on."""
    position = np.argwhere(trimap == UNKNOWN).astype(np.int32)
    count = len(position)
    if not count:
        return alpha
    index = np.full(trimap.shape, -1, np.int32)
    at = position[:, 0], position[:, 1]
    index[at] = np.arange(count, dtype=np.int32)
    told, trust = _sampled(rgb, lut, trimap, index, position, options)
    go_on()
    field = alpha[at]
    hold = options.held * decided[at]
    weight = options.sampled * trust * (1 - decided[at])
    target = weight * told + hold * field
    weight += hold
    stencil = np.zeros((count, 25), np.float32)
    laplacian.assemble(rgb, lut, index, options.ridge, stencil)
    scale = 1 / (stencil[:, 12] + weight + 1e-6)
    padded = np.pad(alpha, 2, mode="edge")
    inner = padded[2:-2, 2:-2]
    image = np.empty(count, np.float32)
    x = field + 0.5 * trust * (1 - decided[at]) * (told - field)
    inner[at] = x
    laplacian.product(stencil, position, padded, image)
    rest = target - image - weight * x
    padded[:] = 0
    step = scale * rest
    before = float(rest @ step)
    for _ in range(options.steps):
        go_on()
        inner[at] = step
        laplacian.product(stencil, position, padded, image)
        image += weight * step
        length = np.float32(before / max(float(step @ image), 1e-20))
        x += length * step
        rest -= length * image
        fitted = scale * rest
        now = float(rest @ fitted)
        step = fitted + np.float32(now / max(before, 1e-20)) * step
        before = now
    out = alpha.copy()
    out[at] = x
    return out


def _sampled(rgb: U8, lut: F32, trimap: U8, index: I32, position: I32, options: FineOptions) -> tuple[F32, F32]:
    found = np.empty((len(position), 6), np.float32)
    samples.pairs(rgb, lut, trimap, position, options.reach, found)
    told, trust = np.empty(len(position), np.float32), np.empty(len(position), np.float32)
    samples.shared(rgb, lut, index, position, found, options.spread, told, trust)
    return told, trust
