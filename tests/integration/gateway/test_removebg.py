"""The remove.bg routes against a whole gateway: requests as its clients send them."""

from __future__ import annotations

import base64
import io
import uuid
import zipfile
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from typing import Any

import numpy as np
import pytest

from gateway.access.settings import AccessSettings
from gateway.fetch import FetchSettings
from services.kit.pictures import decode
from services.kit.pictures.encode import png_rgb, read_grey, read_rgba
from tests.parts.house import House, photo
from tests.parts.webserver import WebServer, answer, web_server

ADMIN = "selvage_admin_" + "a" * 43


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as made:
        made.pages["/tee.png"] = answer(photo(1))
        made.pages["/grass.png"] = answer(png_rgb(np.full((30, 30, 3), (30, 160, 20), np.uint8)))
        yield made


@pytest.fixture
async def house(make_house: Callable[..., Any], server: WebServer) -> House:
    allowed = FetchSettings(networks=(ip_network("127.0.0.1/32"),), ports=(server.port,))
    made: House = await make_house(start_with={"fetch": allowed})
    return made


async def post(house: House, seed: int = 1, headers: dict[str, str] | None = None, **fields: str) -> Any:
    return await house.rest.post(
        "/v1.0/removebg", files={"image_file": ("tee.png", photo(seed))}, data=fields, headers=headers or {}
    )


async def test_a_file_comes_back_cut_out_with_all_headers(house: House) -> None:
    got = await post(house, size="auto")
    assert got.status_code == 200 and got.headers["content-type"] == "image/png"
    rgba = read_rgba(got.content)
    assert rgba.shape == (40, 48, 4) and rgba[20, 20, 3] == 255 and rgba[0, 0, 3] == 0
    expected = {
        "x-type": "product", "x-width": "48", "x-height": "40", "x-max-width": "48", "x-max-height": "40",
        "x-credits-charged": "1", "x-foreground-top": "10", "x-foreground-left": "12", "x-foreground-width": "24",
        "x-foreground-height": "20", "x-selvage-state": "approved",
    }  # fmt: skip
    assert {name: got.headers[name] for name in expected} == expected
    assert (await post(house, size="auto")).headers["x-credits-charged"] == "0"


async def test_multipart_urlencoded_and_json_are_alike(house: House, server: WebServer) -> None:
    url, encoded = f"http://127.0.0.1:{server.port}/tee.png", base64.b64encode(photo(1)).decode()
    options = {"size": "full", "crop": "true"}
    answers = [
        await post(house, **options),
        await house.rest.post("/v1.0/removebg", data={"image_url": url} | options),
        await house.rest.post("/v1.0/removebg", data={"image_file_b64": encoded} | options),
        await house.rest.post("/v1.0/removebg", json={"image_url": url, "size": "full", "crop": True, "roi": None}),
        await house.rest.post("/v1.0/removebg", json={"image_file_b64": encoded, "size": "full", "crop": True}),
        await house.rest.post("/v1.0/removebg", files={"image_file_b64": (None, encoded)}, data=options),
    ]
    assert [each.status_code for each in answers] == [200] * len(answers)
    assert len({each.content for each in answers}) == 1
    assert (answers[0].headers["x-width"], answers[0].headers["x-height"]) == ("24", "20")


async def test_json_when_it_is_accepted(house: House) -> None:
    plain = await post(house)
    got = await post(house, headers={"Accept": "application/json"})
    data = got.json()["data"]
    assert base64.b64decode(data["result_b64"]) == plain.content
    assert {name: data[f"foreground_{name}"] for name in ("top", "left", "width", "height")} == {
        "top": 10, "left": 12, "width": 24, "height": 20,
    }  # fmt: skip
    assert got.headers["x-width"] == "48"


async def test_zip_gives_the_png_again(house: House) -> None:
    png = read_rgba((await post(house)).content)
    got = await post(house, format="zip")
    assert got.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        colour, alpha = decode(archive.read("color.jpg")).rgb, read_grey(archive.read("alpha.png"))
    assert np.array_equal(alpha, png[..., 3])
    seen = alpha > 0
    assert np.abs(colour[seen].astype(int) - png[seen][:, :3]).max() <= 3


async def test_formats_and_backgrounds(house: House, server: WebServer) -> None:
    types = {}
    for fmt in ("auto", "png", "jpg", "webp"):
        types[fmt] = (await post(house, format=fmt)).headers["content-type"]
    assert types == {"auto": "image/png", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
    red = await post(house, bg_color="ff0000")
    assert red.headers["content-type"] == "image/jpeg"
    assert np.abs(decode(red.content).rgb[2, 2].astype(int) - (255, 0, 0)).max() <= 4
    green = await post(house, bg_image_url=f"http://127.0.0.1:{server.port}/grass.png", format="png")
    pixels = decode(green.content).rgb
    assert (pixels[2, 2] == (30, 160, 20)).all()
    files = {"image_file": photo(1), "bg_image_file": server.pages["/grass.png"].split(b"\r\n\r\n", 1)[1]}  # type: ignore[union-attr]
    again = await house.rest.post("/v1.0/removebg", files=files, data={"format": "png"})
    assert again.content == green.content
    alpha = await post(house, channels="alpha")
    assert read_grey(alpha.content).shape == (40, 48)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"data": {"size": "auto"}}, "missing_source"),
        ({}, "missing_source"),
        ({"files": {"image_file": photo(1)}, "data": {"image_url": "http://example.com/"}}, "multiple_sources"),
        ({"json": {"image_url": "http://127.0.0.1:1/", "image_file_b64": "aGk="}}, "multiple_sources"),
        ({"json": {"image_url": "nowhere"}}, "invalid_image_url"),
        ({"json": {"image_url": "http://10.0.0.1/a.png"}}, "invalid_image_url"),
        ({"files": {"image_file": b"hello"}}, "invalid_file_type"),
        ({"files": {"image_file": photo(1)[:90]}}, "failed_to_read_image"),
        ({"json": {"image_file_b64": "@@"}}, "failed_to_read_image"),
        ({"files": {"image_file": photo(1, 4, 4)}}, "invalid_dimensions"),
        ({"files": {"image_file": photo(1)}, "data": {"size": "big"}}, "invalid_size"),
        ({"files": {"image_file": photo(1)}, "data": {"roi": "0 0 49 40"}}, "roi_exceeds_bounds"),
        ({"files": {"image_file": photo(1)}, "data": {"bg_image_url": "http://[::1/"}}, "invalid_bg_image_url"),
        ({"files": {"image_file": photo(1), "bg_image_file": b"hello"}}, "invalid_file_type"),
        (
            {"files": {"image_file": photo(1), "bg_image_file": photo(2)}, "data": {"bg_color": "red"}},
            "multiple_bg_sources",
        ),
        ({"files": {"image_file": photo(1)}, "data": {"roi": "0 0 8 8"}}, "unknown_foreground"),
    ],
)  # fmt: skip
async def test_errors_have_the_envelope_and_the_codes(house: House, sent: dict[str, Any], code: str) -> None:
    got = await house.rest.post("/v1.0/removebg", **sent)
    assert got.status_code == 400, got.text
    [error] = got.json()["errors"]
    assert error["code"] == code and error["title"] and error["detail"]


async def test_a_download_that_fails_is_told_for_photo_and_background(house: House, server: WebServer) -> None:
    url = f"http://127.0.0.1:{server.port}/nothing"
    got = await house.rest.post("/v1.0/removebg", json={"image_url": url})
    assert (got.status_code, got.json()["errors"][0]["code"]) == (400, "failed_image_download")
    got = await post(house, bg_image_url=url)
    assert (got.status_code, got.json()["errors"][0]["code"]) == (400, "failed_bg_download")


async def test_a_photo_without_product_is_unknown_foreground(house: House) -> None:
    white = png_rgb(np.full((40, 48, 3), 250, np.uint8))
    got = await house.rest.post("/v1.0/removebg", files={"image_file": white})
    assert (got.status_code, got.json()["errors"][0]["code"]) == (400, "unknown_foreground")


async def test_other_paths_below_it_answer_in_the_envelope(house: House) -> None:
    got = await house.rest.get("/v1.0/nothing")
    assert (got.status_code, got.json()["errors"][0]["code"]) == (404, "route_not_found")
    got = await house.rest.get("/v1.0/removebg")
    assert (got.status_code, got.json()["errors"][0]["code"]) == (405, "method_not_allowed")


async def test_account_without_a_quota_says_there_is_plenty(house: House) -> None:
    attributes = (await house.rest.get("/v1.0/account")).json()["data"]["attributes"]
    assert attributes == {
        "credits": {"total": 1_000_000, "subscription": 1_000_000, "payg": 0, "enterprise": 0},
        "api": {"free_calls": 1_000_000, "sizes": "all"},
    }


async def test_improve_keeps_the_photo_once(house: House) -> None:
    sent = {"files": {"image_file": photo(1)}, "data": {"tag": "glass", "image_filename": "vase.png"}}
    one = await house.rest.post("/v1.0/improve", **sent)
    encoded = base64.b64encode(photo(1)).decode()
    two = await house.rest.post("/v1.0/improve", json={"image_file_b64": encoded, "tag": "glass"})
    assert (one.status_code, two.status_code) == (200, 200)
    assert str(uuid.UUID(one.json()["id"])) == two.json()["id"]
    [(key, tag)] = await house.rows("SELECT photo ->> 'key', tag FROM improvements")
    assert house.store.get(key) == photo(1) and tag == "glass" and key.startswith("cutouts/improvements/")
    refused = await house.rest.post("/v1.0/improve", data={"tag": "glass"})
    assert refused.json()["errors"][0]["code"] == "missing_source"


async def test_keys_shops_credits_and_rate_limits(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(start_with={"access": AccessSettings(keys="required", admin_key=ADMIN)})
    refused = await post(house)
    assert refused.status_code == 403
    assert refused.json()["errors"][0] | {"detail": ""} == {
        "title": "API Key invalid",
        "code": "auth_failed",
        "detail": "",
    }
    wrong = await post(house, headers={"X-Api-Key": "selvage_nobody_" + "b" * 43})
    assert wrong.json()["errors"][0]["code"] == "auth_failed"

    admin = {"Authorization": f"Bearer {ADMIN}"}
    made = await house.rest.post("/v1/keys", json={"shop": "acme", "roles": ["ROLE_SUBMIT"]}, headers=admin)
    assert made.status_code in (200, 201), made.text
    key = {"X-Api-Key": made.json()["secret"]}
    quota = {"quota": {"images_per_month": "2", "requests_per_minute": 100}}
    assert (await house.rest.put("/v1/quotas/acme", json=quota, headers=admin)).status_code == 200
    got = await post(house, headers=key)
    assert got.status_code == 200, got.text
    assert got.headers["x-ratelimit-limit"] == "100" and int(got.headers["x-ratelimit-remaining"]) < 100
    assert int(got.headers["x-ratelimit-reset"]) > 1_600_000_000
    account = (await house.rest.get("/v1.0/account", headers=key)).json()["data"]["attributes"]
    assert account["credits"]["total"] == 1
    assert await house.rows("SELECT DISTINCT shop FROM images") == [("acme",)]
    await post(house, 2, headers=key)
    broke = await post(house, 3, headers=key)
    assert (broke.status_code, broke.json()["errors"][0]["code"]) == (402, "insufficient_credits")
    assert (await post(house, 2, headers=key)).status_code == 200  # what is there already costs nothing

    quota["quota"]["requests_per_minute"] = 1
    await house.rest.put("/v1/quotas/acme", json=quota, headers=admin)
    answers = [await post(house, headers=key) for _ in range(3)]
    limited = next(each for each in answers if each.status_code == 429)
    assert limited.json()["errors"][0]["code"] == "rate_limit_exceeded"
    assert int(limited.headers["retry-after"]) >= 1 and limited.headers["x-ratelimit-remaining"] == "0"
