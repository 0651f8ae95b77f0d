"""The folder of results: what lies where, what is fetched and what is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selvage.client import Client, Image
from selvage.errors import OutNotWritable
from selvage.process.ready import Ready, prepare, write_atomically
from services.kit.errors import UnwritableFile


def with_content(body: dict[str, Any], content: bytes) -> dict[str, Any]:
    for file in body["files"]:
        file["object"]["sha256"] = hashlib.sha256(content).hexdigest()
    return body


def test_files_are_fetched_once_and_lost_or_changed_ones_again(
    scripted: Any, image_json: Callable[..., Any], tmp_path: Path
) -> None:
    image = Image.of(with_content(image_json(), b"new"))
    scripted.answers = [(200, {}, b"new")] * 9
    with Client(scripted.url) as client:
        first = Ready(tmp_path, client).fetch(image)
        assert len(scripted.seen) == 7
        (tmp_path / first.by_name["alpha"]).write_bytes(b"old")
        (tmp_path / first.by_name["psd"]).unlink()
        second = Ready(tmp_path, client).fetch(image)
    assert first == second
    assert [path for _, path, *_ in scripted.seen[7:]] == ["/v1/images/i1/files/alpha", "/v1/images/i1/files/psd"]
    assert first.by_name["alpha"] == "TEE/masks/TEE_1_20261123_approved_alpha.png"
    assert first.by_name["psd"] == "TEE/TEE_1_20261123_approved.psd"
    assert first.exports == [{"name": "zoom", "path": "TEE/TEE_1_zoom.jpg", "width": 2048, "height": 2048}]
    assert all((tmp_path / path).read_bytes() == b"new" for path in first.paths())


def test_two_images_never_write_one_file_and_none_leaves_the_folder(
    scripted: Any, image_json: Callable[..., Any], tmp_path: Path
) -> None:
    def image(number: int, name: str) -> Image:
        body = with_content(image_json(image_id=f"i{number}", image_no=str(number), sku="../A/B"), b"x")
        body["files"] = body["files"][-1:]
        body["files"][0]["file_name"] = name
        return Image.of(body)

    scripted.answers = [(200, {}, b"x")] * 3
    out = tmp_path / "READY"
    with Client(scripted.url) as client:
        ready = Ready(out, client)
        named = [
            ready.fetch(image(1, "zoom.jpg")),
            ready.fetch(image(2, "ZOOM.jpg")),
            ready.fetch(image(3, "../../c.jpg")),
        ]
    paths = [files.exports[0]["path"] for files in named]
    assert paths == ["A-B/zoom.jpg", "A-B/2/ZOOM.jpg", "A-B/c.jpg"]
    assert {path.name for path in tmp_path.iterdir()} == {"READY"}


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "in" / "manifest.json"
    write_atomically(target, b"one")

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("selvage.process.ready.os.fsync", full)
    with pytest.raises(UnwritableFile, match=r"manifest.json cannot be written \(no space left\)"):
        write_atomically(target, b"two")
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"one"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutNotWritable, match="file"):
        prepare(tmp_path / "file")
