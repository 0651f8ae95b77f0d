"""`selvage serve` and the Python client, as a script uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.errors import EtagMismatch, JobNotFound, RequestIdReused
from selvage import Client
from selvage.client import NewImage, Progress
from selvage.samples import render
from tests.parts import command, photos


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with command.folder() as base, command.serving(base) as url:
        yield url


@pytest.mark.slow
def test_a_photo_goes_through_and_a_person_decides(address: str, tmp_path: Path) -> None:
    data = photos.jpeg(render("ring", 1, 320).rgb)
    seen: list[Progress] = []
    with Client(address) as client:
        photo = client.upload(data, shop="demo", media_type="image/jpeg")
        assert client.upload(data, shop="demo").key == photo.key
        asked = [NewImage(photo.key, "RING-7_2.jpg", category="rings", tier="hero")]
        job = client.create_job(asked, shop="demo", label="monday", request_id="monday-1")
        again = client.create_job(asked, shop="demo", label="monday", request_id="monday-1")
        assert (again.job_id, again.replayed, job.replayed) == (job.job_id, True, False)
        with pytest.raises(RequestIdReused):
            client.create_job(asked, shop="demo", label="tuesday", request_id="monday-1")

        ended = client.wait(job.job_id, seen.append, timeout=300)
        assert ended.state == "finished"
        assert seen[-1].job.ended
        (image,) = client.images(job.job_id)
        assert (image.sku, image.image_no, image.ended) == ("RING-7", "2", True)
        assert {run.stage for run in image.stages} == {"intake", "plate", "segment", "matting", "gate", "compose"}
        alpha = client.download(image, "alpha", tmp_path / "alpha.png")
        assert alpha.read_bytes()[:4] == b"\x89PNG"
        assert client.download(image, "original", tmp_path / "photo.jpg").read_bytes() == data

        client.decide(image, "approve", reviewer="ann", seconds=12.5)
        with pytest.raises(EtagMismatch):
            client.decide(image, "reject", reviewer="bob", reason="halo")
        client.wait(job.job_id, timeout=300)
        decided = client.image(image.image_id)
        assert decided.state == "approved"
        assert next(file.file_name for file in decided.files if file.name == "psd").endswith("_approved.psd")
        assert client.cancel(job.job_id).state in ("finished", "cancelled")
        assert [each.job_id for each in client.jobs("demo")] == [job.job_id]


@pytest.mark.slow
def test_what_is_not_there_is_named(address: str) -> None:
    with Client(address) as client, pytest.raises(JobNotFound) as caught:
        client.job("01a20a60-faab-709b-9f7a-6c651182ea5a")
    assert caught.value.details["request_id"]


@pytest.mark.slow
def test_metrics_are_there_for_prometheus(address: str) -> None:
    text = httpx.get(f"{address}/metrics", trust_env=False).text
    assert re.search(r"^selvage_\w+", text, re.MULTILINE)
    assert httpx.get(f"{address}/readyz", trust_env=False).json()["ready"] is True
