"""Puts every approved image on the Shopify product variant's product with the same SKU.

    SELVAGE_URL=https://selvage.example WEBHOOK_SECRET=whsec_... \
    SHOPIFY_URL=https://my-shop.myshopify.com SHOPIFY_TOKEN=shpat_... python shopify_product_image.py

The token needs the scopes read_products and write_products. Listens on LISTEN or 127.0.0.1:8000;
put https in front of it. It knows its own picture again by the alternative text, and replaces it: leave that
text as it is.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

import selvage
from selvage import client, webhooks
from selvage.errors import WebhookNotGenuine

API = "/admin/api/2025-10/graphql.json"
FIND = """query find($query: String!) {
  productVariants(first: 1, query: $query) {
    nodes { sku product { id media(first: 250) { nodes { id alt } } } } } }"""
STAGE = """mutation stage($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
SHOW = """mutation show($product: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $product, input: $input) { product { id } userErrors { field message } } }"""


@dataclass
class Shop:
    """`files`: which export to use, by name; the first that the image has."""

    selvage: selvage.Client
    http: httpx.Client
    secret: str
    url: str
    token: str
    done: Path
    files: tuple[str, ...] = ("export:zoom", "cutout")

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """The status to answer. What fails is raised: Selvage sends the message again."""
        try:
            message = webhooks.verify(self.secret, headers, body)
        except WebhookNotGenuine:
            return 401
        message_id = {name.lower(): value for name, value in headers.items()}["webhook-id"]
        with closing(sqlite3.connect(self.done, timeout=60, isolation_level="IMMEDIATE")) as notes, notes:
            notes.execute("CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY)")
            # From here to the end of the `with` one message at a time. If this process dies on the way, nothing is
            # noted, the message comes again, and publishing again changes nothing.
            if notes.execute("INSERT OR IGNORE INTO done VALUES (?)", [message_id]).rowcount == 0:
                return 204
            if message["type"] == "image.approved":
                self.publish(message["data"]["image"]["image_id"])
        return 204

    def publish(self, image_id: str) -> None:
        image = self.selvage.image(image_id)
        if image.state != "approved":
            return  # decided anew since the message was sent
        sku = image.sku.replace("\\", "\\\\").replace('"', '\\"')
        found = self.ask(FIND, {"query": f'sku:"{sku}"'})["productVariants"]["nodes"]
        if not found or found[0]["sku"] != image.sku:
            return
        file, alt, product = best(image, self.files), alt_text(image), found[0]["product"]
        with tempfile.TemporaryDirectory() as folder:
            source = self.stage(self.selvage.download(image, file.name, Path(folder) / file.file_name))
        # The list replaces the product's media; those that are named by their id stay.
        others = [{"id": each["id"]} for each in product["media"]["nodes"] if each["alt"] != alt]
        files = [{"originalSource": source, "contentType": "IMAGE", "alt": alt}, *others]
        self.ask(SHOW, {"product": {"id": product["id"]}, "input": {"files": files}})

    def stage(self, path: Path) -> str:
        """Uploads to where Shopify says; the address it fetches the file from."""
        media_type = {".png": "image/png", ".webp": "image/webp"}.get(path.suffix.lower(), "image/jpeg")
        wanted = {"filename": path.name, "mimeType": media_type, "httpMethod": "POST", "resource": "IMAGE"}
        target = self.ask(STAGE, {"input": [wanted]})["stagedUploadsCreate"]["stagedTargets"][0]
        fields = {each["name"]: each["value"] for each in target["parameters"]}
        answer = self.http.post(target["url"], data=fields, files={"file": (path.name, path.read_bytes(), media_type)})
        answer.raise_for_status()
        return str(target["resourceUrl"])

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Shopify-Access-Token": self.token}
        answer = self.http.post(self.url + API, json={"query": query, "variables": variables}, headers=headers)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        problems = content.get("errors") or [
            each for part in content["data"].values() for each in part.get("userErrors", [])
        ]
        if problems:
            raise RuntimeError(f"Shopify: {problems}")
        data: dict[str, Any] = content["data"]
        return data


def best(image: client.Image, names: tuple[str, ...]) -> client.ImageFile:
    """The file to show."""
    files = {file.name: file for file in image.files}
    for name in names:
        if name in files:
            return files[name]
    raise LookupError(f"the image {image.image_id} has none of {', '.join(names)}")


def alt_text(image: client.Image) -> str:
    """The same for every version of a picture."""
    return f"{image.sku}, picture {image.image_no}"


def main() -> None:
    given = os.environ
    shop = Shop(
        selvage.Client(given["SELVAGE_URL"]), httpx.Client(timeout=60), given["WEBHOOK_SECRET"],
        given["SHOPIFY_URL"], given["SHOPIFY_TOKEN"], Path("done.sqlite"),
    )  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = 500
            try:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = shop.receive(dict(self.headers), body)
            finally:
                self.send_response(status)
                self.end_headers()

    host, _, port = given.get("LISTEN", "127.0.0.1:8000").rpartition(":")
    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
