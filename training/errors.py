"""Rows of the error table that training raises."""

from __future__ import annotations

from services.kit.errors import SelvageError


class TrainExtraMissing(SelvageError):
    """This command needs {package}, which is not installed. Install it with pip install 'selvage[train]'."""

    code, http = "FAILED_PRECONDITION", 500


class PairsUnusable(SelvageError):
    """{path} is no folder of labelled photos ({problem}). Put photos into images/ and their masks under the same names
    into masks/ (or alpha/)."""

    code, http = "INVALID_ARGUMENT", 400


class TooFewPairs(SelvageError):
    """{found} is too little to learn from and to judge by. Add some: at least {least} are needed."""

    code, http = "FAILED_PRECONDITION", 400


class WeightsUnreadable(SelvageError):
    """The model {name} cannot be trained further ({problem}). Only models of Selvage's own network can; give a
    checkpoint with --init."""

    code, http = "FAILED_PRECONDITION", 400


class PhotosMissing(SelvageError):
    """Photos to train or judge with are missing ({problem}). docs/training.md lists them."""

    code, http = "NOT_FOUND", 404


class PicturesMissing(SelvageError):
    """There is no grey picture {path} to judge. `selvage evaluate --write-pictures FOLDER` writes what to cut out."""

    code, http = "NOT_FOUND", 404


class NotAModel(SelvageError):
    """{word} names nothing to judge. Give a checkpoint (.pt), an ONNX file, a model folder, a folder of alphas, or a
    profile's name."""

    code, http = "INVALID_ARGUMENT", 400
