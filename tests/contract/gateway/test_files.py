"""FilesService and the REST routes of files, over the folder store, which has no addresses for clients."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway.rest.multipart import MEDIA_TYPE
from selvage_api.files.v1 import files_service_pb2 as pb
from selvage_api.files.v1 import files_service_pb2_grpc
from services.kit import rpc
from tests.contract.gateway.method_table import refused
from tests.contract.gateway.test_rest import NOBODY, assert_problem
from tests.parts.house import House, photo

BOUNDARY = "edge"
FORM = {"Content-Type": f"{MEDIA_TYPE}; boundary={BOUNDARY}"}


@pytest.fixture
async def files(house: House) -> AsyncIterator[Any]:
    channel = rpc.connect(house.gateway.grpc_address)
    yield files_service_pb2_grpc.FilesServiceStub(channel)
    await channel.close()


def stream(data: bytes, piece: int = 1000, shop: str = "shop") -> list[pb.UploadRequest]:
    header = pb.UploadRequest(header=pb.UploadHeader(shop=shop, media_type="image/png"))
    return [header, *(pb.UploadRequest(chunk=data[at : at + piece]) for at in range(0, len(data), piece))]


async def image_of(house: House) -> Any:
    job = await house.ended((await house.job(1)).job_id)
    return (await house.images(job.job_id))[0]


# --- up over gRPC ----------------------------------------------------------------------------------------------------


async def test_an_upload_in_pieces_is_one_object(house: House, files: Any) -> None:
    data = photo(1)
    stored = (await files.Upload(iter(stream(data, 7)))).object
    digest = hashlib.sha256(data).hexdigest()
    assert (stored.key, stored.sha256) == (f"shop/{digest}/original/photo", digest)
    assert (stored.size_bytes, stored.media_type) == (len(data), "image/png")
    assert house.store.get(stored.key) == data
    assert (await files.Upload(iter(stream(data)))).object == stored
    assert await house.upload(1) == stored.key


async def test_a_stream_in_another_order_is_refused(files: Any) -> None:
    header, chunk = stream(b"x")
    for requests in ([], [chunk], [chunk, header], [header, chunk, header], [header, pb.UploadRequest()]):
        assert await refused(files.Upload(iter(requests))) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")


async def test_a_chunk_larger_than_a_mebibyte_is_refused(files: Any) -> None:
    largest = 1 << 20
    assert (await files.Upload(iter(stream(b"x" * largest, largest)))).object.size_bytes == largest
    code = await refused(files.Upload(iter(stream(b"x" * (largest + 1), largest + 1))))
    assert code == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")


async def test_an_upload_above_the_limit_ends_when_it_passes_it(
    make_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELVAGE_LIMIT_BYTES", "3000")
    house: House = await make_house()
    channel = rpc.connect(house.gateway.grpc_address)
    files = files_service_pb2_grpc.FilesServiceStub(channel)
    assert await refused(files.Upload(iter(stream(b"x" * 3001)))) == ("INVALID_ARGUMENT", "UPLOAD_TOO_LARGE")
    await channel.close()
    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, files={"file": b"x" * 3001})
    assert_problem(answer, 413, "UPLOAD_TOO_LARGE")


# --- up over REST ----------------------------------------------------------------------------------------------------


async def test_a_form_and_the_bytes_alone_are_the_same_object(house: House) -> None:
    data = photo(1)
    form = {"note": (None, "for later"), "file": ("TEE1_1.png", data, "image/png")}
    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, files=form)
    assert answer.status_code == 201
    stored = answer.json()["object"]
    assert (stored["key"], stored["media_type"]) == (await house.upload(1), "image/png")
    assert house.store.get(stored["key"]) == data


async def test_a_large_form_goes_through_in_pieces(house: House) -> None:
    data = bytes(range(256)) * 20_000
    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, files={"file": data})
    assert answer.json()["object"]["sha256"] == hashlib.sha256(data).hexdigest()


async def test_a_form_without_one_whole_file_is_refused(house: House) -> None:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n'
    other = part.replace('"file"', '"photo"')
    end = f"--{BOUNDARY}--\r\n"
    table = [
        (FORM, other + end, "file"),
        (FORM, part + part + end, "file"),
        (FORM, part, "body"),
        (FORM, "no form", "body"),
        (FORM, "", "body"),
        ({"Content-Type": MEDIA_TYPE}, part + end, "Content-Type"),
    ]
    for headers, body, field in table:
        answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=body, headers=headers)
        assert assert_problem(answer, 400, "INVALID_ARGUMENT")["errors"][0]["field"] == field
    assert list(house.store.list("shop/")) == []


async def test_nothing_is_no_photo(house: House, files: Any) -> None:
    for request in ({"content": b""}, {"files": {"file": b""}}):
        answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, **request)  # type: ignore[arg-type]
        assert_problem(answer, 422, "EMPTY_FILE")
    assert await refused(files.Upload(iter(stream(b"")))) == ("INVALID_ARGUMENT", "EMPTY_FILE")


# --- down over gRPC --------------------------------------------------------------------------------------------------


async def test_a_download_begins_where_it_is_told(house: House, files: Any) -> None:
    image = await image_of(house)
    for name, expected in (("original", photo(1)), ("cutout", None)):
        data, described = await download(files, image.image_id, name)
        assert hashlib.sha256(data).hexdigest() == described.sha256
        assert expected is None or data == expected
        for offset in (0, 5, len(data)):
            assert await download(files, image.image_id, name, offset) == (data[offset:], described)
    size = len(photo(1))
    beyond = pb.DownloadRequest(image_id=image.image_id, name="original", offset=size + 1)
    assert await refused(anext(aiter(files.Download(beyond)))) == ("OUT_OF_RANGE", "RANGE_NOT_SATISFIABLE")


async def download(files: Any, image_id: str, name: str, offset: int = 0) -> tuple[bytes, Any]:
    messages = [m async for m in files.Download(pb.DownloadRequest(image_id=image_id, name=name, offset=offset))]
    assert [message.HasField("object") for message in messages] == [True] + [False] * (len(messages) - 1)
    return b"".join(message.chunk for message in messages), messages[0].object


# --- addresses -------------------------------------------------------------------------------------------------------


async def test_a_folder_has_no_addresses_and_says_what_to_do(house: House) -> None:
    image = await image_of(house)
    upload = await house.rest.post("/v1/uploads:url", json={"shop": "shop"})
    download = await house.rest.get(f"/v1/images/{image.image_id}/files/cutout/url")
    for answer in (upload, download):
        assert "POST /v1/uploads" in assert_problem(answer, 409, "ADDRESSES_UNAVAILABLE")["detail"]
    assert_problem(await house.rest.post(f"/v1/uploads/{NOBODY}:finish"), 404, "UPLOAD_NOT_FOUND")
    assert_problem(await house.rest.post("/v1/uploads/x:finish"), 404, "UPLOAD_NOT_FOUND")
