"""Submitting: which earlier job a run finds, and what of it is tried once more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selvage.client import Client, Image, StoredPhoto
from selvage.errors import ServerUnreachable
from selvage.process.entry import Entry
from selvage.process.inputs import Source
from selvage.process.job import Order, submit, upload, worth_another_try
from services.kit.errors import FileTooLarge, StoreFull

ORDER = Order(Path("READY"), "local")


def entries(*names: str) -> list[Entry]:
    return [Entry(Source(Path(name), name)) for name in names]


def stored(*names: str) -> dict[str, StoredPhoto]:
    return {name: StoredPhoto(f"key/{name}", f"sha of {name}", 1, "image/jpeg") for name in names}


def job(state: str, *, replayed: bool, job_id: str = "j1") -> tuple[int, dict[str, str], bytes]:
    body = {"job": {"job_id": job_id, "state": f"JOB_STATE_{state}"}}
    return 201, {"Idempotent-Replayed": "true"} if replayed else {}, json.dumps(body).encode()


def images(*bodies: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"images": bodies, "next_page_token": ""}).encode()


def keys(scripted: Any) -> list[str]:
    return [headers["idempotency-key"] for method, _, headers, _ in scripted.seen if method == "POST"]


def test_the_same_question_has_the_same_key_and_any_change_another(scripted: Any) -> None:
    scripted.answers = [job("RUNNING", replayed=False)] * 6
    changed = stored("a.jpg", "b.jpg") | {"b.jpg": StoredPhoto("key/b2", "sha of b2", 1, "image/jpeg")}
    asked = [
        (entries("a.jpg", "b.jpg"), stored("a.jpg", "b.jpg"), ORDER),
        (entries("a.jpg", "b.jpg"), stored("a.jpg", "b.jpg"), ORDER),
        (entries("a.jpg"), stored("a.jpg"), ORDER),
        (entries("a.jpg", "b.jpg"), changed, ORDER),
        (entries("a.jpg", "b.jpg"), stored("a.jpg", "b.jpg"), Order(Path("OTHER"), "local")),
        (entries("a.jpg", "b.jpg"), stored("a.jpg", "b.jpg"), Order(Path("READY"), "local", template="plain-white")),
    ]
    with Client(scripted.url, direct=False) as client:
        for each in asked:
            list(submit(client, *each))
    used = keys(scripted)
    assert used[0] == used[1]
    assert len(set(used)) == 5


def test_only_what_failed_for_an_outside_reason_is_tried_again(scripted: Any, image_json: Callable[..., Any]) -> None:
    full = {"reason": StoreFull.reason, "message": "no room", "retryable": False}
    scripted.answers = [
        job("FINISHED", replayed=True),
        images(
            image_json(), image_json(state="IMAGE_STATE_FAILED", error=full), image_json(state="IMAGE_STATE_CANCELLED")
        ),
        job("RUNNING", replayed=False, job_id="j2"),
    ]
    asked = entries("a.jpg", "b.jpg", "c.jpg")
    with Client(scripted.url, direct=False) as client:
        jobs = list(submit(client, asked, stored("a.jpg", "b.jpg", "c.jpg"), ORDER))
    assert [(each.job.job_id, [entry.source.name for entry in each.entries]) for each in jobs] == [
        ("j1", ["a.jpg", "b.jpg", "c.jpg"]),
        ("j2", ["b.jpg", "c.jpg"]),
    ]
    assert len(set(keys(scripted))) == 2


@pytest.mark.parametrize(
    ("state", "reason", "again"),
    [
        ("FAILED", "TRUNCATED_FILE", False),
        ("FAILED", "TOO_MANY_PIXELS", False),
        ("FAILED", "WORKER_LOST", True),
        ("FAILED", "INTERNAL", True),
        ("APPROVED", "", False),
        ("NEEDS_REVIEW", "", False),
        ("CANCELLED", "", True),
    ],
)
def test_a_photo_that_cannot_be_used_stays_so(
    image_json: Callable[..., Any], state: str, reason: str, again: bool
) -> None:
    error = {"reason": reason, "message": "m", "retryable": False} if reason else None
    assert worth_another_try(Image.of(image_json(state=f"IMAGE_STATE_{state}", error=error))) is again


def test_faults_of_a_photo_are_its_own_and_those_of_the_server_end_the_run(scripted: Any, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"x")
    asked = [Entry(Source(tmp_path / name, name)) for name in ("a.jpg", "b.jpg", "gone.jpg")]
    large = FileTooLarge(size=9, limit=1)
    problem = json.dumps({"code": large.reason, "detail": large.message}).encode()
    ref = {"object": {"key": "k", "sha256": "s", "size_bytes": "1", "media_type": "image/jpeg"}}
    done: list[int] = []
    scripted.answers = [(413, {}, problem), (201, {}, json.dumps(ref).encode())]
    with Client(scripted.url, direct=False) as client:
        assert len(upload(client, asked, "local", done.append)) == 1
    assert done == [1, 2, 3]
    reasons = {entry.source.name: entry.error.reason for entry in asked if entry.error}
    assert reasons.pop("gone.jpg") == "UNREADABLE_FILE"
    assert list(reasons.values()) == ["FILE_TOO_LARGE"]
    with Client("http://127.0.0.1:9", retries=0) as nobody, pytest.raises(ServerUnreachable):
        upload(nobody, asked[:1], "local", done.append)
