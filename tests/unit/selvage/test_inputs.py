"""Which files are taken for photos."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from selvage.errors import FolderNotFound, FolderUnreadable, NoPhotos
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableFile, match="regular file"):
        inputs.check_readable(tmp_path / "pipe.jpg")


def test_signs_that_look_like_digits_are_sorted_too(tmp_path: Path) -> None:
    touch(tmp_path, "²1.jpg", "a10.jpg", "a٢.jpg", "a1.jpg", "½.jpg")
    assert [name for name in names(inputs.find(tmp_path, recursive=False)) if name[0] == "a"] == [
        "a1.jpg",
        "a٢.jpg",
        "a10.jpg",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps names that are no UTF-8")
def test_a_name_of_an_old_disk_can_be_written(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/robe-\xe9t\xe9_2.jpg"))
    path.write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/liste-\xe9.csv")).write_bytes(b"x")
    rows, _ = csvfile.parse("file,sku,image_no\nrobe-été_2.jpg,ROBE,7\n")
    found = inputs.find(tmp_path, recursive=False, rows=csvfile.assign(rows, ["robe-été_2.jpg"], tmp_path))
    assert [(source.name, source.path, source.sku) for source in found.sources] == [("robe-été_2.jpg", path, "ROBE")]
    assert "liste-é.csv" in found.notes[0]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind root, who runs tests in containers: so the system call is made to refuse."""
    touch(tmp_path, "a.jpg", "shut/b.jpg")
    scandir = os.scandir

    def refusing(path: Path) -> Any:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(FolderUnreadable, match=r"shut cannot be read \(Permission denied\)"):
        inputs.find(tmp_path, recursive=True)
    assert names(inputs.find(tmp_path, recursive=False)) == ["a.jpg"]


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
