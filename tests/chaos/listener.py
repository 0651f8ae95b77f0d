"""A receiver of webhooks that now and then fails or hangs up, as shops' servers do, and remembers all it was sent."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 60.0


class Listener:
    """`received`: (event type, id of the image or job) -> webhook ids of the messages that were answered with 204."""

    def __init__(self, fail_share: float, seed: int) -> None:
        self.received: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._dice = random.Random(seed)
        self._fail_share = fail_share
        self._lock = threading.Lock()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outcome = listener._note(self.headers["webhook-id"], body)
                if outcome == "hang up":
                    self.close_connection = True
                    return
                self.send_response(204 if outcome == "fine" else 500)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Listener:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _note(self, message_id: str, body: dict[str, Any]) -> str:
        with self._lock:
            thrown = self._dice.random()
            if thrown < self._fail_share:
                return "hang up" if thrown < self._fail_share / 2 else "fail"
            data = body["data"]
            about = data["image"]["image_id"] if "image" in data else data["job"]["job_id"]
            self.received[(body["type"], about)].append(message_id)
            return "fine"

    def wait_for(self, wanted: set[tuple[str, str]]) -> None:
        """Until each of these was received; what else came is an error, and so is a second id for the same event."""
        until = time.monotonic() + PATIENCE
        while not wanted <= self._seen():
            assert time.monotonic() < until, f"never received: {sorted(wanted - self._seen())[:5]}"
            time.sleep(0.1)
        assert self._seen() == wanted
        with self._lock:
            changed = {about: set(ids) for about, ids in self.received.items() if len(set(ids)) > 1}
        assert not changed, "a repeated message keeps its id"

    def _seen(self) -> set[tuple[str, str]]:
        with self._lock:
            return set(self.received)
