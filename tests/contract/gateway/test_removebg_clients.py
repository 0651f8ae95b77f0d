"""Third-party clients of remove.bg work against a gateway unchanged: one address is theirs, the server is ours."""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.access.settings import AccessSettings
from gateway.fetch import FetchSettings
from services.kit.pictures import decode
from services.kit.pictures.encode import read_grey, read_rgba
from tests.parts.house import House, photo
from tests.parts.removebg.edge import HERE, HOW, INSTALLED, Edge, edge
from tests.parts.require import absent
from tests.parts.webserver import WebServer, answer, web_server

ADMIN = "selvage_admin_" + "a" * 43
SIZE = (480, 400)  # of the photo; its product is the rectangle (12, 10)-(36, 30)
CREDITS = 40


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as made:
        made.pages["/tee.png"] = answer(photo(1, *SIZE))
        yield made


@pytest.fixture
async def shop(make_house: Callable[..., Any], server: WebServer, tmp_path: Path) -> AsyncIterator[tuple[Edge, str]]:
    """(the address clients know, a key). The shop may have CREDITS images a month."""
    fetch = FetchSettings(networks=(ip_network("127.0.0.1/32"),), ports=(server.port,))
    access = AccessSettings(keys="required", admin_key=ADMIN)
    house: House = await make_house(start_with={"fetch": fetch, "access": access})
    admin = {"Authorization": f"Bearer {ADMIN}"}
    made = await house.rest.post("/v1/keys", json={"shop": "acme", "roles": ["ROLE_SUBMIT"]}, headers=admin)
    quota = {"quota": {"images_per_month": str(CREDITS)}}
    assert (await house.rest.put("/v1/quotas/acme", json=quota, headers=admin)).is_success
    (tmp_path / "tee.png").write_bytes(photo(1, *SIZE))
    async with edge(house.gateway.rest_address, tmp_path) as front:
        yield front, made.json()["secret"]


async def test_two_clients_from_pypi(shop: tuple[Edge, str], server: WebServer, tmp_path: Path) -> None:
    if not (INSTALLED / "python" / "removebg").is_dir():
        absent("removebg-py", HOW)
    front, key = shop
    url = f"http://127.0.0.1:{server.port}/tee.png"
    status, output = await front.run(sys.executable, HERE / "from_pypi.py", key, "tee.png", url, folder=tmp_path)
    assert status == 0, output
    told = json.loads(output.splitlines()[-1])
    assert told == {"refused": 403, "before": CREDITS - 1, "charged": 0, "bad": 400}
    cutout = read_rgba((tmp_path / "tee.png_no_bg.png").read_bytes())
    assert cutout.shape == (400, 480, 4)
    assert cutout[20, 20, 3] == 255 and cutout[100, 100, 3] == 0
    for name in ("from-base64.png", "from-url.png", "bytes.png"):
        assert np.array_equal(read_rgba((tmp_path / name).read_bytes()), cutout)
    red = decode((tmp_path / "red.jpg").read_bytes()).rgb
    assert np.abs(red[200, 200].astype(int) - (255, 0, 0)).max() <= 4
    with zipfile.ZipFile(io.BytesIO((tmp_path / "both.zip").read_bytes())) as archive:
        alpha = read_grey(archive.read("alpha.png"))
        assert decode(archive.read("color.jpg")).rgb.shape[:2] == alpha.shape == (24, 28)
    assert (alpha[2:22, 2:26] == 255).all() and not alpha[:2].any() and not alpha[:, :2].any()


async def test_the_client_from_npm(shop: tuple[Edge, str], server: WebServer, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (INSTALLED / "node_modules" / "remove.bg").is_dir():
        absent("removebg-npm", HOW)
    front, key = shop
    url = f"http://127.0.0.1:{server.port}/tee.png"
    status, output = await front.run(node, HERE / "from_npm.cjs", key, "tee.png", url, folder=tmp_path)
    assert status == 0, output
    told = json.loads(output.splitlines()[-1])
    expected = {"creditsCharged": "1", "detectedType": "product", "resultWidth": "28", "resultHeight": "24"}
    assert told["file"] == expected
    assert (told["base64"]["creditsCharged"], told["base64"]["resultWidth"]) == ("0", "480")
    [refused], [wrong] = told["refused"], told["wrong"]
    assert (refused["title"], refused["code"]) == ("API Key invalid", "auth_failed")
    assert wrong["code"] == "invalid_position"
    cropped = read_rgba((tmp_path / "file.png").read_bytes())
    rows, columns = np.nonzero(cropped[..., 3] > 127)
    # Half of the canvas of 28 x 24, in its middle.
    assert (columns.min(), columns.max()) == (7, 20) and 5 <= rows.min() <= rows.max() <= 18
    assert read_rgba((tmp_path / "base64.png").read_bytes()).shape == (400, 480, 4)
    green = decode((tmp_path / "url.jpg").read_bytes()).rgb
    assert np.abs(green[300, 300].astype(int) - (0, 255, 0)).max() <= 4
