"""Two shops as real HTTP servers: the parts of the APIs of Shopify and WooCommerce that docs/examples use.

Shopify answers only what its schema allows: SCHEMA holds the types of the Admin API 2025-10 that concern media, and
graphql-core checks and runs every document.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import graphql

HAND_MADE = "the label at the back"
SCHEMA = graphql.build_schema("""
type Query { productVariants(first: Int, after: String, query: String): ProductVariantConnection! }
type ProductVariantConnection { nodes: [ProductVariant!]! }
type ProductVariant { id: ID! sku: String product: Product! }
type Product { id: ID! media(first: Int, after: String): MediaConnection! }
type MediaConnection { nodes: [Media!]! }
interface Media { id: ID! alt: String }
type MediaImage implements Media { id: ID! alt: String }

type Mutation {
  stagedUploadsCreate(input: [StagedUploadInput!]!): StagedUploadsCreatePayload
  productSet(identifier: ProductSetIdentifiers, input: ProductSetInput!, synchronous: Boolean = true): ProductSetPayload
}
scalar URL
scalar UnsignedInt64
enum StagedUploadHttpMethodType { POST PUT }
enum StagedUploadTargetGenerateUploadResource { BULK_MUTATION_VARIABLES FILE IMAGE MODEL_3D PRODUCT_IMAGE VIDEO }
input StagedUploadInput {
  filename: String! mimeType: String! fileSize: UnsignedInt64 httpMethod: StagedUploadHttpMethodType = PUT
  resource: StagedUploadTargetGenerateUploadResource!
}
type StagedUploadsCreatePayload { stagedTargets: [StagedMediaUploadTarget!] userErrors: [UserError!]! }
type StagedMediaUploadTarget { parameters: [StagedUploadParameter!]! resourceUrl: URL url: URL }
type StagedUploadParameter { name: String! value: String! }
type UserError { field: [String!] message: String! }

input ProductSetIdentifiers { handle: String id: ID }
input ProductSetInput { title: String files: [FileSetInput!] }
enum FileContentType { EXTERNAL_VIDEO FILE IMAGE MODEL_3D VIDEO }
input FileSetInput { alt: String contentType: FileContentType filename: String id: ID originalSource: String }
type ProductSetPayload { product: Product userErrors: [ProductSetUserError!]! }
type ProductSetUserError { code: String field: [String!] message: String! }
""")


@dataclass(frozen=True)
class Shown:
    """A picture of the product, as a customer sees it."""

    alt: str
    content: bytes


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Shop(Protocol):
    """`sku`: of its one product. `changed`: called when the product was changed, before the answer."""

    sku: str
    url: str
    changed: Callable[[], None]

    def answer(self, request: Request) -> tuple[int, Any]: ...

    def shown(self) -> list[Shown]: ...

    def environment(self) -> dict[str, str]: ...


def nothing() -> None: ...


@dataclass
class Shopify:
    sku: str
    url: str = ""
    changed: Callable[[], None] = nothing
    staged: dict[str, bytes] = field(default_factory=dict)
    media: list[dict[str, Any]] = field(default_factory=lambda: [_hand_made("gid://shopify/MediaImage/1")])

    def environment(self) -> dict[str, str]:
        return {"SHOPIFY_URL": self.url, "SHOPIFY_TOKEN": "shpat_1"}

    def shown(self) -> list[Shown]:
        return [Shown(each["alt"], each["content"]) for each in self.media]

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.path.startswith("/staged/"):
            form = BytesParser(policy=HTTP).parsebytes(
                f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode() + request.body
            )
            parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
            if list(parts) != ["key", "file"]:  # the parameters first, the file last
                return 400, {}
            self.staged[self.url + request.path] = bytes(parts["file"].get_content())
            return 201, {}
        if request.path != "/admin/api/2025-10/graphql.json" or request.headers["x-shopify-access-token"] != "shpat_1":
            return 404, {}
        asked = json.loads(request.body)
        result = graphql.graphql_sync(SCHEMA, asked["query"], self, variable_values=asked["variables"])
        return 200, result.formatted

    # --- fields of the schema ---

    def productVariants(self, _info: Any, query: str, first: int) -> Any:
        found = {"id": "1", "sku": self.sku, "product": self._product()}
        return {"nodes": [found][:first] if query == f'sku:"{self.sku}"' else []}

    def stagedUploadsCreate(self, _info: Any, input: list[dict[str, Any]]) -> Any:
        targets = []
        for each in input:
            assert (each["httpMethod"], each["resource"]) == ("POST", "IMAGE")
            url = f"{self.url}/staged/{len(self.staged)}"
            targets.append({"url": url, "resourceUrl": url, "parameters": [{"name": "key", "value": "tmp/1"}]})
        return {"stagedTargets": targets, "userErrors": []}

    def productSet(self, _info: Any, identifier: dict[str, str], input: dict[str, Any], synchronous: bool) -> Any:
        assert (identifier, synchronous) == ({"id": "gid://shopify/Product/7"}, True)
        known = {each["id"]: each for each in self.media}
        self.media = [
            known[each["id"]] if "id" in each else {
                "__typename": "MediaImage", "id": f"gid://shopify/MediaImage/{len(self.staged) + 100}",
                "alt": each["alt"], "content": self.staged[each["originalSource"]],
            } for each in input["files"]
        ]  # fmt: skip
        self.changed()
        return {"product": self._product(), "userErrors": []}

    def _product(self) -> dict[str, Any]:
        return {"id": "gid://shopify/Product/7", "media": lambda _info, first: {"nodes": self.media[:first]}}


@dataclass
class WooCommerce:
    sku: str
    url: str = ""
    changed: Callable[[], None] = nothing
    library: dict[int, dict[str, Any]] = field(default_factory=lambda: {3: _hand_made(3)})
    images: list[int] = field(default_factory=lambda: [3])

    def environment(self) -> dict[str, str]:
        return {
            "WORDPRESS_URL": self.url, "WORDPRESS_USER": "u", "WORDPRESS_PASSWORD": "p", "WOO_KEY": "ck_1",
            "WOO_SECRET": "cs_1",
        }  # fmt: skip

    def shown(self) -> list[Shown]:
        return [Shown(self.library[each]["alt"], self.library[each]["content"]) for each in self.images]

    def answer(self, request: Request) -> tuple[int, Any]:
        match request.method, request.path:
            case "GET", "/wp-json/wc/v3/products":
                images = [{"id": each, "alt": self.library[each]["alt"]} for each in self.images]
                return 200, [{"id": 7, "images": images}] if request.query["sku"] == self.sku else []
            case "GET", "/wp-json/wp/v2/media":
                return 200, [each for each in self._listed() if each["slug"] == request.query["slug"]]
            case "POST", "/wp-json/wp/v2/media":
                assert request.headers["content-disposition"].startswith('attachment; filename="')
                media = len(self.library) + 10
                self.library[media] = {
                    "id": media, "slug": request.query["slug"], "alt": "", "content": request.body,
                }  # fmt: skip
                return 201, {"id": media}
            case "PUT", "/wp-json/wc/v3/products/7":
                images = json.loads(request.body)["images"]
                for each in images:
                    self.library[each["id"]]["alt"] = each.get("alt", self.library[each["id"]]["alt"])
                self.images = [each["id"] for each in images]
                self.changed()
                return 200, {"id": 7}
        return 404, {}

    def _listed(self) -> list[dict[str, Any]]:
        return [{"id": each["id"], "slug": each.get("slug", "")} for each in self.library.values()]


def _hand_made(media: str | int) -> dict[str, Any]:
    return {"__typename": "MediaImage", "id": media, "alt": HAND_MADE, "content": b"label"}


@contextmanager
def open_shop(shop: Shop) -> Iterator[None]:
    """The shop at `shop.url`, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            status, content = shop.answer(Request(self.command, parts.path, query, headers, body))
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = serve  # noqa: N815 - http.server names them

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
