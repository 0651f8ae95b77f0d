"""`selvage process` as a whole: good photos, ten kinds of bad input, and the same command again."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest

from selvage.process.manifest import schema
from selvage.samples import render
from tests.parts import command, photos

SIZE = 480


@dataclass(frozen=True)
class Ran:
    first: subprocess.CompletedProcess[str]
    home: Path
    photos: Path
    out: Path

    @property
    def images(self) -> dict[str, dict[str, Any]]:
        return {image["source"]: image for image in command.manifest(self.out)["images"]}


def bomb() -> bytes:
    """A PNG of 20000 x 20000 pixels, 1 bit each, in 60 kB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2501) * 20_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def good() -> dict[str, Callable[[], bytes]]:
    """Photos that must simply work, whatever they are wrapped in."""
    garment, ring = (render(family, 2, SIZE).rgb for family in ("garment", "ring"))
    sixteen = garment.astype(np.uint16) * 257
    return {
        "TEE-1_1.jpg": lambda: photos.jpeg(garment),
        "TEE-1_cmyk2.jpg": lambda: bytes(photos.image(garment).colourspace("cmyk").jpegsave_buffer(Q=95)),
        "TEE-1_3.png": lambda: photos.png(sixteen),
        "RING-2_1.png": lambda: photos.jpeg(ring),
    }


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "EMPTY_FILE"),
    "truncated.jpg": (lambda: photos.jpeg(photos.gradient(400, 300))[:-4000], "TRUNCATED_FILE"),
    "text.jpg": (lambda: b"These are words, not pixels.\n" * 40, "UNSUPPORTED_FORMAT"),
    "dot.png": (lambda: photos.png(np.full((1, 1, 3), 90, np.uint8)), "TOO_FEW_PIXELS"),
    "bomb.png": (bomb, "TOO_MANY_PIXELS"),
    "moving.png": (lambda: photos.animated_png(12), "ANIMATED_PICTURE"),
}
UNREADABLE = ("folder.jpg", "gone.jpg")


@pytest.fixture(scope="module")
def ran() -> Iterator[Ran]:
    with command.folder() as base:
        yield _ran(base)


def _ran(base: Path) -> Ran:
    folder = base / "photos"
    folder.mkdir()
    for name, make in {**good(), **{name: make for name, (make, _) in BAD.items()}}.items():
        (folder / name).write_bytes(make())
    (folder / "folder.jpg").mkdir()
    (folder / "gone.jpg").symlink_to(base / "nowhere")
    (folder / "notes.txt").write_text("not a photo")
    first = command.run(base / "home", "process", folder, "--out", base / "READY")
    assert first.returncode in (0, 1), first.stderr
    return Ran(first, base / "home", folder, base / "READY")


@pytest.mark.slow
def test_the_manifest_follows_its_schema_and_names_every_photo(ran: Ran) -> None:
    body = command.manifest(ran.out)
    jsonschema.validate(body, schema(), cls=jsonschema.Draft202012Validator)
    assert sorted(ran.images) == sorted([*good(), *BAD, *UNREADABLE])
    assert "notes.txt" in ran.first.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(good()))
def test_good_photos_become_files_of_the_right_size(ran: Ran, name: str) -> None:
    image = ran.images[name]
    assert image["status"] in ("approved", "needs_review")
    photo = cv2.imread(str(ran.photos / name), cv2.IMREAD_COLOR)
    files = {role: cv2.imread(str(ran.out / path), cv2.IMREAD_UNCHANGED) for role, path in image["files"].items()
             if role in ("alpha", "confidence", "trimap", "cutout")}  # fmt: skip
    kinds = {role: (picture.shape[:2], picture.dtype.itemsize, picture.ndim) for role, picture in files.items()}
    size = photo.shape[:2]
    assert kinds == {
        "alpha": (size, 2, 2), "confidence": (size, 1, 2), "trimap": (size, 1, 2), "cutout": (size, 1, 3),
    }  # fmt: skip
    assert set(np.unique(files["trimap"])) <= {0, 128, 255}
    assert (ran.out / image["files"]["psd"]).read_bytes()[:4] == b"8BPS"
    for export in image["files"]["exports"]:
        picture = cv2.imread(str(ran.out / export["path"]), cv2.IMREAD_UNCHANGED)
        assert picture.shape[:2] == (export["height"], export["width"])
    assert set(image["seconds"]) == {"intake", "plate", "segment", "matting", "gate", "compose"}


@pytest.mark.slow
def test_names_come_from_the_files(ran: Ran) -> None:
    names = {name: (ran.images[name]["sku"], ran.images[name]["image_no"]) for name in good()}
    assert names == {
        "TEE-1_1.jpg": ("TEE-1", "1"),
        "TEE-1_cmyk2.jpg": ("TEE-1", "cmyk2"),
        "TEE-1_3.png": ("TEE-1", "3"),
        "RING-2_1.png": ("RING-2", "1"),
    }


@pytest.mark.slow
def test_the_alpha_is_the_products(ran: Ran) -> None:
    """Close to the truth on both kinds; the bands of other tests are tighter, this one guards the way as a whole."""
    for name, family in (("TEE-1_1.jpg", "garment"), ("RING-2_1.png", "ring")):
        alpha = cv2.imread(str(ran.out / ran.images[name]["files"]["alpha"]), cv2.IMREAD_UNCHANGED) / 65535
        assert np.abs(alpha - render(family, 2, SIZE).alpha).mean() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", [*BAD, *UNREADABLE])
def test_bad_input_ends_in_the_table_with_what_to_do(ran: Ran, name: str) -> None:
    image = ran.images[name]
    reason = BAD[name][1] if name in BAD else "UNREADABLE_FILE"
    assert (image["status"], image["error"]["reason"]) == ("failed", reason)
    shown = " ".join(ran.first.stdout.split())
    assert name in shown
    assert image["error"]["message"].split(". ")[-1].split("\n")[0][:40] in shown
    assert ran.first.returncode == 1


@pytest.mark.slow
def test_the_report_links_to_files_that_are_there(ran: Ran) -> None:
    page = (ran.out / "report.html").read_text(encoding="utf-8")
    paths = [path for image in ran.images.values() for role, path in image["files"].items() if role != "exports"]
    assert len(paths) >= 4 * 5
    assert all(path in page and (ran.out / path).is_file() for path in paths)


@pytest.mark.slow
def test_the_same_command_again_redoes_nothing(ran: Ran) -> None:
    def state() -> dict[str, int]:
        kept = (path for path in ran.out.rglob("*") if path.is_file() and path.parent != ran.out)
        return {str(path): path.stat().st_mtime_ns for path in kept}

    before, body = state(), command.manifest(ran.out)
    counted = "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM stage_runs), (SELECT count(*) FROM results)"
    rows = command.query(ran.home, counted)
    lost = ran.out / ran.images["TEE-1_1.jpg"]["files"]["alpha"]
    content = lost.read_bytes()
    lost.unlink()
    again = command.run(ran.home, "process", ran.photos, "--out", ran.out, "--json")
    assert again.returncode == 1, again.stderr
    assert command.manifest(ran.out) == body
    assert command.query(ran.home, counted) == rows
    assert lost.read_bytes() == content, "a file that was lost is fetched again"
    after = state()
    assert {path for path in before if before[path] != after[path]} == {str(lost)}
