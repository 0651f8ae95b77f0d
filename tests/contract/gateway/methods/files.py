"""FilesService, over the folder store; test_addresses.py serves addresses with a real MinIO."""

from __future__ import annotations

from selvage_api.files.v1 import files_service_pb2 as pb
from tests.contract.gateway.method_table import INVALID, NOBODY, Request, Row, Scene
from tests.parts.house import photo

NO_IMAGE = ("NOT_FOUND", "IMAGE_NOT_FOUND")
NO_FILE = ("NOT_FOUND", "FILE_NOT_IN_IMAGE")
NO_ADDRESSES = ("FAILED_PRECONDITION", "ADDRESSES_UNAVAILABLE")
HEADER = pb.UploadRequest(header=pb.UploadHeader(shop="shop", media_type="image/png"))


async def upload(_scene: Scene) -> Request:
    return [HEADER, pb.UploadRequest(chunk=photo(5))]


async def upload_to_no_shop(_scene: Scene) -> Request:
    return [pb.UploadRequest(header=pb.UploadHeader(shop="No Shop")), pb.UploadRequest(chunk=photo(5))]


async def upload_without_a_header(_scene: Scene) -> Request:
    return [pb.UploadRequest(chunk=photo(5))]


async def upload_url(_scene: Scene) -> Request:
    return pb.CreateUploadUrlRequest(shop="shop")


async def finish(_scene: Scene) -> Request:
    return pb.FinishUploadRequest(upload_id=NOBODY)


async def download_url(scene: Scene) -> Request:
    return pb.CreateDownloadUrlRequest(image_id=scene.images[0].image_id, name="cutout")


async def download(scene: Scene) -> Request:
    return pb.DownloadRequest(image_id=scene.images[0].image_id, name="cutout")


async def download_of_nothing(scene: Scene) -> Request:
    return pb.DownloadRequest(image_id=scene.images[0].image_id, name="secret")


async def download_from_beyond(scene: Scene) -> Request:
    return pb.DownloadRequest(image_id=scene.images[0].image_id, name="cutout", offset=1 << 40)


ROWS = (
    Row("Upload", upload, ((upload_to_no_shop, INVALID), (upload_without_a_header, INVALID))),
    Row(
        "CreateUploadUrl", upload_url,
        (
            (pb.CreateUploadUrlRequest(), INVALID), (pb.CreateUploadUrlRequest(shop="No Shop"), INVALID),
            (pb.CreateUploadUrlRequest(shop="shop", media_type="photo"), INVALID),
        ),
        refused=NO_ADDRESSES,
    ),
    Row(
        "FinishUpload", finish,
        (
            (pb.FinishUploadRequest(), INVALID),
            (pb.FinishUploadRequest(upload_id="x"), ("NOT_FOUND", "UPLOAD_NOT_FOUND")),
        ),
        refused=("NOT_FOUND", "UPLOAD_NOT_FOUND"),
    ),
    Row(
        "CreateDownloadUrl", download_url,
        (
            (pb.CreateDownloadUrlRequest(), INVALID),
            (pb.CreateDownloadUrlRequest(image_id=NOBODY, name="cutout"), NO_IMAGE),
        ),
        refused=NO_ADDRESSES,
    ),
    Row(
        "Download", download,
        (
            (pb.DownloadRequest(), INVALID), (pb.DownloadRequest(image_id=NOBODY, name="cutout"), NO_IMAGE),
            (pb.DownloadRequest(image_id=NOBODY, name="cutout", offset=-1), INVALID), (download_of_nothing, NO_FILE),
            (download_from_beyond, ("OUT_OF_RANGE", "RANGE_NOT_SATISFIABLE")),
        ),
    ),
)  # fmt: skip
