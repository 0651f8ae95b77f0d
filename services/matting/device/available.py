"""Whether a device can be used. A device that was asked for and is not there is an error, never a quiet detour."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.kit.paper import Plate
from services.matting.arrays import F32, U8
from services.matting.errors import DeviceMissing
from services.matting.field import Band, FieldOptions, solve

if TYPE_CHECKING:
    from services.matting.device.solver import Photo

HOST = "cpu"
DEVICES = (HOST, "cuda")


def checked(device: str) -> None:
    """Raises DeviceMissing where torch or the device of this name is absent."""
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise DeviceMissing(device=device, problem="torch is not installed") from error
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceMissing(device=device, problem="torch sees no CUDA device")


def solve_many(
    photos: Sequence[Photo], options: FieldOptions | None = None, device: str = "cuda"
) -> list[tuple[F32, Band]]:
    """Alpha and band of every photo, as `field.solve` gives them for one. device: as torch names it.

    The photos of one call become one system; their cells must have one size, so a call with photos of very different
    size needs options.size. Raises DeviceMissing.
    """
    checked(device)
    from services.matting.device import solver  # noqa: PLC0415 - torch is optional

    return solver.solve(photos, options or FieldOptions(), device)


def solve_on(
    device: str, rgb: U8, trimap: U8, prior: F32, belief: F32, plate: Plate | None, options: FieldOptions
) -> tuple[F32, Band]:
    """field.solve, compiled for the CPU or on another device. Raises DeviceMissing."""
    if device == HOST:
        return solve(rgb, trimap, prior, belief, plate, options)
    checked(device)
    from services.matting.device.solver import Photo  # noqa: PLC0415 - torch is optional

    return solve_many([Photo(rgb, trimap, prior, belief, plate)], options, device)[0]
