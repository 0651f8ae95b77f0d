"""The folder of results: proof files are read when they are fetched, and fetched once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selvage.client import Client, Image
from selvage.process.ready import Ready
from tests.unit.selvage.conftest import Scripted

REPORT = {"preset": "ebay", "revision": 1, "export": "main", "file": "a.jpg", "verdict": "pass", "rules": []}
BODY = json.dumps({"version": 1, "reports": [REPORT]}).encode()


def image(image_json: Callable[..., Any]) -> Image:
    ref = {"key": "k/c", "sha256": hashlib.sha256(BODY).hexdigest(), "size_bytes": f"{len(BODY)}", "media_type": "a/b"}
    name = "TEE_1_20261123_approved_compliance.json"
    return Image.of(image_json(files=[{"name": "compliance", "object": ref, "file_name": name}]))


def test_the_compliance_file_lies_beside_the_exports_and_is_read(
    scripted: Scripted, image_json: Callable[..., Any], tmp_path: Path
) -> None:
    scripted.answers.append((200, {}, BODY))
    with Client(scripted.url) as client:
        files = Ready(tmp_path, client).fetch(image(image_json))
        again = Ready(tmp_path, client).fetch(image(image_json))
    assert files.by_name == {"compliance": "TEE/TEE_1_20261123_approved_compliance.json"}
    assert (tmp_path / files.by_name["compliance"]).read_bytes() == BODY
    assert files.compliance == again.compliance == [REPORT]
    assert len(scripted.seen) == 1, "what lies there is not fetched again"
