"""An HTTP server that answers what a test scripted, and images as the REST API writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = tuple[int, dict[str, str], bytes] | None


@dataclass
class Scripted:
    """`answers` are given in turn; None closes the connection without one. `seen`: method, path, headers, body."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.seen.append((self.command, self.path, headers, body))
            answer = script.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, extra, content = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def image_json() -> Callable[..., dict[str, Any]]:
    """An image of the REST API, an approved one unless told otherwise."""

    def make(**changes: Any) -> dict[str, Any]:
        def file(name: str, file_name: str, width: int = 40, height: int = 50) -> dict[str, Any]:
            ref = {"key": f"k/{name}", "sha256": "0" * 64, "size_bytes": "12", "media_type": "image/png"}
            return {"name": name, "object": ref, "file_name": file_name, "width": width, "height": height}

        stem = "TEE_1_20261123_approved"
        masks = ("alpha", "confidence", "trimap", "cutout", "shadow")
        body: dict[str, Any] = {
            "image_id": "i1",
            "job_id": "j1",
            "sku": "TEE",
            "image_no": "1",
            "source_name": "TEE_1.jpg",
            "state": "IMAGE_STATE_APPROVED",
            "confidence": 0.9712345,
            "reasons": [],
            "files": [
                *(file(name, f"{stem}_{name}.png") for name in masks),
                file("psd", f"{stem}.psd", 2048, 2048),
                file("export:zoom", "TEE_1_zoom.jpg", 2048, 2048),
            ],
            "stages": [
                {"stage": "intake", "seconds": 0.01, "attempt": 1, "reused": False},
                {"stage": "matting", "seconds": 1.25, "attempt": 1, "reused": False},
            ],
            "etag": "7",
            "original": {"key": "k/o", "sha256": "1" * 64, "size_bytes": "9", "media_type": "image/jpeg"},
        }
        return body | changes

    return make
