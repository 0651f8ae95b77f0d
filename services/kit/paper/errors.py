"""Rows of the error table that only the paper room raises."""

from __future__ import annotations

from services.kit.errors import SelvageError


class PlateInvalid(SelvageError):
    """The stored plate cannot be read ({problem}). Run the plate stage again."""

    code, http = "DATA_LOSS", 500


class ShootTooSmall(SelvageError):
    """A shoot plate needs at least {least} photos, {count} came. Add photos, or estimate the plate of each photo."""

    code, http = "INVALID_ARGUMENT", 400


class ShootMixed(SelvageError):
    """The photos of a shoot must share one shape; photo {number} has another aspect ratio. Split the shoot."""

    code, http = "INVALID_ARGUMENT", 400
