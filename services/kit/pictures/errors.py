"""Refusals of the picture room beyond the common photo rows."""

from __future__ import annotations

from services.kit.errors import PhotoError, SelvageError


class PictureTooLargeForFormat(PhotoError):
    """{format} holds at most {limit} pixels a side, the picture is {width} x {height}.
    Choose another format or a smaller export."""


class DecodeTimeout(PhotoError):
    """The photo could not be decoded within {seconds} s. Export it again as JPEG or PNG, or raise
    SELVAGE_LIMIT_DECODE_SECONDS."""


class DecodeMemory(PhotoError):
    """Decoding the photo took more than {limit} MiB. Export it smaller or as JPEG, or raise
    SELVAGE_LIMIT_DECODE_MEMORY_MB."""

    http = 413


class DecodeCrashed(PhotoError):
    """The decoder broke down on this photo ({cause}). Export it again as JPEG or PNG."""


class CompiledCodeHasNoPlace(SelvageError):
    """numba cannot write its compiled code to {folder}. Set NUMBA_CACHE_DIR to a folder that this user may write to; in
    a container mount a tmpfs or an emptyDir at /tmp."""

    code, http = "FAILED_PRECONDITION", 500
