"""Rows of the error table that only matting raises."""

from __future__ import annotations

from services.kit.errors import SelvageError


class UnknownSolver(SelvageError):
    """There is no matting solver {solver}. Use one of: {known}."""

    code, http = "INVALID_ARGUMENT", 400


class SolverNeedsMemory(SelvageError):
    """The solver {solver} needs {needed} MiB for its smallest tile, {allowed} MiB are allowed. Use the solver "field",
    or raise SELVAGE_MATTING_PYMATTING_MIB."""

    code, http = "RESOURCE_EXHAUSTED", 507


class MapsDoNotFit(SelvageError):
    """The maps do not fit the photo ({problem}). Run the segment stage again for this photo."""

    code, http = "INVALID_ARGUMENT", 400


class NothingPainted(SelvageError):
    """The strokes do not touch the photo. Paint inside the photo, in pixels of the upright picture."""

    code, http = "INVALID_ARGUMENT", 400
