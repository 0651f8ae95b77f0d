"""The set as it runs on a cluster against the set in one process: MinIO, Triton, PostgreSQL, a gateway, workers and the
three services, each a process of its own, give for one folder of photos what `selvage process` gives."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf import json_format

from selvage.client import Client, Photo
from selvage.client.layout import Layout, same_content
from selvage.client.models import Image
from selvage_api.files.v1 import files_service_pb2, files_service_pb2_grpc
from selvage_api.jobs.v1 import jobs_service_pb2, jobs_service_pb2_grpc
from services.kit import rpc
from services.kit.store import open_store
from tests.parts import command, fleet, mixed_photos, same_files
from tests.parts.fleet import Fleet, Process
from tests.parts.triton import Triton

pytestmark = [pytest.mark.slow, pytest.mark.minio, pytest.mark.triton]

LONGEST = 1200.0
PIECE = 1 << 20
TEMPLATE = "small"
# A shop's own, small so that little time goes into large pictures, and with the layered file in 16 bits.
SMALL = """
schema: selvage/template@1
name: small
revision: 1
canvas: {width: 512, height: 512}
shadow: {mode: standard}
psd: {bits: 16, compression: zip}
exports:
  - {name: page, width: 512, format: jpeg, quality: 88}
  - {name: thumb, width: 256, format: webp, quality: 84}
"""


@dataclass(frozen=True)
class Shop:
    """What is handed in, and the folder of templates."""

    photos: Path
    rows: list[dict[str, str]]
    templates: Path

    def content(self, row: dict[str, str]) -> bytes:
        return (self.photos / row["file"]).read_bytes()


@dataclass(frozen=True)
class Outcome:
    """`images`: by photo, what the manifest says of it, without seconds. The files lie under `folder`."""

    images: dict[str, dict[str, Any]]
    folder: Path


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    with command.folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def shop(base: Path) -> Shop:
    templates = base / "templates"
    templates.mkdir()
    (templates / "small.yaml").write_text(SMALL)
    return Shop(base / "photos", mixed_photos.write(base / "photos"), templates)


@pytest.fixture(scope="module")
def embedded(base: Path, shop: Shop) -> Outcome:
    out = base / "READY"
    listed = mixed_photos.write_list(base / "photos.csv", shop.rows)
    done = subprocess.run(
        [*command.SELVAGE, "process", shop.photos, "--csv", listed, "--out", out, "--template", TEMPLATE],
        env=command.environment(base / "home") | {"SELVAGE_COMPOSE_TEMPLATES": str(shop.templates)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 1, done.stderr  # some of the photos cannot be used
    images = command.manifest(out)["images"]
    return Outcome({image["source"]: image for image in images}, out)


@pytest.fixture(scope="module")
def real_set(base: Path, shop: Shop, embedded: Outcome) -> Iterator[Fleet]:
    """Started when the embedded run has ended, so that they do not slow each other down."""
    with fleet.running(base, real=True, minio=True, triton=True, COMPOSE_TEMPLATES=str(shop.templates)) as made:
        yield made


def over_rest(set_: Fleet, shop: Shop, out: Path) -> dict[str, dict[str, Any]]:
    """By the Python client, which uploads straight into MinIO."""
    photos = [Photo(shop.photos / row["file"], **_told(row)) for row in shop.rows]
    with Client(set_.rest, timeout=LONGEST) as client:
        job = client.submit(photos, shop="rest", template=TEMPLATE)
        assert set_.query("SELECT count(*) FROM pending_uploads WHERE key LIKE 'rest/%'") == [(len(photos),)]
        assert client.wait(job.job_id, timeout=LONGEST).state == "finished"
        fetched = client.download_all(job.job_id, out)
        assert all(one.fresh for one in fetched)
        images = list(client.images(job.job_id))
        for name in ("alpha", "psd"):
            _by_address(set_, next(image for image in images if image.state != "failed"), name)
    return _outcomes(images)


def _by_address(set_: Fleet, image: Image, name: str) -> None:
    """The file as a storefront fetches it, from MinIO and not through the gateway."""
    file = next(file for file in image.files if file.name == name)
    offered = httpx.get(f"{set_.rest}/v1/images/{image.image_id}/files/{name}/url", trust_env=False).json()
    assert httpx.URL(offered["url"]).netloc.decode() == set_.store.endpoint
    path = set_.folder / f"by-address-{name}"
    path.write_bytes(httpx.get(offered["url"], trust_env=False).content)
    assert same_content(path, file.sha256)


def over_grpc(set_: Fleet, shop: Shop, out: Path) -> dict[str, dict[str, Any]]:
    """By the stubs that protoc makes for everybody."""
    return asyncio.run(_over_grpc(set_, shop, out))


async def _over_grpc(set_: Fleet, shop: Shop, out: Path) -> dict[str, dict[str, Any]]:
    async with rpc.connect(set_.grpc) as channel:
        jobs: Any = jobs_service_pb2_grpc.JobsServiceStub(channel)
        files: Any = files_service_pb2_grpc.FilesServiceStub(channel)
        request = jobs_service_pb2.CreateJobRequest(shop="grpc", template=TEMPLATE)
        for index, row in enumerate(shop.rows):
            told = {name: f"TIER_{value.upper()}" if name == "tier" else value for name, value in _told(row).items()}
            upload = _put if index % 2 else _send
            key = await upload(files, shop.content(row))
            request.images.add(original_key=key, source_name=row["file"], **told)
        job_id = (await jobs.CreateJob(request)).job.job_id
        watched = jobs_service_pb2.WatchJobRequest(job_id=job_id)
        seen = [message.job.state async for message in jobs.WatchJob(watched, timeout=LONGEST)]
        assert seen[-1] == jobs_service_pb2.JOB_STATE_FINISHED
        listed = await jobs.ListImages(jobs_service_pb2.ListImagesRequest(job_id=job_id, page_size=1000))
        images = [Image.of(_json(image)) for image in listed.images]
        layout = Layout()
        for image in images:
            for file in image.files:
                asked = files_service_pb2.DownloadRequest(image_id=image.image_id, name=file.name)
                path = out / layout.place(image, file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"".join([message.chunk async for message in files.Download(asked)]))
                assert same_content(path, file.sha256)
        return _outcomes(images)


async def _send(files: Any, data: bytes) -> str:
    """Through the gateway; the photo's key."""
    return str((await files.Upload(_pieces(data))).object.key)


async def _put(files: Any, data: bytes) -> str:
    """Straight into MinIO."""
    offer = await files.CreateUploadUrl(files_service_pb2.CreateUploadUrlRequest(shop="grpc"))
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.put(offer.url, content=data)).raise_for_status()
    finished = await files.FinishUpload(files_service_pb2.FinishUploadRequest(upload_id=offer.upload_id))
    return str(finished.object.key)


async def _pieces(data: bytes) -> AsyncIterator[files_service_pb2.UploadRequest]:
    yield files_service_pb2.UploadRequest(header=files_service_pb2.UploadHeader(shop="grpc"))
    for start in range(0, len(data), PIECE):
        yield files_service_pb2.UploadRequest(chunk=data[start : start + PIECE])


def _json(image: Any) -> dict[str, Any]:
    return json_format.MessageToDict(image, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def _told(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in mixed_photos.COLUMNS if name != "file" and name in row}


def _outcomes(images: list[Image]) -> dict[str, dict[str, Any]]:
    """As the manifest has them."""
    layout, told = Layout(), {}
    for image in images:
        files: dict[str, Any] = {"exports": []}
        for file in image.files:
            path, sizes = layout.place(image, file), {"width": file.width, "height": file.height}
            kind, _, name = file.name.partition(":")
            if kind == "export":
                files["exports"].append({"name": name, "path": path} | sizes)
            else:
                files[kind] = path
        told[image.source_name] = {
            "source": image.source_name,
            "sku": image.sku,
            "image_no": image.image_no,
            "status": image.state,
            **({"error": {"reason": image.error.reason, "message": image.error.message}} if image.error else {}),
            "confidence": round(image.confidence, 4),
            "reasons": [{"code": reason.code, "detail": reason.detail} for reason in image.reasons],
            "files": files,
        }
    return told


Way = Callable[[Fleet, Shop, Path], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module", params=[over_rest, over_grpc], ids=["rest", "grpc"])
def real(request: pytest.FixtureRequest, real_set: Fleet, base: Path, shop: Shop) -> Outcome:
    way: Way = request.param
    try:
        return Outcome(way(real_set, shop, base / way.__name__), base / way.__name__)
    except BaseException:
        for name, part in real_set.parts.items():
            print(name, part.said()[-3000:] if isinstance(part, Process) else "")
        raise


def test_the_photos_are_of_every_kind(embedded: Outcome) -> None:
    """Else the others would compare little."""
    assert len(embedded.images) == 24
    states = {image["status"] for image in embedded.images.values()}
    assert states == {"approved", "needs_review", "failed"}
    reasons = {name: image["error"]["reason"] for name, image in embedded.images.items() if "error" in image}
    assert reasons == mixed_photos.BROKEN | {mixed_photos.NOTHING: "CUTOUT_EMPTY"}


def test_states_reasons_names_and_sizes_are_the_same(embedded: Outcome, real: Outcome) -> None:
    def plain(outcome: Outcome) -> dict[str, dict[str, Any]]:
        return {
            name: {key: value for key, value in image.items() if key != "seconds"}
            for name, image in outcome.images.items()
        }

    assert plain(real) == plain(embedded)


def test_pictures_are_the_same_to_a_level(embedded: Outcome, real: Outcome) -> None:
    paths = {
        path
        for image in embedded.images.values()
        for path in [
            *(path for name, path in image["files"].items() if name != "exports"),
            *(export["path"] for export in image["files"]["exports"]),
        ]
    }
    assert len(paths) > 150
    off = {path: same_files.difference(embedded.folder / path, real.folder / path) for path in paths}
    assert {path: levels for path, levels in off.items() if levels > same_files.LEVEL} == {}


def test_work_was_done_by_the_parts(real_set: Fleet, real: Outcome) -> None:
    """Objects lie in MinIO, the model ran on Triton, and neither shop was given the other's results."""
    triton = real_set.parts["triton"]
    assert isinstance(triton, Triton)
    cut_out = [image for image in real.images.values() if image["status"] != "failed"]
    assert triton.metric("nv_inference_request_success") >= len(cut_out)
    stored = {key.split("/")[0] for key in (found.key for found in open_store(real_set.store).list(""))}
    assert real.folder.name.removeprefix("over_") in stored
    assert not (real_set.folder / "store").exists()
    assert real_set.query("SELECT count(*) FROM stage_runs WHERE reused") == [(0,)]
