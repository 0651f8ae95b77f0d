"""Rows of the error table for synchronous cut-outs."""

from __future__ import annotations

from services.kit.errors import SelvageError


class CutoutTakesLong(SelvageError):
    """The cut-out was not ready within {seconds} s. The job {job_id} goes on; send the same request again to get it."""

    code, http, retryable = "DEADLINE_EXCEEDED", 504, True


class CutoutCancelled(SelvageError):
    """The job {job_id} of this cut-out was cancelled. Send the request again with another Idempotency-Key."""

    code, http = "ABORTED", 409


class PhotoMissing(SelvageError):
    """The request holds no photo. Send one as {fields}."""

    code, http = "INVALID_ARGUMENT", 400


class PhotosSeveral(SelvageError):
    """The request holds several photos. Send only one of {fields}."""

    code, http = "INVALID_ARGUMENT", 400
