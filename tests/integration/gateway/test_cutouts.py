"""POST /v1/cutouts: one photo in, its cut-out in the answer, through the durable job."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from typing import Any

import numpy as np
import pytest

from gateway.cutouts.settings import CutoutSettings
from gateway.fetch import FetchSettings
from services.kit.errors import StoreUnavailable
from services.kit.pictures import decode
from services.kit.pictures.encode import png_rgb, read_grey, read_rgba
from tests.parts.house import House, photo
from tests.parts.webserver import WebServer, answer, web_server

SUBJECT = (12, 10, 24, 20)  # left, top, width, height of the dark rectangle in `photo`


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as made:
        yield made


@pytest.fixture
async def fetching(make_house: Callable[..., Any], server: WebServer) -> House:
    """A house that may fetch from the server of the test."""
    allowed = FetchSettings(networks=(ip_network("127.0.0.1/32"),), ports=(server.port,))
    made: House = await make_house(start_with={"fetch": allowed})
    return made


async def cut(house: House, seed: int = 1, **options: str) -> Any:
    answered = await house.rest.post(
        "/v1/cutouts", content=photo(seed), params=options, headers={"Content-Type": "image/png"}
    )
    assert answered.status_code == 200, answered.text
    return answered


async def test_bytes_in_cut_out_out(house: House) -> None:
    got = await cut(house)
    rgba = read_rgba(got.content)
    source = decode(photo(1)).rgb
    left, top, width, height = SUBJECT
    assert rgba.shape == (40, 48, 4)
    inside = np.zeros((40, 48), bool)
    inside[top : top + height, left : left + width] = True
    assert (rgba[inside][:, 3] == 255).all() and (rgba[~inside][:, 3] == 0).all()
    assert np.array_equal(rgba[inside][:, :3], source[inside])
    assert got.headers["content-type"] == "image/png"
    assert got.headers["etag"].strip('"').isalnum()
    assert got.headers["x-selvage-state"] == "approved" and got.headers["x-selvage-reasons"] == ""
    assert 0 <= float(got.headers["x-uncertainty-score"]) < 0.5
    assert got.headers["x-model-version"] == "threshold/1"
    job = (await house.rest.get(f"/v1/jobs/{got.headers['x-job-id']}")).json()["job"]
    assert (job["shop"], job["priority"]) == ("cutouts", "PRIORITY_RUSH")
    image = (await house.rest.get(f"/v1/images/{got.headers['x-image-id']}")).json()["image"]
    assert image["job_id"] == job["job_id"]


async def test_every_way_to_send_it_is_the_same_cut_out(fetching: House, server: WebServer) -> None:
    server.pages["/tee.png"] = answer(photo(1))
    encoded = base64.b64encode(photo(1)).decode()
    url = f"http://127.0.0.1:{server.port}/tee.png"
    rest = fetching.rest
    answers = [
        await rest.post("/v1/cutouts", content=photo(1), headers={"Content-Type": "image/png"}),
        await rest.post("/v1/cutouts", files={"file": ("tee.png", photo(1), "image/png")}),
        await rest.post("/v1/cutouts", files={"image_file": ("a.png", photo(1))}, data={"size": "full"}),
        await rest.post("/v1/cutouts", json={"image_b64": encoded, "crop": False}),
        await rest.post("/v1/cutouts", json={"image_b64": f"data:image/png;base64,{encoded}"}),
        await rest.post("/v1/cutouts", data={"image_b64": encoded.rstrip("=")}),
        await rest.post("/v1/cutouts", json={"image_url": url}),
        await rest.post("/v1/cutouts", data={"image_url": url}),
    ]
    assert [each.status_code for each in answers] == [200] * len(answers)
    assert len({each.content for each in answers}) == 1
    assert len({each.headers["x-job-id"] for each in answers}) == 1
    assert fetching.behaviour.calls["segment"] == 1 and fetching.behaviour.calls["render"] == 1
    assert "idempotent-replayed" not in answers[0].headers and answers[1].headers["idempotent-replayed"] == "true"


async def test_fifty_at_once_are_one_job(house: House) -> None:
    answers = await asyncio.gather(*(cut(house) for _ in range(50)))
    assert len({each.headers["x-job-id"] for each in answers}) == 1
    assert len({each.content for each in answers}) == 1
    assert await house.rows("SELECT count(*) FROM images") == [(1,)]


async def test_another_style_of_the_same_photo_is_drawn_from_the_same_job(house: House) -> None:
    whole = await cut(house)
    cropped = await cut(house, crop="true", margin="10px 50%", format="webp")
    assert cropped.headers["x-job-id"] == whole.headers["x-job-id"]
    assert cropped.headers["content-type"] == "image/webp"
    assert (cropped.headers["x-width"], cropped.headers["x-height"]) == ("48", "40")
    white = await cut(house, background="white", format="jpg")
    assert (decode(white.content).rgb[0, 0] >= 253).all()
    assert house.behaviour.calls["matte"] == 1 and house.behaviour.calls["render"] == 3


async def test_zip_and_alpha_alone(house: House) -> None:
    archive = zipfile.ZipFile(io.BytesIO((await cut(house, format="zip")).content))
    alpha = read_grey((await cut(house, channels="alpha")).content)
    assert archive.namelist() == ["color.jpg", "alpha.png"]
    assert np.array_equal(read_grey(archive.read("alpha.png")), alpha)
    assert alpha[20, 20] == 255 and alpha[0, 0] == 0


async def test_a_background_picture_from_a_file_and_from_a_url(fetching: House, server: WebServer) -> None:
    grass = png_rgb(np.full((30, 30, 3), (30, 160, 20), np.uint8))
    server.pages["/grass.png"] = answer(grass)
    files = {"file": ("tee.png", photo(1)), "background_file": ("grass.png", grass)}
    one = await fetching.rest.post("/v1/cutouts", files=files)
    url = f"http://127.0.0.1:{server.port}/grass.png"
    two = await fetching.rest.post("/v1/cutouts", files={"file": photo(1)}, data={"background_url": url})
    assert (one.status_code, two.status_code) == (200, 200)
    assert np.abs(decode(one.content).rgb[2, 2].astype(int) - (30, 160, 20)).max() <= 4
    assert one.content == two.content


async def test_what_needs_review_is_answered_and_said(house: House) -> None:
    def doubtful(_sha256: str, numbers: Any) -> None:
        numbers.band_confidence, numbers.doubtful_share = 0.3, 0.4

    house.behaviour.numbers = doubtful
    got = await cut(house)
    assert got.headers["x-selvage-state"] == "needs_review"
    assert got.headers["x-selvage-reasons"]
    assert float(got.headers["x-uncertainty-score"]) > 0.5


async def test_who_waits_too_long_gets_the_result_by_the_same_request(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(start_with={"cutouts": CutoutSettings(seconds=0.4)})
    house.behaviour.hold["matte"] = asyncio.Event()
    sent = {"content": photo(1), "headers": {"Content-Type": "image/png"}}
    late = await house.rest.post("/v1/cutouts", **sent)
    assert late.status_code == 504
    problem = late.json()
    assert problem["code"] == "CUTOUT_TAKES_LONG"
    jobs = (await house.rest.get("/v1/jobs")).json()["jobs"]
    assert [job["job_id"] for job in jobs] == [problem["detail"].split("job ")[1].split(" ")[0]]
    house.behaviour.hold["matte"].set()
    await house.ended(jobs[0]["job_id"])
    got = await house.rest.post("/v1/cutouts", **sent)
    assert got.status_code == 200 and got.headers["x-job-id"] == jobs[0]["job_id"]
    assert house.behaviour.calls["matte"] == 1


async def test_an_idempotency_key_is_for_one_request(house: House) -> None:
    headers = {"Idempotency-Key": '"key-1"', "Content-Type": "image/png"}
    one = await house.rest.post("/v1/cutouts", content=photo(1), headers=headers)
    two = await house.rest.post("/v1/cutouts", content=photo(1), headers=headers)
    assert (one.status_code, two.status_code) == (200, 200)
    assert one.headers["x-job-id"] == two.headers["x-job-id"] and two.headers["idempotent-replayed"] == "true"
    for other in ({"content": photo(2)}, {"content": photo(1), "params": {"crop": "1"}}):
        refused = await house.rest.post("/v1/cutouts", headers=headers, **other)
        assert (refused.status_code, refused.json()["code"]) == (422, "REQUEST_ID_REUSED")


async def test_a_job_that_failed_for_a_time_is_not_the_end(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(tries=1, busy_tries=1)
    house.behaviour.fail["matte"] = [StoreUnavailable(cause="test") for _ in range(20)]  # the channel tries again too
    first = await house.rest.post("/v1/cutouts", content=photo(1))
    assert (first.status_code, first.json()["code"]) == (503, "STORE_UNAVAILABLE")
    house.behaviour.fail["matte"] = []
    second = await house.rest.post("/v1/cutouts", content=photo(1))
    third = await house.rest.post("/v1/cutouts", content=photo(1))
    assert second.status_code == third.status_code == 200
    assert second.headers["x-job-id"] == third.headers["x-job-id"]
    assert await house.rows("SELECT count(*) FROM jobs") == [(2,)]


async def test_a_new_version_of_a_service_answers_anew(house: House) -> None:
    one = await cut(house)
    house.behaviour.fingerprint = "test-2"
    two = await cut(house)
    assert one.headers["x-job-id"] != two.headers["x-job-id"]


async def test_a_drawing_that_has_expired_is_drawn_again(house: House) -> None:
    one = await cut(house)
    [(key,)] = await house.rows("SELECT numbers #>> '{file,object,key}' FROM results WHERE stage = 'cutout'")
    house.store.delete(key)
    two = await cut(house)
    assert two.content == one.content and house.behaviour.calls["render"] == 2


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({}, 400, "PHOTO_MISSING"),
        ({"content": b"", "headers": {"Content-Type": "image/png"}}, 400, "PHOTO_MISSING"),
        ({"content": b"not a photo"}, 415, "UNSUPPORTED_FORMAT"),
        ({"content": photo(1)[:200]}, 422, "TRUNCATED_FILE"),
        ({"json": {"image_b64": "@@@"}}, 422, "TRUNCATED_FILE"),
        ({"files": {"file": photo(1), "image_file": photo(1)}}, 400, "PHOTOS_SEVERAL"),
        ({"json": {"image_b64": "aGk=", "image_url": "http://example.com/"}}, 400, "PHOTOS_SEVERAL"),
        ({"json": {"image_url": "http://127.0.0.1/a.png"}}, 422, "SOURCE_FORBIDDEN"),
        ({"json": {"image_url": "file:///etc/passwd"}}, 400, "URL_INVALID"),
        ({"json": ["a"]}, 400, "INVALID_ARGUMENT"),
        ({"json": {"image_b64": {"a": 1}}}, 400, "INVALID_ARGUMENT"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "INVALID_ARGUMENT"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "INVALID_ARGUMENT"),
        ({"content": photo(1), "params": {"size": "huge"}}, 400, "FIELDS_INVALID"),
        ({"content": photo(1), "params": {"colour": "red"}}, 400, "FIELDS_INVALID"),
        ({"content": photo(1), "params": {"shop": "No Shop"}}, 400, "INVALID_ARGUMENT"),
        ({"content": photo(1), "params": {"profile": "unknown"}}, 400, "FIELDS_INVALID"),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_told_and_makes_no_job(
    house: House, sent: dict[str, Any], status: int, code: str
) -> None:
    got = await house.rest.post("/v1/cutouts", **sent)
    assert (got.status_code, got.json()["code"]) == (status, code), got.text
    assert await house.rows("SELECT count(*) FROM jobs") == [(0,)]


async def test_all_wrong_options_are_told_at_once(house: House) -> None:
    wrong = {
        "format": "gif", "channels": "rgb", "region": "0 0 9", "crop": "perhaps", "margin": "1 2 3", "scale": "5%",
        "position": "left", "background": "nocolour", "shadow": "long", "shadow_opacity": "101", "solid": "2",
    }  # fmt: skip
    got = await house.rest.post("/v1/cutouts", content=photo(1), params=wrong)
    assert {each["field"] for each in got.json()["errors"]} == set(wrong)


async def test_a_region_without_product_says_so(house: House) -> None:
    got = await house.rest.post("/v1/cutouts", content=photo(1), params={"region": "0 0 8 8"})
    assert got.json()["code"] == "CUTOUT_EMPTY", json.dumps(got.json())
