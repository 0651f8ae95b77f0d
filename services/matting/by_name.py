"""The solvers by name: alpha of the unknown band, and what is known about the colours there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from services.kit.paper import Plate
from services.matting import pymatting_solvers
from services.matting.arrays import F32, U8
from services.matting.device import HOST, solve_on
from services.matting.errors import UnknownSolver
from services.matting.field import Band, FieldOptions, decided, survey
from services.matting.fine import FineOptions, refine
from services.matting.light import Light

FIELD = "field"
# The field, and made finer by sampled colours at several times its cost; see fine/refine.
FINE = "fine"
SOLVERS = (FIELD, FINE, *pymatting_solvers.NAMES)


@dataclass(frozen=True)
class SolverOptions:
    """name: one of SOLVERS. pymatting_mib: memory the named alternatives may take. The lut of `field` is that of the
    light a photo is solved in, whatever it says here."""

    name: str = FIELD
    field: FieldOptions = dataclasses.field(default_factory=FieldOptions)
    fine: FineOptions = dataclasses.field(default_factory=FineOptions)
    pymatting_mib: int = 2048
    device: str = HOST

    def check(self) -> None:
        """Raises UnknownSolver."""
        if self.name not in SOLVERS:
            raise UnknownSolver(solver=self.name, known=", ".join(SOLVERS))


def solved(
    rgb: U8,
    values: U8,
    prior: F32,
    belief: F32,
    plate: Plate | None,
    light: Light,
    options: SolverOptions,
    go_on: Callable[[], None] = lambda: None,
) -> tuple[F32, Band]:
    """Alpha float32 (H, W), exactly 0 and 1 where the trimap is 0 and 255, and its band, in this light.

    rgb: uint8 (H, W, 3). values: the trimap, uint8 (H, W) of 0, 128, 255. prior, belief: the model's alpha and its
    confidence, float32 (h, w). go_on: called between the steps. Raises UnknownSolver, SolverNeedsMemory.
    """
    options.check()
    field = dataclasses.replace(options.field, lut=light.lut)
    plate = light.plate(plate)
    if options.name not in (FIELD, FINE):
        alpha = pymatting_solvers.solve(rgb, values, prior, options.name, options.pymatting_mib, light.lut, go_on)
        go_on()
        return alpha, survey(rgb, values, alpha, plate, field.size, light.lut)
    alpha, band = solve_on(options.device, rgb, values, prior, belief, plate, field)
    if options.name == FINE:
        go_on()
        share = decided(band.cells, band.variance, belief, field.law)
        alpha = refine(rgb, light.lut, values, alpha, share, options.fine, go_on)
    return alpha, band
