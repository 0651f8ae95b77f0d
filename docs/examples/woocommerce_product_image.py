"""Puts every approved image first on the WooCommerce product with the same SKU.

    SELVAGE_URL=https://selvage.example WEBHOOK_SECRET=whsec_... WORDPRESS_URL=https://shop.example \
    WORDPRESS_USER=... WORDPRESS_PASSWORD="application password" \
    WOO_KEY=ck_... WOO_SECRET=cs_... python woocommerce_product_image.py

The WordPress user needs the capability upload_files. Listens on LISTEN or 127.0.0.1:8000;
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

import httpx

import selvage
from selvage import client, webhooks
from selvage.errors import WebhookNotGenuine


@dataclass
class Shop:
    """`files`: which export to use, by name; the first that the image has."""

    selvage: selvage.Client
    http: httpx.Client
    secret: str
    url: str
    user: tuple[str, str]
    """Name and application password of WordPress."""
    key: tuple[str, str]
    """Consumer key and secret of WooCommerce."""
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
        answer = self.http.get(f"{self.url}/wp-json/wc/v3/products", params={"sku": image.sku}, auth=self.key)
        found = answer.raise_for_status().json()
        if not found:
            return
        media, alt = self.media(image), alt_text(image)
        # The list replaces the product's images; those that are named by their id stay.
        others = [{"id": each["id"]} for each in found[0]["images"] if each["id"] != media and each["alt"] != alt]
        images = [{"id": media, "alt": alt}, *others]
        where = f"{self.url}/wp-json/wc/v3/products/{found[0]['id']}"
        self.http.put(where, json={"images": images}, auth=self.key).raise_for_status()

    def media(self, image: client.Image) -> int:
        """The id of the file in the media library, where it is put unless it is there."""
        file = best(image, self.files)
        where, slug = f"{self.url}/wp-json/wp/v2/media", f"selvage-{file.sha256}"
        found = self.http.get(where, params={"slug": slug}, auth=self.user).raise_for_status().json()
        if found:
            return int(found[0]["id"])
        with tempfile.TemporaryDirectory() as folder:
            content = self.selvage.download(image, file.name, Path(folder) / file.file_name).read_bytes()
        suffix = Path(file.file_name).suffix.lower()
        headers = {
            "Content-Type": {".png": "image/png", ".webp": "image/webp"}.get(suffix, "image/jpeg"),
            "Content-Disposition": f'attachment; filename="{file.file_name}"',
        }
        answer = self.http.post(where, params={"slug": slug}, content=content, headers=headers, auth=self.user)
        return int(answer.raise_for_status().json()["id"])


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
        given["WORDPRESS_URL"], (given["WORDPRESS_USER"], given["WORDPRESS_PASSWORD"]),
        (given["WOO_KEY"], given["WOO_SECRET"]), Path("done.sqlite"),
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
