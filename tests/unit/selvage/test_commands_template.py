"""`selvage template`: what it lists, how it refuses, and that a preview is the template's picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from selvage.cli import main
from services.kit import pictures
from tests.parts import photos

TEMPLATE = {
    "schema": "selvage/template@1",
    "name": "mine",
    "revision": 3,
    "canvas": {"width": 400, "height": 200},
    "background": {"type": "solid", "colour": "#ff8000"},
    "exports": [{"name": "main", "width": 400, "format": "png"}],
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["template", *map(str, arguments)], env={"COLUMNS": "200"})


def write(path: Path, **changes: object) -> Path:
    path.write_text(yaml.safe_dump(TEMPLATE | changes))
    return path


def cutout(path: Path) -> Path:
    rgba = np.zeros((60, 60, 4), np.uint8)
    rgba[10:50, 20:40] = (0, 0, 200, 255)
    path.write_bytes(photos.png(rgba))
    return path


def test_list_shows_shipped_and_own_templates(tmp_path: Path) -> None:
    write(tmp_path / "mine.yaml")
    result = run("list", "--folder", tmp_path)
    assert result.exit_code == 0
    assert "studio-paper-cream" in result.output
    (line,) = (line for line in result.output.splitlines() if line.startswith("mine"))
    assert line.split() == ["mine", "3", "400", "x", "200", "solid", "none", "main"]


def test_list_finds_the_folder_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "mine.yaml")
    monkeypatch.setenv("SELVAGE_COMPOSE_TEMPLATES", str(tmp_path))
    assert "mine" in run("list").output


def test_validate_tells_every_problem_of_every_file(tmp_path: Path) -> None:
    good = write(tmp_path / "good.yaml")
    bad = write(tmp_path / "bad.yaml", place={"fill": 2}, colour="red")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    result = run("validate", good, bad, broken)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == f"{good}: is the template mine, revision 3"
    assert f"{bad}: $.place.fill: 2 must be between 0.05 and 1" in lines
    assert any(line.startswith(f"{bad}: $.colour: is not known here") for line in lines)
    assert any(line.startswith(f"{broken}: $: is not YAML") for line in lines)
    assert run("validate", good).exit_code == 0


def test_preview_renders_the_cutout_by_the_template(tmp_path: Path) -> None:
    out = tmp_path / "look.png"
    result = run(
        "preview", write(tmp_path / "mine.yaml"), "--photo", cutout(tmp_path / "c.png"), "--out", out, "--size", 200
    )
    assert result.exit_code == 0, result.output
    assert result.output == f"{out}: 200 x 100, shadow none\n"
    rgb = pictures.decode(out.read_bytes()).rgb
    assert rgb.shape == (100, 200, 3)
    assert (rgb[0, 0] == (255, 128, 0)).all()
    blue = (rgb == (0, 0, 200)).all(2)
    ys, xs = np.where(blue)
    # The template does not enlarge: 40 pixels on a canvas shown at half its size.
    assert ys.max() - ys.min() + 1 == pytest.approx(20, abs=2)
    assert (ys.min() + ys.max()) / 2 == pytest.approx(49.5, abs=1)
    assert (xs.min() + xs.max()) / 2 == pytest.approx(99.5, abs=1)


def test_preview_without_a_photo_shows_a_sample_with_its_own_shadow(tmp_path: Path) -> None:
    out = tmp_path / "look.png"
    result = run("preview", "studio-paper-cream", "--out", out, "--size", 256)
    assert result.output == f"{out}: 256 x 256, shadow original\n"
    assert pictures.probe(out.read_bytes()).width == 256
    shelf = run("preview", "transparent", "--out", out, "--size", 128)
    assert shelf.exit_code == 0
    assert pictures.probe(out.read_bytes()).has_alpha


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path) -> None:
    mine, out = write(tmp_path / "mine.yaml"), tmp_path / "look.png"
    opaque = tmp_path / "photo.png"
    opaque.write_bytes(photos.png(photos.quarters()))
    for arguments, words in (
        (("preview", "nope", "--out", out), "There is no template nope"),
        (("preview", mine, "--photo", opaque, "--out", out), "has no transparent parts"),
        (("preview", mine, "--out", tmp_path / "no" / "look.png"), "cannot be written"),
        (("preview", write(tmp_path / "bad.yaml", canvas={}), "--out", out), "$.canvas.width: is missing"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert words in result.output
        assert "Traceback" not in result.output
