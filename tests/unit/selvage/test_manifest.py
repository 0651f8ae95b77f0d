"""The manifest follows its schema, is replaced whole, and takes outdated files with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from selvage.client import Image, Problem
from selvage.process import manifest
from selvage.process.entry import Entry, Files
from selvage.process.inputs import Source

MASKS = {name: f"TEE/masks/{name}.png" for name in ("alpha", "confidence", "trimap", "cutout")}


def entry(body: dict[str, Any], *, exports: int = 1) -> Entry:
    listed: list[dict[str, str | int]] = [
        {"name": f"e{n}", "path": f"TEE/e{n}.jpg", "width": 10, "height": 10} for n in range(exports)
    ]
    source = Source(Path("x"), str(body["source_name"]))
    return Entry(source, Image.of(body), files=Files(MASKS | {"psd": "TEE/a.psd", "compliance": "TEE/c.json"}, listed))


def check(body: dict[str, Any]) -> None:
    jsonschema.validate(body, manifest.schema(), cls=jsonschema.Draft202012Validator)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(manifest.schema())


def test_every_kind_of_end_fits_the_schema(image_json: Callable[..., Any]) -> None:
    reason = {
        "code": "SPEC_FAIL:AMAZON",
        "detail": "Fill is 70 %.",
        "boxes": [{"left": 1, "top": 2, "width": 3, "height": 4}],
    }
    gone = {"reason": "TRUNCATED_FILE", "message": "The file ends early.", "retryable": False}
    failed = entry(image_json(state="IMAGE_STATE_FAILED", error=gone, files=[]))
    failed.files = Files()
    unread = Entry(Source(Path("y"), "in/TEE_2.jpg"), error=Problem("UNREADABLE_FILE", "It is a folder."))
    body = manifest.build(
        [entry(image_json()), entry(image_json(state="IMAGE_STATE_NEEDS_REVIEW", reasons=[reason])), failed, unread]
    )
    check(body)
    approved, review, broken, missing = body["images"]
    assert (approved["status"], approved["confidence"]) == ("approved", 0.9712)
    assert approved["seconds"] == {"intake": 0.01, "matting": 1.25}
    assert review["reasons"] == [{"code": "SPEC_FAIL:AMAZON", "detail": "Fill is 70 %."}]
    assert (broken["error"]["reason"], broken["confidence"], broken["files"]) == ("TRUNCATED_FILE", 0, {"exports": []})
    assert (missing["source"], missing["sku"], missing["image_no"]) == ("in/TEE_2.jpg", "TEE", "2")


@pytest.mark.parametrize(
    ("state", "status"),
    [("PUBLISHED", "approved"), ("IN_EDIT", "needs_review"), ("REJECTED", "needs_review"), ("CANCELLED", "failed")],
)
def test_later_states_fall_into_the_three(image_json: Callable[..., Any], state: str, status: str) -> None:
    assert entry(image_json(state=f"IMAGE_STATE_{state}")).status == status


@pytest.mark.parametrize(
    "change",
    [
        {"status": "failed"},
        {"confidence": 1.2},
        {"error": {"reason": "X", "message": "y"}},
        {"files": {"exports": []}},
        {"files": {**MASKS, "exports": [{"name": "a", "path": "/etc/a", "width": 1, "height": 1}]}},
    ],
)
def test_the_schema_refuses_what_scripts_may_not_meet(image_json: Callable[..., Any], change: dict[str, Any]) -> None:
    body = manifest.build([entry(image_json())])
    body["images"][0].update(change)
    with pytest.raises(jsonschema.ValidationError):
        check(body)


def test_files_that_a_photo_no_longer_has_are_removed(image_json: Callable[..., Any], tmp_path: Path) -> None:
    other = entry(image_json(source_name="HAT_1.jpg"))
    other.files = Files({"alpha": "HAT/alpha.png"}, [])
    two = manifest.build([entry(image_json(), exports=2), other])
    (tmp_path / "outside").write_text("x")
    two["images"][0]["files"]["exports"][0]["path"] = "../outside"
    out = tmp_path / "READY"
    for path in ("TEE/e1.jpg", "TEE/a.psd", "HAT/alpha.png", "TEE/mine.txt"):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text("x")
    manifest.write(out, two)
    manifest.write(out, manifest.build([entry(image_json(), exports=1)]))
    left = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert left == ["HAT/alpha.png", "TEE/a.psd", "TEE/mine.txt", "manifest.json"]
    assert (tmp_path / "outside").exists()


def test_a_foreign_or_broken_manifest_is_no_earlier_run(tmp_path: Path) -> None:
    assert manifest.read(tmp_path) is None
    for text in ("{", "[]", json.dumps({"version": 9, "images": []})):
        (tmp_path / manifest.NAME).write_text(text)
        assert manifest.read(tmp_path) is None
