"""Bodies of messages: their form and their size."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.webhooks import payload

NOW = datetime(2026, 3, 4, 5, 6, 7, 890, UTC)
JOB = {"job_id": str(UUID(int=1)), "shop": "shop", "label": "", "template": "", "profile": ""}
IMAGE: dict[str, Any] = {
    "image_id": str(UUID(int=2)), "sku": "TEE", "image_no": "1", "source_name": "TEE_1.jpg", "shoot": "",
    "category": "", "tier": "bulk", "template": "", "from_state": "processing", "state": "approved",
    "confidence": 0.75, "reasons": [], "error": None, "files": [], "etag": "3",
}  # fmt: skip
# Anything PostgreSQL's jsonb holds as text: no NUL and no lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=400)


def files(count: int, name: str) -> list[dict[str, Any]]:
    stored = {"sha256": "0" * 64, "size_bytes": "1234", "media_type": "image/jpeg"}
    return [
        {"name": f"{name}{number}", "file_name": name, "object": stored, "width": 48, "height": 40}
        for number in range(count)
    ]


@settings(max_examples=60)
@given(
    event=st.sampled_from(payload.IMAGE_EVENTS),
    text=TEXTS,
    reasons=st.lists(st.fixed_dictionaries({"code": TEXTS, "detail": TEXTS}), max_size=120),
    count=st.integers(0, 200),
    error=st.none()
    | st.fixed_dictionaries({"reason": st.just("INTERNAL"), "message": TEXTS.map(lambda text: text * 9)}),
)
def test_an_image_message_is_never_too_long(
    event: str, text: str, reasons: list[Any], count: int, error: dict[str, str] | None
) -> None:
    image = IMAGE | dict.fromkeys(("sku", "image_no", "source_name", "shoot", "category", "template"), text)
    image |= {"reasons": reasons, "files": files(count, text), "error": error, "state": event.removeprefix("image.")}
    body = payload.body(event, NOW, {"job": JOB | {"label": text}, "image": image})
    assert len(body) <= payload.MOST_BYTES
    message = json.loads(body)
    assert (message["type"], message["timestamp"]) == (event, "2026-03-04T05:06:07.000890Z")
    data = message["data"]
    assert data["image"]["image_id"] == image["image_id"]
    assert data["image"]["state"] == image["state"]
    assert data["thin"] or [file["name"] for file in data["image"]["files"]] == [
        file["name"] for file in image["files"]
    ]
    if data["thin"]:
        assert (data["image"]["files"], data["image"]["reasons"]) == ([], [])


@settings(max_examples=60)
@given(event=st.sampled_from(payload.JOB_EVENTS), text=TEXTS, count=st.integers(0, payload.MOST_IMAGES + 1))
def test_a_job_message_is_never_too_long(event: str, text: str, count: int) -> None:
    listed = [
        {"image_id": str(UUID(int=number)), "sku": text, "image_no": text, "state": "approved"}
        for number in range(count)
    ]
    snapshot = {"job": JOB | {"label": text}, "counts": {"approved": count}, "images": listed}
    body = payload.body(event, NOW, snapshot)
    assert len(body) <= payload.MOST_BYTES
    data = json.loads(body)["data"]
    assert data["job"]["counts"] == {"approved": count}
    assert len(data["images"]) == (0 if data["thin"] else count)
    assert data["thin"] or count <= payload.MOST_IMAGES


def test_an_ordinary_job_of_a_hundred_images_lists_them() -> None:
    listed = [
        {"image_id": str(UUID(int=number)), "sku": f"TEE-{number:04}", "image_no": "1", "state": "needs_review"}
        for number in range(100)
    ]
    data = json.loads(payload.body("job.succeeded", NOW, {"job": JOB, "counts": {}, "images": listed}))["data"]
    assert not data["thin"]
    assert data["images"] == listed


def test_the_same_snapshot_is_the_same_body() -> None:
    snapshot = {"job": JOB, "image": IMAGE | {"files": files(3, "export:zoom")}}
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    assert payload.body("image.approved", NOW, snapshot) == payload.body("image.approved", east, snapshot)


def test_links_lead_to_files_whatever_their_names() -> None:
    named = files(1, "export:größe/a?b ")
    data = json.loads(payload.body("image.approved", NOW, {"job": JOB, "image": IMAGE | {"files": named}}))["data"]
    assert data["image"]["files"][0]["link"].endswith("/files/export:gr%C3%B6%C3%9Fe%2Fa%3Fb%200")


@pytest.mark.parametrize("state", ["approved", "failed"])
def test_an_error_is_told_of_failed_images_only(state: str) -> None:
    image = IMAGE | {"state": state, "error": {"reason": "INTERNAL", "message": "x"}}
    data = json.loads(payload.body(f"image.{state}", NOW, {"job": JOB, "image": image}))["data"]
    assert (data["image"]["error"] is not None) == (state == "failed")
