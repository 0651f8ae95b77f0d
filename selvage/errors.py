"""The roof's rows of the error table, and how an answer of the REST API becomes the error it was on the other side."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Rows about photos must be known before the table is walked for them.
import gateway.errors
import services.compose.errors
import services.kit.paper.errors
import services.kit.pictures.errors
from services.kit.errors import SelvageError, table


class ServerUnreachable(SelvageError):
    """Nothing answers at {url} ({cause}). Start it with `selvage serve`, or check the address and the network."""

    code, http, retryable = "UNAVAILABLE", 503, True


class AnswerNotUnderstood(SelvageError):
    """{url} answered {status}, but not as Selvage does. Check that the address is Selvage's and no proxy's."""


class WaitTimedOut(SelvageError):
    """The job {job_id} has not ended within {seconds} s. It goes on; wait again or watch it."""

    code, http = "DEADLINE_EXCEEDED", 504


class DownloadDamaged(SelvageError):
    """The file {name} of image {image_id} arrived damaged (SHA-256 differs). Download it again."""

    code, http, retryable = "DATA_LOSS", 500, True


class FileChanged(SelvageError):
    """The file {name} of image {image_id} is another one since the image was read. Read the image again."""

    code, http = "ABORTED", 412


class FolderNotFound(SelvageError):
    """There is no folder {path}. Give the folder that holds the photos."""

    code, http = "NOT_FOUND", 404


class FolderUnreadable(SelvageError):
    """The folder {path} cannot be read ({cause}). Change its permissions, or leave it out."""

    code, http = "FAILED_PRECONDITION", 500


class NoPhotos(SelvageError):
    """There are no photos in {path}. Put photos there, or add --recursive to look into its folders."""

    code, http = "FAILED_PRECONDITION", 400


class OutNotWritable(SelvageError):
    """{path} cannot be written ({cause}). Choose another folder with --out, or change its permissions."""

    code, http = "FAILED_PRECONDITION", 500


class OutIsInput(SelvageError):
    """{path} is the folder of the photos. Choose another folder with --out, so that results never become input."""

    code, http = "INVALID_ARGUMENT", 400


class NoTransparency(SelvageError):
    """{path} has no transparent parts, so the product cannot be told from its surroundings. Give a cut-out, such as
    the cutout.png of `selvage process`."""

    code, http = "INVALID_ARGUMENT", 422


class CsvInvalid(SelvageError):
    """{path} cannot be used:
    {problems}
    Columns are file, sku, image_no and optionally category, tier (hero or bulk), shoot and template."""

    code, http = "INVALID_ARGUMENT", 400


class PartsDidNotStart(SelvageError):
    """{part} did not start ({cause}). `selvage doctor` shows what is wrong."""

    code, http = "FAILED_PRECONDITION", 500


class PhotoCancelled(SelvageError):
    """The job was cancelled before this photo was done. Run the same command again to do it."""

    code, http = "CANCELLED", 409


class WebhookNotGenuine(SelvageError):
    """The webhook is not to be trusted: {problem}. Check the secret, and that the body is read as it came."""

    code, http = "UNAUTHENTICATED", 401


@functools.cache
def rows() -> dict[str, type[SelvageError]]:
    """Every row a server can name, by its reason. Rooms are loaded for it, so only an error pays for that."""
    for room in (gateway, services):
        for folder in map(Path, room.__path__):
            for found in sorted(folder.rglob("errors.py")):
                inside = found.relative_to(folder).with_suffix("").parts
                importlib.import_module(".".join((room.__name__, *inside)))
    return {row.reason: row for row in table()}


def rebuild(problem: Mapping[str, Any]) -> SelvageError:
    """The error row named by a problem+json body; an unknown name becomes the base with that name kept."""
    reason = str(problem.get("code", ""))
    row = rows().get(reason, SelvageError)
    details = {"request_id": str(problem.get("request_id", ""))}
    if row is SelvageError and reason:
        details["reason"] = reason
    faults = [f"{fault.get('field')}: {fault.get('detail')}" for fault in problem.get("errors", [])]
    if faults:
        details["fields"] = "; ".join(faults)
    return row.rebuild(str(problem.get("detail") or problem.get("title") or row.__doc__), details)
