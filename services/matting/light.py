"""The light a photo is matted in: the scale of values on which product and background were mixed.

A camera mixes in linear light, a picture editor in encoded values, and a photo that went through a tone curve mixed
in neither. Which of them it was decides more than the choice of a solver (see docs/adr/0006-matting-in-the-band.md).
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.matting.arrays import CODES, F32, F64, LINEAR, U8, encode
from services.matting.errors import UnknownLight

AUTO, LINEAR_LIGHT, ENCODED, CURVE = "auto", "linear", "encoded", "curve"
# The tone curves that are tried: an S-curve of this contrast over sRGB, or a plain power; from near linear light on.
CURVES = (f"{CURVE}-s0.4", f"{CURVE}-s0.8", f"{CURVE}-p1.4")
NAMES = (LINEAR_LIGHT, ENCODED, *CURVES)
CHOICES = (AUTO, CURVE, *NAMES)
"""What may be asked for: `auto` chooses among all, `curve` the curve that suits best."""

_STEPS = np.arange(256) / 255


@dataclass(frozen=True, eq=False)
class Light:
    """name: one of NAMES. lut: uint8 code to light, float32 (256,), rising from 0 to 1. codes: light in 1 / 4095 to
    uint8 code, (4096,)."""

    name: str
    lut: F32
    codes: U8

    def plate(self, plate: Plate | None) -> Plate | None:
        """The plate with its colours and deviations on this scale instead of that of linear light."""
        if plate is None or self.name == LINEAR_LIGHT:
            return plate
        low, high = (self._of(plate.linear.mean(2) + side * plate.sigma) for side in (-0.5, 0.5))
        return dataclasses.replace(plate, linear=self._of(plate.linear), sigma=high - low)

    def _of(self, linear: F32) -> F32:
        return np.interp(encode(linear), _STEPS, self.lut).astype(np.float32)


@functools.cache
def named(name: str) -> Light:
    """Raises UnknownLight for what is not in NAMES."""
    if name not in NAMES:
        raise UnknownLight(light=name, known=", ".join(CHOICES))
    if name == LINEAR_LIGHT:
        return Light(name, LINEAR, CODES)
    lut = (_STEPS if name == ENCODED else _curve(name)).astype(np.float32)
    codes = np.interp(np.arange(4096) / 4095, lut.astype(np.float64), np.arange(256.0))
    return Light(name, lut, np.rint(codes).astype(np.uint8))


def _curve(name: str) -> F64:
    kind, value = name[len(CURVE) + 1], float(name[len(CURVE) + 2 :])
    if kind == "p":
        return np.asarray(_STEPS**value)
    # The S-curve of picture editors, x + c (3 x^2 - 2 x^3 - x) on encoded values, undone by a table.
    fine = np.linspace(0, 1, 8193)
    before: NDArray[np.float64] = np.interp(_STEPS, fine + value * (fine * fine * (3 - 2 * fine) - fine), fine)
    return np.asarray(np.interp(before, _STEPS, LINEAR.astype(np.float64)))
