"""The gateway's rows of the error table (services/kit/errors.py)."""

from __future__ import annotations

from collections.abc import Sequence

from services.kit.errors import InvalidArgument, SelvageError

# So many problems are told in the message; all of them are in the list beside it.
TOLD = 3


class DatabaseNotStarted(SelvageError):
    """The embedded PostgreSQL did not start ({cause}). Look into {log}, or set SELVAGE_GATEWAY_DATABASE_URL."""

    code, http = "FAILED_PRECONDITION", 500


class DatabaseUnavailable(SelvageError):
    """The database does not answer ({cause}). It is tried again; check SELVAGE_GATEWAY_DATABASE_URL."""

    code, http, retryable = "UNAVAILABLE", 503, True


class DatabaseNotNamed(SelvageError):
    """No database is named. Set SELVAGE_GATEWAY_DATABASE_URL to postgresql://user:password@host/database."""

    code, http = "FAILED_PRECONDITION", 500


class ValueNotStorable(SelvageError):
    """The database cannot store a value of this request ({cause}). Remove NUL characters and numbers out of range."""

    code, http = "INVALID_ARGUMENT", 400


class MigrationChanged(SelvageError):
    """The migration {name} is not the one that was applied to this database. Install the version of Selvage that
    made the database, or a later one."""

    code, http = "FAILED_PRECONDITION", 500


class JobNotFound(SelvageError):
    """There is no job {job_id}. List the jobs to see which there are."""

    code, http = "NOT_FOUND", 404


class ImageNotFound(SelvageError):
    """There is no image {image_id}. List the images of the job to see which there are."""

    code, http = "NOT_FOUND", 404


class FileNotInImage(SelvageError):
    """The image {image_id} has no file {name}. It has: {names}."""

    code, http = "NOT_FOUND", 404


class FileExpired(SelvageError):
    """The file {name} of the image {image_id} has been deleted by the retention policy. Submit the photo again."""

    code, http = "NOT_FOUND", 410


class ImageExpired(SelvageError):
    """Files of the image {image_id} have been deleted by the retention policy: {kinds}. Submit the photo again."""

    code, http = "FAILED_PRECONDITION", 410


class RouteNotFound(SelvageError):
    """There is nothing at {path}. GET /v1/openapi.json lists the routes."""

    code, http = "NOT_FOUND", 404


class MethodNotAllowed(SelvageError):
    """{method} is not possible at {path}. Allowed: {allowed}."""

    code, http = "UNIMPLEMENTED", 405


class RequestTooLarge(SelvageError):
    """The body is larger than the limit of {limit} bytes. Split the request into several."""

    code, http = "INVALID_ARGUMENT", 413


class RangeNotSatisfiable(SelvageError):
    """The range {range} lies outside the file's {size} bytes. Ask for a part that exists, or for all of it."""

    code, http = "OUT_OF_RANGE", 416


class Stopping(SelvageError):
    """The gateway is stopping. Connect again; nothing is lost."""

    code, http, retryable = "UNAVAILABLE", 503, True


class RequestIdReused(SelvageError):
    """The request id {request_id} was used for another request. Send a new id with a new request."""

    code, http = "ALREADY_EXISTS", 422


class FieldsInvalid(InvalidArgument):
    """{count} field(s) cannot be used. {problems}"""

    # (path of the field, what is wrong with it)
    violations: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, violations: Sequence[tuple[str, str]]) -> FieldsInvalid:
        error = cls(count=len(violations), problems=_told(violations))
        error.violations = tuple(violations)
        return error


class UploadTooLarge(SelvageError):
    """The upload is larger than the limit of {limit} bytes. Export the photo smaller, or raise SELVAGE_LIMIT_BYTES."""

    code, http = "INVALID_ARGUMENT", 413


class ObjectsMissing(FieldsInvalid):
    """{count} photo(s) are not in the store. Upload them first. {problems}"""

    code, http = "FAILED_PRECONDITION", 422


class NoImageUsable(FieldsInvalid):
    """None of the images can be used. Correct what is wrong with each, then send the request again. {problems}"""


class JobCancelled(SelvageError):
    """The job {job_id} was cancelled. Submit its photos as a new job."""

    code, http = "FAILED_PRECONDITION", 409


class QueueFull(SelvageError):
    """Too many images are waiting: {waiting}, {of_shop} of them of this shop. Try again in {seconds} s."""

    code, http, retryable = "RESOURCE_EXHAUSTED", 429, True


class EtagRequired(SelvageError):
    """A decision needs the etag of the image it is about. Read the image, then send its etag (REST: If-Match)."""

    code, http = "INVALID_ARGUMENT", 428


class EtagMismatch(SelvageError):
    """The image {image_id} has changed since it was read. Read it again and decide on what it is now."""

    code, http = "ABORTED", 412


class NotDecidable(SelvageError):
    """The image {image_id} is {state}; a decision is possible on needs_review, in_edit, approved and rejected."""

    code, http = "FAILED_PRECONDITION", 409


class RoleMissing(SelvageError):
    """The API key has not the role {roles}. Ask an administrator for a key that has it."""

    code, http = "PERMISSION_DENIED", 403


class ShopForbidden(SelvageError):
    """The API key is not for the shop {shop!r}. Name the shop of the key, or use another key."""

    code, http = "PERMISSION_DENIED", 403


class WorkerLost(SelvageError):
    """The worker was lost {times} times while it worked on this image. Look into the memory of the machine, then
    submit the image again."""


class NoResult(SelvageError):
    """The stage {stage} answered without its result. Please report it with the request id."""


def _told(violations: Sequence[tuple[str, str]]) -> str:
    text = "; ".join(f"{field}: {problem}" for field, problem in violations[:TOLD])
    return text + ("; ..." if len(violations) > TOLD else ".")
