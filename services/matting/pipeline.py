"""From a coarse alpha and its confidence to a full-size matte: trimap, alpha, colours, confidence, shadow, numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from services.kit.paper import Plate
from services.matting import confidence as doubt
from services.matting import foreground, light, light_choice, numbers, seeds, strokes
from services.matting.arrays import F32, U8
from services.matting.by_name import FIELD, SolverOptions, solved
from services.matting.device import HOST
from services.matting.errors import MapsDoNotFit
from services.matting.field import FieldOptions
from services.matting.fine import FineOptions
from services.matting.shadow import ShadowOptions, extract
from services.matting.trimap import TrimapOptions, build, status
from services.matting.window import Layers


@dataclass(frozen=True)
class MatteOptions:
    """solver, field, fine, pymatting_mib, device: as in SolverOptions. light: one of light.CHOICES."""

    solver: str = FIELD
    light: str = light.AUTO
    trimap: TrimapOptions = dataclasses.field(default_factory=TrimapOptions)
    seeds: seeds.SeedOptions = dataclasses.field(default_factory=seeds.SeedOptions)
    field: FieldOptions = dataclasses.field(default_factory=FieldOptions)
    fine: FineOptions = dataclasses.field(default_factory=FineOptions)
    shadow: ShadowOptions = dataclasses.field(default_factory=ShadowOptions)
    pymatting_mib: int = 2048
    device: str = HOST

    @property
    def solving(self) -> SolverOptions:
        return SolverOptions(self.solver, self.field, self.fine, self.pymatting_mib, self.device)


@dataclass(frozen=True)
class MatteResult:
    """alpha: float32 (H, W), exactly 0 and 1 outside the band. confidence: uint8 (H, W), 255 for certainty. trimap:
    uint8 (H, W) of 0, 128, 255. foreground: uint8 (H, W, 3) encoded sRGB, clean colours in the band, the photo's own
    elsewhere. shadow: uint8 (h, w, 3), at most 2048 a side, to multiply in encoded sRGB; None when there is none."""

    alpha: F32
    confidence: U8
    trimap: U8
    foreground: U8
    shadow: U8 | None
    numbers: numbers.MatteNumbers


def matte(
    rgb: U8,
    alpha: F32,
    confidence: F32,
    plate: Plate | None = None,
    options: MatteOptions | None = None,
    painted: Sequence[strokes.Stroke] = (),
    go_on: Callable[[], None] = lambda: None,
) -> MatteResult:
    """The matte of one photo.

    rgb: uint8 (H, W, 3) encoded sRGB, upright. alpha, confidence: float32 (h, w) in [0, 1] of any resolution with the
    photo's aspect. plate: the studio background; one that is not usable counts as none. painted: strokes of a person,
    replayed. go_on: called between the steps; it raises to stop the work. A photo with nothing in it, or nothing but
    product, gives a matte too; numbers.status names the case. Raises UnknownSolver, UnknownLight, MapsDoNotFit,
    SolverNeedsMemory.
    """
    options = options or MatteOptions()
    options.solving.check()
    rgb = np.ascontiguousarray(rgb)
    prior, belief = _checked(rgb, alpha, confidence)
    values = build(prior, belief, rgb.shape[:2], options.trimap).values
    go_on()
    values = seeds.corrected(rgb, values, prior, belief, plate, options.seeds)
    mixed_in = light_choice.choose(rgb, values, options.light)
    if painted:
        values, belief = strokes.painted(values, painted), strokes.doubted(belief, painted, rgb.shape[:2])
    go_on()
    result, band = solved(rgb, values, prior, belief, plate, mixed_in, options.solving, go_on)
    go_on()
    sure = doubt.merge(values, result, belief, band, options.field.law)
    colours = foreground.recover(rgb, values, result, band, mixed_in)
    go_on()
    return measured(rgb, Layers(result, sure, values, colours), plate, options, mixed_in, go_on)


def measured(
    rgb: U8,
    layers: Layers,
    plate: Plate | None,
    options: MatteOptions,
    mixed_in: light.Light,
    go_on: Callable[[], None] = lambda: None,
) -> MatteResult:
    """The layers of a whole photo as a result: with their shadow, and their numbers for the gate.

    options, mixed_in: what they were solved with. go_on: called between the steps; it raises to stop the work.
    """
    shadow, detail = extract(rgb, layers.alpha, plate, options.shadow)
    go_on()
    figures = numbers.measure(
        rgb,
        layers.alpha,
        layers.trimap,
        layers.confidence,
        status=status(layers.trimap),
        solver=options.solver,
        light=mixed_in.name,
        shadow_detail=detail,
        plate=plate,
    )
    return MatteResult(layers.alpha, layers.confidence, layers.trimap, layers.foreground, shadow, figures)


def _checked(rgb: U8, alpha: F32, confidence: F32) -> tuple[F32, F32]:
    """The maps as finite float32 in [0, 1]; where either is no number the alpha is one half without confidence."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise MapsDoNotFit(problem=f"the photo is {rgb.dtype} {rgb.shape}, uint8 (H, W, 3) is needed")
    if alpha.ndim != 2 or alpha.size == 0 or alpha.shape != confidence.shape:
        raise MapsDoNotFit(problem=f"alpha is {alpha.shape}, confidence {confidence.shape}")
    expected = alpha.shape[0] * rgb.shape[1] / rgb.shape[0]
    if abs(expected - alpha.shape[1]) > max(2.0, 0.02 * expected):
        raise MapsDoNotFit(problem=f"the photo is {rgb.shape[1]} x {rgb.shape[0]}, alpha {alpha.shape[::-1]}")
    broken = ~(np.isfinite(alpha) & np.isfinite(confidence))
    prior = np.clip(np.where(broken, 0.5, alpha), 0, 1).astype(np.float32)
    belief = np.clip(np.where(broken, 0, confidence), 0, 1).astype(np.float32)
    return np.ascontiguousarray(prior), np.ascontiguousarray(belief)
