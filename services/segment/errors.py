"""Rows of the error table that only the segment room raises."""

from __future__ import annotations

from services.kit.errors import SelvageError


class UnknownProfile(SelvageError):
    """There is no segmentation profile {profile}. Choose one of: {known}."""

    code, http = "INVALID_ARGUMENT", 400


class PlateMissing(SelvageError):
    """The profile {profile} needs the studio background, and the request names no plate. Estimate one first."""

    code, http = "INVALID_ARGUMENT", 400


class ModelMissing(SelvageError):
    """The model {name} cannot be loaded ({problem}). Reinstall Selvage, or point SELVAGE_SEGMENT_MODEL to a model."""

    code, http = "FAILED_PRECONDITION", 500


class ModelContract(SelvageError):
    """The model {name} does not keep the contract ({problem}). It takes uint8 [N, S, S, 3] and gives [N, S, S, 2]."""

    code, http = "FAILED_PRECONDITION", 500


class ModelUnknown(SelvageError):
    """The model {name} is of no family Selvage knows ({seen}). Say {missing} in {card} beside it; docs/models.md shows
    its ten lines."""

    code, http = "FAILED_PRECONDITION", 500


class OwnModelUnfit(SelvageError):
    """The model {name} cannot be used as it is ({problem}). {advice}"""

    code, http = "FAILED_PRECONDITION", 500


class CardInvalid(SelvageError):
    """The model card {path} cannot be used ({problem}). Correct it; docs/models.md explains its lines."""

    code, http = "FAILED_PRECONDITION", 500


class CalibrationStale(SelvageError):
    """The calibration {path} does not belong to its model ({problem}). Run `selvage calibrate` again, or delete it."""

    code, http = "FAILED_PRECONDITION", 500


class ProfileNameTaken(SelvageError):
    """Two segmentation profiles are called {name}. Give the model {file} another name in the card beside it."""

    code, http = "FAILED_PRECONDITION", 500


class ModelsFolderMissing(SelvageError):
    """There is no folder {path} to take models from. Correct SELVAGE_SEGMENT_MODELS."""

    code, http = "FAILED_PRECONDITION", 500


class ProviderMissing(SelvageError):
    """ONNX Runtime has no {provider} here (it has: {available}). Install the runtime for that device, or change
    SELVAGE_SEGMENT_PROVIDERS."""

    code, http = "FAILED_PRECONDITION", 500


class TritonUnavailable(SelvageError):
    """Triton at {url} does not answer ({cause}). Check that it runs and is ready; the call is tried again."""

    code, http, retryable = "UNAVAILABLE", 503, True


class TritonRefused(SelvageError):
    """Triton at {url} refused the model {name} ({cause}). Compare its model repository with ours."""

    code, http = "FAILED_PRECONDITION", 500
