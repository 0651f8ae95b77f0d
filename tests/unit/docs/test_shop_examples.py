"""The shop examples against a small fake of each shop's API."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gateway.webhooks import signature

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
SECRET = signature.new_secret()
PHOTO = b"\x89PNG pixels"


class FakeSelvage:
    """What the examples ask of selvage.Client."""

    def image(self, image_id: str) -> Any:
        assert image_id == "i1"
        file = SimpleNamespace(name="cutout", file_name="TEE_1.png")
        return SimpleNamespace(state="approved", sku="TEE", files=(file,))

    def download(self, image: Any, name: str, to: Path) -> Path:
        assert name == "cutout"
        to.write_bytes(PHOTO)
        return to


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def message() -> tuple[dict[str, str], bytes]:
    import time

    body = json.dumps({"type": "image.approved", "data": {"image": {"image_id": "i1"}}}).encode()
    return signature.headers([SECRET], "msg_1", int(time.time()), body), body


def shopify(asked: list[Any]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "upload.test":
            assert PHOTO in request.content
            asked.append("upload")
            return httpx.Response(201)
        assert request.headers["x-shopify-access-token"] == "token"
        body = json.loads(request.content)
        asked.append(body["variables"])
        if "productVariants" in body["query"]:
            found = {"nodes": [{"sku": "TEE", "product": {"id": "gid://p/1"}}]}
            return httpx.Response(200, json={"data": {"productVariants": found}})
        if "stagedUploadsCreate" in body["query"]:
            target = {"url": "https://upload.test/", "resourceUrl": "https://upload.test/x", "parameters": []}
            staged = {"stagedTargets": [target], "userErrors": []}
            return httpx.Response(200, json={"data": {"stagedUploadsCreate": staged}})
        return httpx.Response(200, json={"data": {"productUpdate": {"product": {}, "userErrors": []}}})

    return httpx.MockTransport(answer)


def test_shopify(tmp_path: Path) -> None:
    asked: list[Any] = []
    with httpx.Client(transport=shopify(asked)) as http:
        shop = load("shopify_product_image").Shop(
            FakeSelvage(), http, SECRET, "https://shop.test", "token", tmp_path / "done"
        )
        headers, body = message()
        assert [shop.receive(headers, body), shop.receive(headers, body)] == [204, 204]
        assert shop.receive(headers, body + b" ") == 401
    media = {"mediaContentType": "IMAGE", "originalSource": "https://upload.test/x", "alt": "TEE"}
    assert asked == [
        {"query": 'sku:"TEE"'},
        {"input": [{"filename": "TEE_1.png", "mimeType": "image/png", "httpMethod": "POST", "resource": "IMAGE"}]},
        "upload",
        {"product": {"id": "gid://p/1"}, "media": [media]},
    ]


def test_woocommerce_tries_again_after_an_error_and_is_done_once(tmp_path: Path) -> None:
    asked: list[Any] = []
    broken = [True]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        if request.method == "GET":
            assert request.url.params["sku"] == "TEE"
            return httpx.Response(200, json=[{"id": 7, "images": [{"id": 3}]}])
        if request.method == "POST":
            assert request.headers["content-disposition"] == 'attachment; filename="TEE_1.png"'
            assert request.content == PHOTO
            return httpx.Response(500 if broken else 201, json={"id": 9})
        assert json.loads(request.content) == {"images": [{"id": 9, "alt": "TEE"}, {"id": 3}]}
        return httpx.Response(200, json={})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        shop = load("woocommerce_product_image").Shop(
            FakeSelvage(), http, SECRET, "https://shop.test", ("u", "p"), ("ck", "cs"), tmp_path / "done"
        )
        headers, body = message()
        with pytest.raises(httpx.HTTPStatusError):
            shop.receive(headers, body)
        broken.clear()
        asked.clear()
        assert [shop.receive(headers, body), shop.receive(headers, body)] == [204, 204]
    assert asked == [
        ("GET", "/wp-json/wc/v3/products"), ("POST", "/wp-json/wp/v2/media"), ("PUT", "/wp-json/wc/v3/products/7"),
    ]  # fmt: skip
