"""Puts every approved image first on the WooCommerce product with the same SKU.

    SELVAGE_URL=https://selvage.example WEBHOOK_SECRET=whsec_... WORDPRESS_URL=https://shop.example \
    WORDPRESS_USER=... WORDPRESS_PASSWORD="application password" \
    WOO_KEY=ck_... WOO_SECRET=cs_... python woocommerce_product_image.py

The WordPress user needs the capability upload_files. Listens on 127.0.0.1:8000; put https in front of it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

import selvage
from selvage import webhooks
from selvage.errors import WebhookNotGenuine


@dataclass
class Shop:
    """`files`: which export to use, by name; the first that the image has."""

    client: selvage.Client
    http: httpx.Client
    secret: str
    url: str
    user: tuple[str, str]
    """Name and application password of WordPress."""
    key: tuple[str, str]
    """Consumer key and secret of WooCommerce."""
    done: Path
    files: tuple[str, ...] = ("export:web", "cutout")

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """The status to answer. What fails is raised: Selvage sends the message again."""
        try:
            message = webhooks.verify(self.secret, headers, body)
        except WebhookNotGenuine:
            return 401
        message_id = {name.lower(): value for name, value in headers.items()}["webhook-id"]
        with sqlite3.connect(self.done, isolation_level="IMMEDIATE") as ids:  # one message at a time
            ids.execute("CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY)")
            if ids.execute("INSERT OR IGNORE INTO done VALUES (?)", [message_id]).rowcount == 0:
                return 204
            if message["type"] == "image.approved":
                self.publish(message["data"]["image"]["image_id"])
        return 204

    def publish(self, image_id: str) -> None:
        image = self.client.image(image_id)
        if image.state != "approved":
            return  # decided anew since the message was sent
        answer = self.http.get(f"{self.url}/wp-json/wc/v3/products", params={"sku": image.sku}, auth=self.key)
        found = answer.raise_for_status().json()
        if not found:
            return
        name = next(name for name in self.files if any(file.name == name for file in image.files))
        with tempfile.TemporaryDirectory() as folder:
            file_name = next(file.file_name for file in image.files if file.name == name)
            media = self.upload(self.client.download(image, name, Path(folder) / file_name))
        # The list replaces the product's images; those that are named by their id stay.
        others = [{"id": each["id"]} for each in found[0]["images"]]
        images = [{"id": media, "alt": image.sku}, *others]
        where = f"{self.url}/wp-json/wc/v3/products/{found[0]['id']}"
        self.http.put(where, json={"images": images}, auth=self.key).raise_for_status()

    def upload(self, path: Path) -> int:
        """Into the media library; its id there."""
        media_type = {".png": "image/png", ".webp": "image/webp"}.get(path.suffix.lower(), "image/jpeg")
        headers = {"Content-Type": media_type, "Content-Disposition": f'attachment; filename="{path.name}"'}
        where = f"{self.url}/wp-json/wp/v2/media"
        answer = self.http.post(where, content=path.read_bytes(), headers=headers, auth=self.user)
        return int(answer.raise_for_status().json()["id"])


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

    ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()


if __name__ == "__main__":
    main()
