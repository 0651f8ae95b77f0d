"""The one error table. Each error's docstring is its public message; `{name}` is filled from the keyword arguments.

A message says what is wrong and what to do. `reason` is the UPPER_SNAKE name of the row, stable for clients.
No grpc import here: `code` names the canonical status code, services/kit/rpc maps it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

# Canonical status code -> HTTP status, where a row does not say it better (google.rpc.Code).
HTTP_OF_CODE = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class SelvageError(Exception):
    """Something went wrong inside Selvage. Please report it with the request id."""

    code: str = "INTERNAL"
    http: int = 500
    retryable: bool = False
    reason: str = "INTERNAL"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "reason" not in cls.__dict__:
            cls.reason = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()

    def __init__(self, **details: object) -> None:
        self.details = {name: str(value) for name, value in details.items()}
        self.message = inspect.cleandoc(type(self).__doc__ or "").format_map(self.details)
        super().__init__(self.message)

    @classmethod
    def rebuild(cls, message: str, details: dict[str, str]) -> SelvageError:
        """The error as it was on the other side of a wire."""
        error = cls.__new__(cls)
        Exception.__init__(error, message)
        error.details, error.message = details, message
        return error

    @classmethod
    def foreign(cls, reason: str, code: str, message: str, details: dict[str, str], retryable: bool) -> SelvageError:
        """A row of a room or a version that is not here: its own reason and message, the HTTP status of its code."""
        error = cls.rebuild(message, details)
        error.reason, error.code, error.retryable = reason, code, retryable
        error.http = HTTP_OF_CODE.get(code, 500)
        return error


def table() -> Iterator[type[SelvageError]]:
    """Every row, the base first. Import the rooms whose rows you want."""
    todo: list[type[SelvageError]] = [SelvageError]
    while todo:
        row = todo.pop()
        yield row
        todo += row.__subclasses__()


# --- photos ---------------------------------------------------------------------------------------------------------


class PhotoError(SelvageError):
    """The photo cannot be used. Export it again as JPEG, PNG, WebP, TIFF, AVIF or HEIC."""

    code, http = "INVALID_ARGUMENT", 422


class EmptyFile(PhotoError):
    """The file is empty. Copy it again from the camera or the source."""


class UnreadableFile(PhotoError):
    """The file cannot be read ({cause}). Check its permissions and the disk."""


class UnsupportedFormat(PhotoError):
    """This is not a photo Selvage reads (found: {found}). Export it as JPEG, PNG, WebP, TIFF, AVIF or HEIC."""

    http = 415


class TruncatedFile(PhotoError):
    """The file ends early or is damaged ({cause}). Copy it again from the camera or the source."""


class FileTooLarge(PhotoError):
    """The file has {size} bytes, the limit is {limit}. Export it smaller, or raise SELVAGE_LIMIT_BYTES."""

    http = 413


class TooManyPixels(PhotoError):
    """The picture is {width} x {height} pixels, the limit is {limit} megapixels and {side} pixels a side.
    Export it smaller, or raise SELVAGE_LIMIT_MEGAPIXELS or SELVAGE_LIMIT_SIDE."""

    http = 413


class TooFewPixels(PhotoError):
    """The picture is {width} x {height} pixels; at least {limit} a side are needed. Use the original photo."""


class AnimatedPicture(PhotoError):
    """The file holds {frames} frames. Export the one frame you want as a still picture."""


# --- objects --------------------------------------------------------------------------------------------------------


class ObjectNotFound(SelvageError):
    """There is no object {key} in the store. Upload it first, or run the stage that makes it again."""

    code, http = "NOT_FOUND", 404


class ObjectExists(SelvageError):
    """There is an object {key} in the store already, and only a new one was to be written. Read that one instead."""

    code, http = "ALREADY_EXISTS", 409


class RangeOutsideObject(SelvageError):
    """The object {key} has none of the bytes asked for ({range}). Ask for a range that begins within its size."""

    code, http = "OUT_OF_RANGE", 416


class InvalidKey(SelvageError):
    """The object key {key} is not allowed. Use letters, digits, '.', '_', '-' between single '/', starting no part
    with a dot, and no object's key as a folder of another."""

    code, http = "INVALID_ARGUMENT", 400


class StoreUnavailable(SelvageError):
    """The object store does not answer ({cause}). Check SELVAGE_STORE_* and that the store runs; it is tried again."""

    code, http, retryable = "UNAVAILABLE", 503, True


class StoreFull(SelvageError):
    """The object store has no room left ({cause}). Free some space or enlarge it, then run the job again."""

    code, http = "RESOURCE_EXHAUSTED", 507


class StoreDenied(SelvageError):
    """The object store refused access ({cause}). Check SELVAGE_STORE_ACCESS_KEY and SELVAGE_STORE_SECRET_KEY, or the
    permissions of its folder."""

    code, http = "FAILED_PRECONDITION", 500


class StoreClock(SelvageError):
    """The object store refuses what is signed here, because its clock and this machine's are too far apart ({cause}).
    Let NTP set both."""

    code, http = "FAILED_PRECONDITION", 500


class BucketMissing(SelvageError):
    """The object store has no bucket {bucket}. Create it, or correct SELVAGE_STORE_URL."""

    code, http = "FAILED_PRECONDITION", 500


class UnwritableFile(SelvageError):
    """{path} cannot be written ({cause}). Check the folder's permissions and the free space."""

    code, http = "FAILED_PRECONDITION", 500


# --- calls ----------------------------------------------------------------------------------------------------------


class InvalidArgument(SelvageError):
    """{field}: {problem}"""

    code, http = "INVALID_ARGUMENT", 400


class SettingsInvalid(SelvageError):
    """{count} setting(s) cannot be used:
    {problems}"""

    code, http = "FAILED_PRECONDITION", 500


class WorkAbandoned(SelvageError):
    """The caller has gone, so the work was stopped. Send the request again if it is still wanted."""

    code, http = "CANCELLED", 499


class DeadlineTooShort(SelvageError):
    """The work cannot finish within the {seconds} s left. Call again with a longer deadline."""

    code, http = "DEADLINE_EXCEEDED", 504


class DeadlineExceeded(SelvageError):
    """The {service} service did not finish in time. Call again with a longer deadline."""

    code, http, retryable = "DEADLINE_EXCEEDED", 504, True


class AddressInUse(SelvageError):
    """Cannot listen on {address} ({cause}). Stop the program that uses it, or choose another address."""

    code, http = "FAILED_PRECONDITION", 500


class TlsFilesUnusable(SelvageError):
    """The TLS files {files} cannot be used ({cause}). Check SELVAGE_TLS_*: PEM files that fit together and a key
    without a password."""

    code, http = "FAILED_PRECONDITION", 500


class ServiceUnavailable(SelvageError):
    """The {service} service does not answer ({cause}). It is tried again; `selvage doctor` shows what is wrong."""

    code, http, retryable = "UNAVAILABLE", 503, True


class MethodNotServed(SelvageError):
    """This server does not serve {method}. Call one of a version that does, or leave the call out."""

    code, http = "UNIMPLEMENTED", 501


class Overloaded(SelvageError):
    """Too much work is waiting. Try again in {seconds} s."""

    code, http, retryable = "RESOURCE_EXHAUSTED", 429, True
