"""What an S3 service answers when something is wrong, as rows of the error table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import urllib3
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from services.kit.errors import (
    BucketMissing,
    InvalidKey,
    ObjectExists,
    ObjectNotFound,
    SelvageError,
    StoreClock,
    StoreDenied,
    StoreFull,
    StoreUnavailable,
)

FULL = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage"}
BUSY = {
    "SlowDown",
    "ServiceUnavailable",
    "InternalError",
    "RequestTimeout",
    "XMinioServerNotInitialized",
    "ConditionalRequestConflict",  # two writers at the same moment, none of which has won
}
OF_THE_KEY = {
    "NoSuchKey": ObjectNotFound,
    "NoSuchObject": ObjectNotFound,
    "NoSuchVersion": ObjectNotFound,
    "ResourceNotFound": ObjectNotFound,
    "PreconditionFailed": ObjectExists,
    "XMinioObjectExistsAsDirectory": InvalidKey,
    "XMinioParentIsObject": InvalidKey,
    "XMinioInvalidObjectName": InvalidKey,
    "KeyTooLongError": InvalidKey,
}


@contextlib.contextmanager
def translated(bucket: str, key: str) -> Iterator[None]:
    """The SDK's and the connection's errors as rows of the error table."""
    try:
        yield
    except S3Error as error:
        raise _row(error, bucket, key) from error
    except (ServerError, InvalidResponseError) as error:
        cause = str(error)
        row = StoreFull if _full(cause) else StoreUnavailable
        raise row(cause=cause[:200]) from error
    except MinioException as error:
        raise StoreDenied(cause=str(error)[:200]) from error
    except urllib3.exceptions.HTTPError as error:
        raise StoreUnavailable(cause=_short(error)) from error


def _row(error: S3Error, bucket: str, key: str) -> SelvageError:
    cause = f"{error.code}: {error.message}"
    row = OF_THE_KEY.get(str(error.code))
    if row is not None:
        return row(key=repr(key) if row is InvalidKey else key)
    if error.code == "NoSuchBucket":
        return BucketMissing(bucket=bucket)
    if error.code in FULL or _full(cause):
        return StoreFull(cause=cause)
    if error.code in BUSY or error.response.status >= 500:
        return StoreUnavailable(cause=cause)
    return (StoreClock if error.code == "RequestTimeTooSkewed" else StoreDenied)(cause=cause)


def _full(cause: str) -> bool:
    """A disk that fills up in the middle of an upload is an internal error to MinIO; only its text tells."""
    return any(text in cause.lower() for text in ("no space left", "drive path full", "minimum free"))


def _short(error: urllib3.exceptions.HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    return f"{type(reason).__name__}: {reason}"[:200]
