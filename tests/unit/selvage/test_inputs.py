"""Which files are taken for photos."""

from __future__ import annotations

from pathlib import Path

import pytest

from selvage.errors import FolderNotFound, NoPhotos
from selvage.process import csvfile, inputs
from services.kit.errors import UnreadableFile


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(found: inputs.Inputs) -> list[str]:
    return [source.name for source in found.sources]


def test_everything_that_is_not_hidden_and_no_sidecar_is_a_photo(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "b10.JPG",
        "b2.jpg",
        "a.HEIC",
        "odd.bin",
        "noending",
        ".hidden.jpg",
        "notes.txt",
        "list.CSV",
        "in/c.jpg",
    )
    found = inputs.find(tmp_path, recursive=False)
    assert names(found) == ["a.HEIC", "b2.jpg", "b10.JPG", "noending", "odd.bin"]
    assert "list.CSV" in found.notes[0]
    assert "notes.txt" in found.notes[0]
    assert "1 folder(s) inside" in found.notes[1]


def test_recursion_keeps_out_of_the_results(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "in/b.jpg", "in/.git/c.jpg", "READY/SKU/d.jpg")
    found = inputs.find(tmp_path, recursive=True, without=[tmp_path / "READY"])
    assert names(found) == ["a.jpg", "in/b.jpg"]


def test_what_cannot_be_read_is_an_input_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert names(inputs.find(tmp_path, recursive=True)) == ["folder.jpg", "gone.jpg"]
    with pytest.raises(UnreadableFile, match="folder"):
        inputs.check_readable(tmp_path / "folder.jpg")
    with pytest.raises(UnreadableFile, match="No such file"):
        inputs.check_readable(tmp_path / "gone.jpg")


def test_names_come_from_the_list_or_from_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "TEE-1_2.jpg", "IMG_0001.jpg")
    rows, _ = csvfile.parse("file,sku,image_no,category\nIMG_0001.jpg,HAT,3,hats\n")
    assigned = csvfile.assign(rows, ["TEE-1_2.jpg", "IMG_0001.jpg"], tmp_path)
    hat, tee = inputs.find(tmp_path, recursive=False, rows=assigned).sources
    assert (hat.sku, hat.image_no, hat.category) == ("HAT", "3", "hats")
    assert (tee.sku, tee.image_no) == ("", ""), "left to the gateway"
    assert tee.shown == ("TEE-1", "2")


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoPhotos):
        inputs.find(tmp_path, recursive=False)
    with pytest.raises(FolderNotFound):
        inputs.find(tmp_path / "none", recursive=False)
