"""A shop's own picture as background: where it may lie, what it must be, and how it is laid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from services.compose.catalogue import Catalogue, parse
from services.compose.errors import TemplateInvalid
from services.compose.render import render
from services.compose.template import Template
from tests.parts import photos
from tests.parts.cutouts import ellipse


def source(width: int = 64, height: int = 64, **background: Any) -> bytes:
    return yaml.safe_dump(
        {
            "schema": "selvage/template@1",
            "name": "own",
            "revision": 1,
            "canvas": {"width": width, "height": height},
            "background": {"type": "image", **background},
            "exports": [{"name": "main", "width": width, "format": "png"}],
        }
    ).encode()


def template(folder: Path, picture: np.ndarray, width: int = 64, height: int = 64, **background: Any) -> Template:
    (folder / "wall.png").write_bytes(photos.png(picture))
    return parse(source(width, height, file="wall.png", **background), "own.yaml", folder)


def laid(made: Template) -> np.ndarray:
    behind = render(ellipse(40, 40), None, made, made.canvas.width, made.canvas.height, "A").background
    assert behind is not None
    return behind


def refusal(data: bytes, folder: Path | None) -> list[str]:
    with pytest.raises(TemplateInvalid) as caught:
        parse(data, "own.yaml", folder)
    return caught.value.details["problems"].splitlines()


def test_a_picture_of_the_canvas_size_is_the_background_exactly(tmp_path: Path) -> None:
    assert np.array_equal(laid(template(tmp_path, photos.quarters(64, 64))), photos.quarters(64, 64))


def test_cover_shows_the_middle_without_stretching(tmp_path: Path) -> None:
    wide = np.zeros((128, 512, 3), np.uint8)
    wide[:, 192:320] = 200  # a square in the middle
    out = laid(template(tmp_path, wide))
    assert out.shape == (64, 64, 3)
    assert (out[:, 4:-4] == 200).all()
    tall = laid(template(tmp_path, np.swapaxes(wide, 0, 1), width=128, height=64))
    assert (tall[:, 60:68] == 200).all()


def test_tiles_repeat_at_their_width(tmp_path: Path) -> None:
    out = laid(template(tmp_path, photos.quarters(32, 32), fit="tile", tile_width="16px"))
    assert np.array_equal(out[:16, :16], out[16:32, 32:48])
    assert np.abs(out[2, 2].astype(int) - photos.QUARTERS[0, 0]).max() <= 1
    larger = template(tmp_path, photos.quarters(32, 32), width=128, height=128, fit="tile")
    assert larger.background.tile == 0.25


def test_the_digest_follows_the_picture(tmp_path: Path) -> None:
    first = template(tmp_path, photos.quarters(64, 64))
    again = template(tmp_path, photos.quarters(64, 64))
    other = template(tmp_path, photos.gradient(64, 64))
    assert first.digest == again.digest != other.digest


def test_a_shop_folder_may_hold_the_picture(tmp_path: Path) -> None:
    (tmp_path / "walls").mkdir()
    (tmp_path / "walls" / "oak.png").write_bytes(photos.png(photos.quarters(64, 64)))
    (tmp_path / "own.yaml").write_bytes(source(file="walls/oak.png"))
    assert Catalogue(tmp_path).get("own").background.kind == "image"


@pytest.mark.parametrize("file", ["../wall.png", "/etc/hostname", ".hidden.png", "a//b.png", "a/../b.png", ""])
def test_only_plain_paths_inside_the_folder_are_taken(file: str, tmp_path: Path) -> None:
    assert any("must be a path from the template's folder" in line for line in refusal(source(file=file), tmp_path))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "wall.png").write_bytes(photos.png(photos.quarters(64, 64)))
    (home / "wall.png").symlink_to(tmp_path / "wall.png")
    assert refusal(source(file="wall.png"), home) == [
        '$.background.file: "wall.png" lies outside the template\'s folder'
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"%PDF-1.7", "not a photo Selvage reads"),
        (photos.jpeg(photos.gradient(64, 64))[:-60], "ends early or is damaged"),
        (photos.png(photos.quarters(32, 64)), "is 64 x 32 pixels; to cover the canvas it needs 64 x 64"),
        (photos.png(np.full((64, 64, 4), 128, np.uint8)), "has transparent parts"),
    ],
)
def test_an_unusable_picture_is_refused_with_its_path(data: bytes | None, words: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / "wall.png").write_bytes(data)
    (line,) = refusal(source(file="wall.png"), tmp_path)
    assert line.startswith("$.background.file: ")
    assert words in line


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    bad = yaml.safe_load(source(file="wall.png", fit="cover", tile_width="0%", colour="#ffffff"))
    bad["place"] = {"fill": 2}
    lines = refusal(yaml.safe_dump(bad).encode(), tmp_path)
    paths = [line.partition(":")[0] for line in lines]
    assert {"$.background.file", "$.background.tile_width", "$.background.colour", "$.place.fill"} <= set(paths)


def test_a_template_without_a_folder_has_no_pictures() -> None:
    assert "without a folder" in refusal(source(file="wall.png"), None)[0]
