"""Uploads and downloads by address, with a real MinIO."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from gateway.files.settings import FilesSettings
from selvage_api.files.v1 import files_service_pb2 as pb
from selvage_api.files.v1 import files_service_pb2_grpc
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit import rpc
from services.kit.store import ObjectStore, open_store
from tests.contract.gateway.method_table import refused
from tests.contract.gateway.test_rest import assert_problem
from tests.parts.callers import operator, required
from tests.parts.house import House, photo
from tests.parts.minio import Minio

pytestmark = pytest.mark.minio


@pytest.fixture
def store(minio: Minio) -> Iterator[ObjectStore]:
    """The bucket all tests share, empty."""
    opened = open_store(minio.settings())
    yield opened
    for found in list(opened.list("")):
        opened.delete(found.key)


@pytest.fixture
async def outside() -> AsyncIterator[httpx.AsyncClient]:
    """A client that knows nothing of the gateway."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


async def address(house: House, **body: str) -> Any:
    answer = await house.rest.post("/v1/uploads:url", json={"shop": "shop"} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def finish(house: House, upload_id: str) -> httpx.Response:
    return await house.rest.post(f"/v1/uploads/{upload_id}:finish")


async def test_a_photo_put_to_an_address_becomes_a_job_and_its_result_is_got_by_address(
    house: House, outside: httpx.AsyncClient
) -> None:
    data = photo(1)
    upload = await address(house, media_type="image/png")
    assert (await outside.put(upload["url"], content=data)).status_code == 200
    finished = (await finish(house, upload["upload_id"])).json()["object"]
    digest = hashlib.sha256(data).hexdigest()
    assert finished == {
        "key": f"shop/{digest}/original/photo", "sha256": digest, "size_bytes": str(len(data)),
        "media_type": "image/png",
    }  # fmt: skip
    # Nothing is left at the address, and the photo is the one an ordinary upload would be.
    assert [found.key for found in house.store.list("")] == [finished["key"]]
    assert await house.upload(1) == finished["key"]
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    cutout = next(file for file in image.files if file.name == "cutout")
    answer = await house.rest.get(f"/v1/images/{image.image_id}/files/cutout/url")
    got = await outside.get(answer.json()["url"])
    assert hashlib.sha256(got.content).hexdigest() == cutout.object.sha256
    assert cutout.file_name in got.headers["content-disposition"]


@pytest.mark.parametrize("name", ["Größe 1.png", "con.png", "…", 'a";b\r\n.png'])
async def test_an_odd_file_name_does_not_keep_a_photo_from_being_fetched(
    name: str, house: House, outside: httpx.AsyncClient
) -> None:
    photo_key = await house.upload(1)
    request = jobs_service_pb2.CreateJobRequest(
        shop="shop", images=[jobs_service_pb2.NewImage(original_key=photo_key, source_name=name, sku="TEE")]
    )
    job = await house.ended((await house.jobs.CreateJob(request)).job.job_id)
    image = (await house.images(job.job_id))[0]
    answer = await house.rest.get(f"/v1/images/{image.image_id}/files/original/url")
    assert answer.status_code == 200, answer.text
    got = await outside.get(answer.json()["url"])
    assert (got.status_code, got.content) == (200, photo(1))


async def test_finishing_twice_or_at_once_is_finishing_once(house: House, outside: httpx.AsyncClient) -> None:
    upload = await address(house)
    await outside.put(upload["url"], content=photo(1), headers={"Content-Type": "image/png"})
    answers = await asyncio.gather(*(finish(house, upload["upload_id"]) for _ in range(8)))
    answers.append(await finish(house, upload["upload_id"]))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["object"]["media_type"] == "image/png"
    assert await house.rows("SELECT count(*) FROM uploads") == [(1,)]


async def test_what_was_not_put_or_is_no_photo_is_told(house: House, outside: httpx.AsyncClient) -> None:
    upload = await address(house)
    assert_problem(await finish(house, upload["upload_id"]), 409, "UPLOAD_MISSING")
    await outside.put(upload["url"], content=b"")
    assert_problem(await finish(house, upload["upload_id"]), 422, "EMPTY_FILE")
    await outside.put(upload["url"], content=photo(1))
    assert (await finish(house, upload["upload_id"])).status_code == 200


async def test_too_large_an_object_is_removed_unread(
    make_house: Callable[..., Any], outside: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELVAGE_LIMIT_BYTES", "3000")
    house: House = await make_house()
    upload = await address(house)
    await outside.put(upload["url"], content=b"x" * 3001)
    assert_problem(await finish(house, upload["upload_id"]), 413, "UPLOAD_TOO_LARGE")
    assert list(house.store.list("")) == []


async def test_an_expired_upload_is_refused_and_swept_away(
    make_house: Callable[..., Any], outside: httpx.AsyncClient
) -> None:
    settings: dict[str, Any] = {"upload_seconds": 600, "remember_seconds": 600, "sweep_seconds": 0.1}
    house: House = await make_house(start_with={"files": FilesSettings(**settings)})
    older = "UPDATE pending_uploads SET expires_at = expires_at - interval '10 minutes' RETURNING 1"
    upload = await address(house)
    await outside.put(upload["url"], content=photo(1))
    await house.rows(older)
    assert_problem(await finish(house, upload["upload_id"]), 410, "UPLOAD_EXPIRED")
    await house.rows(older)
    async with asyncio.timeout(60):
        while await house.rows("SELECT pg_sleep(0.1) FROM pending_uploads"):
            pass
    assert list(house.store.list("")) == []
    assert_problem(await finish(house, upload["upload_id"]), 404, "UPLOAD_NOT_FOUND")


async def test_the_same_over_grpc(house: House, outside: httpx.AsyncClient) -> None:
    async with rpc.connect(house.gateway.grpc_address) as channel:
        files = files_service_pb2_grpc.FilesServiceStub(channel)
        upload = await files.CreateUploadUrl(pb.CreateUploadUrlRequest(shop="shop", media_type="image/png"))
        code = await refused(files.FinishUpload(pb.FinishUploadRequest(upload_id=upload.upload_id)))
        assert code == ("FAILED_PRECONDITION", "UPLOAD_MISSING")
        await outside.put(upload.url, content=photo(1))
        stored = (await files.FinishUpload(pb.FinishUploadRequest(upload_id=upload.upload_id))).object
        assert stored.key == await house.upload(1)
        for bad in ("no type", "image/", "x" * 200):
            code = await refused(files.CreateUploadUrl(pb.CreateUploadUrlRequest(shop="shop", media_type=bad)))
            assert code == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")


async def test_an_upload_of_another_shop_does_not_exist(
    make_house: Callable[..., Any], outside: httpx.AsyncClient
) -> None:
    house: House = await make_house(start_with=required())
    mine = await operator(house).key_for("shop", "submit")
    theirs = await operator(house).key_for("other", "submit")
    refused_answer = await theirs.rest("POST", "/v1/uploads:url", json={"shop": "shop"})
    assert_problem(refused_answer, 403, "SHOP_FORBIDDEN")
    upload = (await mine.rest("POST", "/v1/uploads:url", json={"shop": "shop"})).json()
    await outside.put(upload["url"], content=photo(1))
    path = f"/v1/uploads/{upload['upload_id']}:finish"
    assert_problem(await theirs.rest("POST", path), 404, "UPLOAD_NOT_FOUND")
    assert (await mine.rest("POST", path)).status_code == 200
    assert_problem(await theirs.rest("POST", path), 404, "UPLOAD_NOT_FOUND")
