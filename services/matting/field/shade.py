"""The paper as the product shades it: predicted from the product's shape where no clear background shows it.

Close to a product less light reaches the paper, and the band lies closest of all. A plane through known background
goes on straight where the shade deepens. So the shade that is seen on known background is regressed on what stands
around a place: the alpha, blurred to five extents, and its slopes, which tell the side that the shadow falls to. The
same law then speaks within the band. It is linear in the logarithm of paper left light, per channel, with a
polynomial of second degree for what the plate does not know. Where it does not explain what is seen (a room, a
pattern) it is not used.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.matting.arrays import F32, F64

Places = NDArray[np.integer[Any]]

EXTENTS = (0.5, 1.0, 2.0, 4.0, 8.0)  # standard deviations of the blur, cells
RIDGE = 2e-4
# What the law's certainty counts against that of a plane found in the photo, see planes.PLATE_SAY.
SAY = 0.02
SCATTER = 0.03  # relative deviation of known background from the law, above which it is not used
ROUNDS = 3
MOST = 6000  # cells that are looked at
_POLYNOMIAL = 6
_FEWEST = 4
_DARKEST, _BRIGHTEST = 0.03, 1.3


def cover(alpha: F32, size: int, step: int = 2) -> F32:
    """Mean alpha by cell of the whole grid, float32 (rows, columns), from one pixel in step x step of (H, W)."""
    height, width = alpha.shape
    step = max(step, size // 4)
    rows, columns, per = -(-height // size), -(-width // size), size // step
    seen = np.ascontiguousarray(alpha[::step, ::step])
    down, across = rows * per - seen.shape[0], columns * per - seen.shape[1]
    seen = cv2.copyMakeBorder(seen, 0, down, 0, across, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(seen, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def shaded(sums: F32, covered: F32, plate: tuple[F32, F32] | None, near: Places) -> tuple[F32, F32] | None:
    """The plate with the shade on it, linear (rows, columns, 3) and sigma (rows, columns); None where no law holds.

    sums: float32 (rows, columns, 7) of known background, see planes.background_sums. covered: see `cover`. Without a
    plate the paper is what the polynomial says. near: row and column (m, 2) of the cells that are wanted; the others
    keep their plate, or the paper without shade.
    """
    rows, columns = np.nonzero(sums[..., 0])
    if len(rows) < _FEWEST:
        return None
    terms = _terms(covered)
    if len(rows) < 4 * len(terms):
        terms = terms[:1]  # a window with little paper in it: even, or not
    stride = -(-len(rows) // MOST)
    rows, columns = rows[::stride], columns[::stride]
    count = sums[rows, columns, 0]
    seen = sums[rows, columns, 1:4] / count[:, None]
    if plate is None:
        base, sigma = np.broadcast_to(np.median(seen, 0), (*covered.shape, 3)), np.zeros(covered.shape, np.float32)
    else:
        base, sigma = np.maximum(plate[0], 1e-3), plate[1].copy()
    left = np.log(np.clip(seen / np.maximum(base[rows, columns], 1e-3), _DARKEST, 4)).astype(np.float64)
    law, inverse, scatter = _fitted(_at(terms, rows, columns), left, count.astype(np.float64) / float(count.max()))
    if scatter > SCATTER:
        return None
    here = near[:, 0], near[:, 1]
    wanted = _at(terms, *here)
    light = np.exp(np.clip(wanted @ law, np.log(_DARKEST), np.log(_BRIGHTEST)))
    unsure = np.sqrt(scatter**2 * (1 + ((wanted @ inverse) * wanted).sum(1)))
    linear = base.astype(np.float32)
    linear[here] = np.clip(base[here] * light, 0, 1)
    sigma[here] = unsure * linear[here].mean(1)
    return linear, sigma


def _at(terms: list[F32], rows: Places, columns: Places) -> F64:
    return np.stack([term[rows, columns] for term in terms], 1).astype(np.float64)


def _terms(covered: F32) -> list[F32]:
    """float32 (rows, columns) each: the polynomial, then blurred alpha and its slopes by extent."""
    rows, columns = covered.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    terms = [np.ones_like(x), x, y, x * x, x * y, y * y]
    for extent in EXTENTS:
        blurred = cv2.GaussianBlur(covered, (0, 0), extent, borderType=cv2.BORDER_REPLICATE)
        terms.append(blurred)
        for dx, dy in ((1, 0), (0, 1)):
            slope = cv2.Sobel(blurred, cv2.CV_32F, dx, dy, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
            terms.append(np.asarray(extent * slope, np.float32))
    return terms


def _fitted(x: F64, y: F64, share: F64) -> tuple[F64, F64, float]:
    """Coefficients (k, 3), the inverse of the normal matrix (k, k) and the robust scatter about the fit."""
    ridge = np.full(x.shape[1], RIDGE)
    ridge[:_POLYNOMIAL] = 1e-6
    weight, scatter = share, 0.0
    law: F64 = np.zeros((x.shape[1], 3))
    inverse: F64 = np.eye(x.shape[1])
    for _ in range(ROUNDS):
        weighted = x * weight[:, None]
        inverse = np.asarray(np.linalg.inv(weighted.T @ x + np.diag(ridge * share.sum())), np.float64)
        law = inverse @ (weighted.T @ y)
        rest = y - x @ law
        scatter = 1.4826 * float(np.median(np.abs(rest))) + 1e-4
        weight = share / (1 + (np.abs(rest).max(1) / (6 * scatter)) ** 2) ** 2
    return law, inverse, scatter
