"""Rows of the error table that only matting raises."""

from __future__ import annotations

from services.kit.errors import SelvageError


class UnknownSolver(SelvageError):
    """There is no matting solver {solver}. Use one of: {known}."""

    code, http = "INVALID_ARGUMENT", 400


class UnknownLight(SelvageError):
    """There is no light {light!r} to mat a photo in. Use one of: {known}."""

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


class DeviceMissing(SelvageError):
    """Matting was asked to run on {device}, but {problem}. Install Selvage with its extra `gpu` on a machine that has
    the device, or set SELVAGE_MATTING_DEVICE to cpu."""

    code, http = "FAILED_PRECONDITION", 500
