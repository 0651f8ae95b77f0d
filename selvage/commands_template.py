"""`selvage template`: list, check and look at templates without a server or a job."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Column, Table

if TYPE_CHECKING:  # loading the compose room takes a second; the other commands do without
    import numpy as np

    from services.compose.catalogue import Catalogue
    from services.compose.cutout import Cutout
    from services.compose.template import Template

_YAML = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of your own templates. Default: SELVAGE_COMPOSE_TEMPLATES.",
)


@click.group()
def template() -> None:
    """List, check and look at templates."""


@template.command("list")
@_FOLDER
def listed(folder: Path | None) -> None:
    """List the templates that ship and your own.

    \b
    Examples:
      selvage template list
      selvage template list --folder templates
    """
    name = Column("template", no_wrap=True)
    shown = Table(name, "revision", "canvas", "background", "shadow", "exports", box=None, pad_edge=False)
    for one in _catalogue(folder).all():
        canvas, exports = f"{one.canvas.width} x {one.canvas.height}", ", ".join(spec.name for spec in one.exports)
        shown.add_row(one.name, str(one.revision), canvas, one.background.kind, one.shadow.mode, exports)
    Console().print(shown)


@template.command()
@click.argument("files", type=_YAML, nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[Path, ...]) -> None:
    """Check template files; every problem is told with its place in the file.

    Exit code: 0 all are templates, 1 some are not.

    \b
    Examples:
      selvage template validate summer.yaml
      selvage template validate templates/*.yaml
    """
    from services.compose.errors import TemplateInvalid  # noqa: PLC0415

    failed = False
    for file in files:
        try:
            one = _read(file)
        except TemplateInvalid as error:
            failed = True
            for problem in error.details["problems"].splitlines():
                click.echo(f"{file}: {problem}")
        else:
            click.echo(f"{file}: is the template {one.name}, revision {one.revision}")
    sys.exit(1 if failed else 0)


@template.command()
@click.argument("which", metavar="TEMPLATE")
@click.option(
    "--photo", type=_YAML, help="A cut-out: a picture with transparency. Default: a drawn shoe with its shadow."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PNG to write.")
@click.option("--size", type=click.IntRange(64, 8192), default=1024, show_default=True, help="Long side in pixels.")
@click.option("--sku", default="PREVIEW", show_default=True, help="Seeds the texture of paper.")
@_FOLDER
def preview(which: str, photo: Path | None, out: Path, size: int, sku: str, folder: Path | None) -> None:
    """Render a picture by TEMPLATE: a template file, or the name of one that `selvage template list` shows.

    \b
    Examples:
      selvage template preview summer.yaml --out summer.png
      selvage template preview studio-paper-cream --photo cutout.png --out look.png --size 2048
    """
    from services.compose.render import render  # noqa: PLC0415
    from services.kit.errors import UnwritableFile  # noqa: PLC0415
    from services.kit.pictures import encode  # noqa: PLC0415

    one = _read(Path(which)) if Path(which).is_file() else _catalogue(folder).get(which)
    cutout, shadow = _sample() if photo is None else (_cutout(photo), None)
    scale = min(1.0, size / one.canvas.long_side)
    width, height = (max(1, round(side * scale)) for side in (one.canvas.width, one.canvas.height))
    # The smaller canvas must not enlarge the product further than the real one would.
    place = replace(one.place, max_upscale=one.place.max_upscale * scale)
    layers = render(cutout, shadow, replace(one, place=place), width, height, sku)
    flat = layers.flat
    try:
        out.write_bytes(encode.png_rgb(flat) if flat.shape[2] == 3 else encode.png_rgba(flat))
    except OSError as error:
        raise UnwritableFile(path=out, cause=error.strerror) from error
    because = f" ({layers.shadow_detail})" if layers.shadow_detail else ""
    click.echo(f"{out}: {width} x {height}, shadow {layers.shadow_kind}{because}")


def _catalogue(folder: Path | None) -> Catalogue:
    from services.compose.catalogue import Catalogue  # noqa: PLC0415
    from services.compose.settings import ComposeSettings  # noqa: PLC0415
    from services.kit.settings import load  # noqa: PLC0415

    return Catalogue(folder or load(ComposeSettings).templates)


def _read(file: Path) -> Template:
    from services.compose.catalogue import parse  # noqa: PLC0415
    from services.kit.errors import UnreadableFile  # noqa: PLC0415

    try:
        return parse(file.read_bytes(), file.name, file.parent)
    except OSError as error:
        raise UnreadableFile(cause=error.strerror) from error


def _cutout(photo: Path) -> Cutout:
    """Raises NoTransparency, and what decoding raises."""
    import numpy as np  # noqa: PLC0415

    from selvage.errors import NoTransparency  # noqa: PLC0415
    from services.compose.cutout import Cutout  # noqa: PLC0415
    from services.kit import pictures  # noqa: PLC0415

    picture = pictures.decode(photo.read_bytes())
    if picture.alpha is None:
        raise NoTransparency(path=photo)
    return Cutout(picture.rgb, picture.rgb, picture.alpha.astype(np.float32) / 255)


def _sample() -> tuple[Cutout, np.ndarray]:
    """A drawn shoe, and its own shadow as matting would extract it: uint8 (H, W, 3)."""
    import numpy as np  # noqa: PLC0415

    from selvage import samples  # noqa: PLC0415
    from services.compose.cutout import Cutout  # noqa: PLC0415
    from services.kit.pictures import to_srgb8  # noqa: PLC0415

    drawn = samples.render("shoe", 2, 1400)
    foreground = to_srgb8(drawn.light / np.maximum(drawn.alpha, 1e-3)[..., None])
    clean, dark = (to_srgb8(light).astype(np.float32) for light in (drawn.paper, drawn.paper * drawn.shadow[..., None]))
    shadow = np.rint(255 * np.clip(dark / np.maximum(clean, 1), 0, 1)).astype(np.uint8)
    return Cutout(drawn.rgb, foreground, drawn.alpha), shadow
