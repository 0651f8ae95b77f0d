"""In which light a photo's mixed pixels are mixtures: linear, encoded, or that of a tone curve.

Where product and background differ in hue, a mixed pixel lies on the straight line between the two colours in the light
that was mixed in, and off it in any other. So known colours of both sides are taken from around pixels of the unknown
band; in each light the best mixture of the two is put back into codes, where noise is about even, and compared with the
pixel. Then pixels vote, two lights at a time: one that a light explains within the noise, and the other clearly less
well, speaks for the first. Pixels whose surroundings mislead are explained by neither and are silent; so are greys,
which lie on one line in every light. What the picture does not say clearly stays linear, which is what a camera does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.matting.arrays import BACKGROUND, F32, FOREGROUND, U8, UNKNOWN
from services.matting.light import AUTO, CURVE, CURVES, ENCODED, LINEAR_LIGHT, Light, named

# Pixels across the grid that is looked at, how far around known colours are gathered (the nearest that suffice), and
# how many must be there.
_SIDE, _REACHES, _SEEDS = 384, (5, 11, 23), 8
_MOST = 2000
# Squared distance of the two colours, in codes over 255, and what it must be in units of their own scatter.
_APART, _CLEAR = 0.04, 2.0
# Share of a mixed pixel that either side must have.
_MIXED = 0.05
# In codes: error up to which a pixel is explained, and from which it is not, be it more or less.
_NEAR, _FAR = 2.5, 5.0
# From linear light on, by what they do to a mixture.
_LADDER = (LINEAR_LIGHT, *CURVES, ENCODED)
_STEPS = np.arange(256) / 255

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Bar:
    """What another light needs to be believed. better: codes by which it must explain a pixel better. share: of the
    votes. votes: for it at least."""

    better: float
    share: float
    votes: int

    def passed(self, votes: tuple[int, int]) -> bool:
        return votes[0] >= self.votes and votes[0] >= self.share * sum(votes)


# Chosen on the "pick" half of benchmarks/matting/scenarios.py; benchmarks/matting/README.md has the other half.
_CLEARLY, _FINELY = _Bar(3.0, 0.75, 10), _Bar(1.0, 0.7, 20)


@dataclass(frozen=True)
class Mixtures:
    """Mixed pixels and the colours around them, codes over 255: seen, front and back, float32 (n, 3) each."""

    seen: F32
    front: F32
    back: F32


def choose(rgb: U8, trimap: U8, wanted: str = AUTO) -> Light:
    """The light for this photo. `wanted`: one of light.CHOICES; `auto` looks at the photo, `curve` for its best curve.

    rgb: uint8 (H, W, 3). trimap: uint8 (H, W) of 0, 128, 255. Raises UnknownLight.
    """
    if wanted not in (AUTO, CURVE):
        return named(wanted)
    errors = explained(mixtures(rgb, trimap))
    off = {name: float(np.minimum(error, _FAR).sum()) for name, error in errors.items()}
    if wanted == CURVE:
        return named(min(CURVES, key=off.__getitem__))
    if _CLEARLY.passed(_votes(errors[ENCODED], errors[LINEAR_LIGHT], _CLEARLY)):
        nearest = CURVES[-1]
        return named(nearest if _FINELY.passed(_votes(errors[nearest], errors[ENCODED], _FINELY)) else ENCODED)
    # The nearest to linear light of those that nothing between the two explains as well.
    far = _LADDER.index(min(_LADDER, key=off.__getitem__))
    while far and not _believed(errors, far):
        far -= 1
    return named(_LADDER[far])


def _believed(errors: Mapping[str, F32], place: int) -> bool:
    """Whether a light of the ladder is believed over linear light, and over every one between."""
    mine = errors[_LADDER[place]]
    between = (_votes(mine, errors[name], _FINELY) for name in _LADDER[1:place])
    return _FINELY.passed(_votes(mine, errors[LINEAR_LIGHT], _FINELY)) and all(
        votes[0] >= _FINELY.share * sum(votes) for votes in between
    )


def mixtures(rgb: U8, trimap: U8) -> Mixtures:
    """Pixels of the band between two clearly different colours; as they are, since averages would mix again."""
    step = -(-max(trimap.shape) // _SIDE)
    codes = np.asarray(rgb[::step, ::step] / np.float32(255), np.float32)
    known = trimap[::step, ::step]
    at = np.flatnonzero(known == UNKNOWN)
    squares = (codes * codes).sum(2)
    front, front_spread, front_found = _around(codes, squares, known == FOREGROUND, at)
    back, back_spread, back_found = _around(codes, squares, known == BACKGROUND, at)
    apart = ((front - back) ** 2).sum(1)
    clear = front_found & back_found & (apart > _APART) & (apart > _CLEAR * (front_spread + back_spread))
    chosen = np.flatnonzero(clear)
    chosen = chosen[:: max(1, len(chosen) // _MOST)]
    return Mixtures(codes.reshape(-1, 3)[at[chosen]], front[chosen], back[chosen])


def explained(mixed: Mixtures) -> dict[str, F32]:
    """By name of light: how far the best mixture is from each mixed pixel, in codes, float32 (n,)."""
    found = {name: _errors(mixed, named(name)) for name in (LINEAR_LIGHT, ENCODED, *CURVES)}
    inside = np.ones(len(mixed.seen), bool)
    for name in (LINEAR_LIGHT, ENCODED):
        share = found[name][0]
        inside &= (share > _MIXED) & (share < 1 - _MIXED)
    return {name: error[inside] for name, (_, error) in found.items()}


def _votes(one: F32, other: F32, bar: _Bar) -> tuple[int, int]:
    """Pixels that speak for the one and for the other, by their errors."""

    def better(mine: F32, its: F32) -> int:
        return int(np.count_nonzero((mine < _NEAR) & (its > mine + bar.better)))

    return better(one, other), better(other, one)


def _errors(mixed: Mixtures, light: Light) -> tuple[F32, F32]:
    """The product's share of the best mixture, and how far it is from the pixel in codes; float32 (n,) each."""
    lut = light.lut.astype(np.float64)
    seen, front, back = (np.interp(each, _STEPS, lut) for each in (mixed.seen, mixed.front, mixed.back))
    line = front - back
    share = ((seen - back) * line).sum(1) / np.maximum((line * line).sum(1), 1e-9)
    mixture = back + np.clip(share, 0, 1)[:, None] * line
    apart = np.interp(mixture, lut, _STEPS) - mixed.seen
    return share.astype(np.float32), np.asarray(255 * np.sqrt((apart * apart).sum(1)), np.float32)


def _around(codes: F32, squares: F32, where: Mask, at: NDArray[np.intp]) -> tuple[F32, F32, Mask]:
    """Mean colour (n, 3) and summed variance (n,) of the chosen pixels around each place, and where any are."""
    mask = where.astype(np.float32)
    taken = cv2.merge([*(codes[..., c] * mask for c in range(3)), squares * mask, mask])
    total, found = np.zeros((len(at), 5), np.float32), np.zeros(len(at), bool)
    for reach in _REACHES:
        sums = cv2.blur(taken, (2 * reach + 1, 2 * reach + 1), borderType=cv2.BORDER_CONSTANT).reshape(-1, 5)[at]
        enough = (sums[:, 4] * (2 * reach + 1) ** 2 >= _SEEDS) & ~found
        total[enough] = sums[enough]
        found |= enough
        if found.all():
            break
    total[:, :4] /= np.maximum(total[:, 4:], np.float32(1e-6))
    mean = total[:, :3]
    return mean, np.maximum(total[:, 3] - (mean * mean).sum(1), 0), found
