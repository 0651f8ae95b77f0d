"""Photos in and results out over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gateway.access.errors import QuotaExceeded
from gateway.access.principal import Role
from gateway.errors import FileExpired, FileNotInImage, ImageNotFound, RangeNotSatisfiable, UploadTooLarge
from gateway.files.errors import AddressesUnavailable, UploadExpired, UploadMissing, UploadNotFound
from gateway.files.handlers import Files
from selvage_api.files.v1 import files_service_pb2 as pb
from services.kit.errors import EmptyFile, ObjectNotFound, StoreDenied, StoreFull, StoreUnavailable

from . import bodies, files, multipart
from .operation import Operation, Parameter, Raw

OCTETS = "application/octet-stream"
FIELD = "file"
FORM: dict[str, object] = {
    "type": "object",
    "required": [FIELD],
    "properties": {FIELD: {"contentMediaType": OCTETS, "description": "The photo."}},
}
STORE = (StoreDenied, StoreFull, StoreUnavailable)


@dataclass(frozen=True)
class FilesRoutes:
    files: Files

    def table(self) -> list[Operation]:
        submit, read = (Role.SUBMIT,), (Role.SUBMIT, Role.REVIEW)
        found = (ImageNotFound, FileNotInImage, FileExpired, *STORE)
        return [
            Operation(
                "upload", "POST", "/v1/uploads", self.upload, "Store a photo: its bytes, or a form with a `file`",
                body=Raw((OCTETS, "image/*", multipart.MEDIA_TYPE), FORM), answer=pb.UploadResponse,
                parameters=(Parameter("shop", "The shop.", required=True),), status=201, also=(200,), roles=submit,
                errors=(UploadTooLarge, EmptyFile, QuotaExceeded, *STORE), tag="files",
            ),
            Operation(
                "createUploadUrl", "POST", "/v1/uploads:url", self.create_upload_url,
                "Where to PUT a photo directly into the object store", body=pb.CreateUploadUrlRequest,
                answer=pb.CreateUploadUrlResponse, roles=submit, tag="files",
                errors=(AddressesUnavailable, QuotaExceeded, *STORE),
            ),
            Operation(
                "finishUpload", "POST", "/v1/uploads/{upload_id}:finish", self.finish_upload,
                "Take a photo that was PUT to an address", answer=pb.FinishUploadResponse, roles=submit,
                errors=(UploadNotFound, UploadExpired, UploadMissing, UploadTooLarge, EmptyFile, QuotaExceeded, *STORE),
                tag="files",
            ),
            Operation(
                "getFile", "GET", "/v1/images/{image_id}/files/{name}", self.get_file, "A file of an image",
                answer=Raw((OCTETS, "image/*", "application/json")), also=(206, 304), roles=read, tag="files",
                parameters=(
                    Parameter("Range", "One range of bytes.", header=True),
                    Parameter("If-None-Match", "The ETag of the file the client has.", header=True),
                ),
                errors=(*found, ObjectNotFound, RangeNotSatisfiable),
            ),
            Operation(
                "createDownloadUrl", "GET", "/v1/images/{image_id}/files/{name}/url", self.create_download_url,
                "Where to GET a file directly from the object store", answer=pb.CreateDownloadUrlResponse, roles=read,
                errors=(*found, AddressesUnavailable), tag="files",
            ),
        ]  # fmt: skip

    async def upload(self, request: Request) -> Response:
        shop, media_type = request.query_params.get("shop", ""), request.headers.get("content-type", "")
        chunks: AsyncIterator[bytes] = request.stream()
        if media_type.partition(";")[0].strip().lower() == multipart.MEDIA_TYPE:
            media_type, chunks = await multipart.file(request, FIELD)
        stored, new = await self.files.uploads.receive(shop, chunks, media_type)
        return bodies.answer(pb.UploadResponse(object=stored), 201 if new else 200)

    async def create_upload_url(self, request: Request) -> Response:
        return bodies.answer(await self.files.direct.promise(await bodies.read(request, pb.CreateUploadUrlRequest())))

    async def finish_upload(self, request: Request) -> Response:
        message = pb.FinishUploadRequest(upload_id=request.path_params["upload_id"])
        return bodies.answer(await self.files.direct.finish(message))

    async def get_file(self, request: Request) -> Response:
        image_id = request.path_params["image_id"]
        found, file_name = await self.files.find(image_id, request.path_params["name"])
        counted = partial(self.files.downloads.counted, image_id)
        return await files.send(request, self.files.store, found, file_name, counted)

    async def create_download_url(self, request: Request) -> Response:
        path = request.path_params
        message = pb.CreateDownloadUrlRequest(image_id=path["image_id"], name=path["name"])
        return bodies.answer(await self.files.download_url(message), Cache_Control="no-store")
