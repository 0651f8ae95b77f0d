"""The gateway's rows of the error table (services/kit/errors.py)."""

from __future__ import annotations

from services.kit.errors import InvalidArgument, SelvageError


class DatabaseNotStarted(SelvageError):
    """The embedded PostgreSQL did not start ({cause}). Look into {log}, or set SELVAGE_GATEWAY_DATABASE_URL."""

    code, http = "FAILED_PRECONDITION", 500


class DatabaseUnavailable(SelvageError):
    """The database does not answer ({cause}). It is tried again; check SELVAGE_GATEWAY_DATABASE_URL."""

    code, http, retryable = "UNAVAILABLE", 503, True


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


class RouteNotFound(SelvageError):
    """There is nothing at {path}. docs/rest.md lists the routes."""

    code, http = "NOT_FOUND", 404


class MethodNotAllowed(SelvageError):
    """{method} is not possible at {path}. Allowed: {allowed}."""

    code, http = "UNIMPLEMENTED", 405


class RequestIdReused(SelvageError):
    """The request id {request_id} was used for another request. Send a new id with a new request."""

    code, http = "ALREADY_EXISTS", 422


class FieldsInvalid(InvalidArgument):
    """{count} field(s) cannot be used: {problems}"""


class UploadTooLarge(SelvageError):
    """The upload is larger than the limit of {limit} bytes. Export the photo smaller, or raise SELVAGE_LIMIT_BYTES."""

    code, http = "INVALID_ARGUMENT", 413


class ObjectsMissing(SelvageError):
    """{count} photo(s) are not in the store: {keys}. Upload them first."""

    code, http = "FAILED_PRECONDITION", 422


class EtagRequired(SelvageError):
    """A decision needs the etag of the image it is about. Read the image, then send its etag (REST: If-Match)."""

    code, http = "INVALID_ARGUMENT", 428


class EtagMismatch(SelvageError):
    """The image {image_id} has changed since it was read. Read it again and decide on what it is now."""

    code, http = "ABORTED", 412


class NotDecidable(SelvageError):
    """The image {image_id} is {state}; a decision is possible on needs_review, in_edit, approved and rejected."""

    code, http = "FAILED_PRECONDITION", 409


class WorkerLost(SelvageError):
    """The worker was lost {times} times while it worked on this image. Look into the memory of the machine, then
    submit the image again."""


class NoResult(SelvageError):
    """The stage {stage} answered without its result. Please report it with the request id."""
