"""The body of a message: {"type", "timestamp", "data"} as the Standard Webhooks specification asks, without pixels.

Made of the snapshot the outbox took with the change, so every repetition says the same, byte by byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

JOB_EVENTS = ("job.succeeded", "job.failed")
IMAGE_EVENTS = ("image.review_required", "image.approved", "image.rejected", "image.published", "image.failed")
EVENTS = JOB_EVENTS + IMAGE_EVENTS
TEST = "webhook.test"

MOST_BYTES = 20_000
MOST_IMAGES = 100
# So much of a text a person or a stage has written.
TEXT = 300


def body(event: str, happened_at: datetime, snapshot: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON of at most 20,000 bytes. What is too long for that is left out: `thin` is true then."""
    data = _data(event, snapshot)
    encoded = _encode(event, happened_at, data)
    if len(encoded) > MOST_BYTES:
        part = data.get("image", data)
        part |= {name: [] for name in ("files", "reasons", "images") if name in part}
        encoded = _encode(event, happened_at, data | {"thin": True})
    return encoded


def _encode(event: str, happened_at: datetime, data: Mapping[str, Any]) -> bytes:
    moment = happened_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    message = {"type": event, "timestamp": moment, "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _data(event: str, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    if event == TEST:
        return {"endpoint_id": snapshot["endpoint_id"], "shop": snapshot["shop"]}
    job = snapshot["job"]
    data: dict[str, Any] = {"shop": job["shop"], "job": _job(job)}
    if event in IMAGE_EVENTS:
        return data | {"image": _image(snapshot["image"]), "thin": False}
    images = snapshot["images"] or []
    data["job"]["counts"] = snapshot["counts"] or {}
    listed = [] if len(images) > MOST_IMAGES else [_listed(image) for image in images]
    return data | {"images": listed, "thin": len(images) > MOST_IMAGES}


def _job(job: Mapping[str, Any]) -> dict[str, Any]:
    link = f"/v1/jobs/{job['job_id']}"
    named = {name: _short(job[name]) for name in ("label", "template", "profile")}
    return {"job_id": job["job_id"], **named, "link": link, "images_link": f"{link}/images"}


def _listed(image: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: _short(image[name]) for name in ("sku", "image_no")}
    return {"image_id": image["image_id"], **named, "state": image["state"]}


def _image(image: Mapping[str, Any]) -> dict[str, Any]:
    link = f"/v1/images/{image['image_id']}"
    texts = ("sku", "image_no", "source_name", "shoot", "category", "tier", "template")
    return {
        "image_id": image["image_id"],
        **{name: _short(image[name]) for name in texts},
        "state": image["state"],
        "from_state": image["from_state"],
        "confidence": image["confidence"],
        "reasons": [_reason(reason) for reason in image["reasons"]],
        "error": _problem(image["error"]) if image["error"] and image["state"] == "failed" else None,
        "files": [_file(file, link) for file in image["files"]],
        "etag": image["etag"],
        "link": link,
    }


def _reason(reason: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": reason.get("code", ""), "detail": _short(reason.get("detail", ""))}


def _problem(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {"reason": problem.get("reason", ""), "message": _short(problem.get("message", ""))}


def _file(file: Mapping[str, Any], link: str) -> dict[str, Any]:
    stored = file.get("object", {})
    return {
        "name": file["name"],
        "file_name": file.get("file_name", ""),
        "media_type": stored.get("media_type", ""),
        "sha256": stored.get("sha256", ""),
        "size_bytes": int(stored.get("size_bytes", 0)),
        "width": file.get("width", 0),
        "height": file.get("height", 0),
        "link": f"{link}/files/{quote(file['name'], safe=':')}",
    }


def _short(text: str) -> str:
    return text if len(text) <= TEXT else text[: TEXT - 1] + "…"
