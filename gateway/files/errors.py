"""Rows of the error table about uploads and downloads."""

from __future__ import annotations

from services.kit.errors import SelvageError


class AddressesUnavailable(SelvageError):
    """The object store of this server has no addresses for clients. Send photos to POST /v1/uploads or
    FilesService.Upload, and fetch files by FilesService.Download or GET /v1/images/ID/files/NAME."""

    code, http = "FAILED_PRECONDITION", 409


class UploadNotFound(SelvageError):
    """There is no upload {upload_id}. Ask for an address, PUT the photo to it, then finish the upload by its id."""

    code, http = "NOT_FOUND", 404


class UploadExpired(SelvageError):
    """The upload {upload_id} was not finished by {expired}. Ask for a new address and send the photo again."""

    code, http = "FAILED_PRECONDITION", 410


class UploadMissing(SelvageError):
    """Nothing lies at the address of the upload {upload_id}. PUT the photo there first, then finish the upload."""

    code, http = "FAILED_PRECONDITION", 409
