"""A template: how every product of a shop stands, on what, with which shadow, and what is exported.

Lengths in a template file are "4%" or "30px"; here they are shares of the canvas side they refer to (shadow lengths:
of the longer side), so that a template looks the same at every size it is rendered at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Canvas:
    width: int
    height: int
    dpi: int

    @property
    def long_side(self) -> int:
        return max(self.width, self.height)


@dataclass(frozen=True)
class Margin:
    """Hard limits, shares of the canvas height (top, bottom) and width (left, right)."""

    top: float
    right: float
    bottom: float
    left: float


@dataclass(frozen=True)
class Place:
    fill: float  # share of the limiting canvas side taken by the product's box
    margin: Margin
    x: str  # "left" | "center" | "right"
    y: str  # "top" | "center" | "bottom" | "baseline"
    baseline: float  # share of the canvas height where the product's foot stands, if y is "baseline"
    snap: bool  # sides cut by the photo's frame touch the canvas edge
    max_upscale: float
    threshold: float  # alpha from which a pixel counts as product


@dataclass(frozen=True)
class Background:
    kind: str  # "solid" | "paper" | "gradient" | "image" | "transparent"
    colour: tuple[int, int, int]  # encoded sRGB
    to: tuple[int, int, int]  # the other end of a gradient
    direction: str  # "vertical" | "horizontal" | "radial"
    texture: float  # strength of the paper's tooth, 0 to 1
    texture_scale: float
    seed_by_sku: bool
    falloff: float  # how much light the corners lose, 0 to 1
    picture: bytes = field(default=b"", repr=False)  # the shop's own picture, as its file
    tile: float | None = None  # width of one tile of it, as a share of the canvas width; None: it covers the canvas


@dataclass(frozen=True)
class ShadowLayer:
    kind: str  # "contact" | "drop" | "cast"
    strength: float  # darkest value the layer may take away, 0 to 1
    height: float
    blur: float
    dx: float
    dy: float
    lean: float  # sideways run of a cast shadow per unit of its depth
    length: float  # depth of a cast shadow per unit of product height


@dataclass(frozen=True)
class Shadow:
    mode: str  # "none" | "standard" | "original" | "auto"
    layers: tuple[ShadowLayer, ...]
    strength: float  # of the original shadow
    neutralise: float  # 1 takes all colour bounce out of the original shadow
    max_border_dark: float  # gate: share of the photo's border that may lie in shadow


@dataclass(frozen=True)
class ExportSpec:
    name: str
    width: int
    height: int | None  # None keeps the canvas aspect
    format: str  # "jpeg" | "png" | "webp" | "avif"
    quality: int
    max_bytes: int | None
    profile: str = "srgb"  # "srgb" | "display-p3": colour space of the file
    preset: str = ""  # name of the preset that gave all this and by whose rules the file is checked; empty: none
    dpi: int | None = None  # resolution noted in the file; None: not noted


@dataclass(frozen=True)
class PsdSpec:
    """How the layered file is written; the defaults are what most programs read."""

    bits: int = 8  # 8 | 16
    compression: str = "rle"  # "rle" | "zip"
    container: str = "auto"  # "auto": PSB only where PSD does not suffice | "psb"


@dataclass(frozen=True)
class Template:
    name: str
    revision: int
    digest: str  # SHA-256 of the template file
    canvas: Canvas
    place: Place
    background: Background
    shadow: Shadow
    psd: PsdSpec | None  # None: no layered file
    exports: tuple[ExportSpec, ...]
    naming: str

    @property
    def transparent(self) -> bool:
        return self.background.kind == "transparent"


QUALITY = {"jpeg": 88, "webp": 84, "avif": 60, "png": 100}
NAMING = "{sku}_{image}_{date}_{status}_{name}"
STANDARD_LAYERS: list[dict[str, Any]] = [
    {"kind": "contact", "strength": 0.45, "height": "1.6%", "blur": "0.5%"},
    {"kind": "drop", "strength": 0.20, "dy": "1.6%", "blur": "2.2%"},
]


def build(data: dict[str, Any], digest: str, picture: bytes = b"") -> Template:
    """The template of `data`, which must already follow the schema (see `checks.problems`).

    picture: the file a background of type "image" names.
    """
    canvas = Canvas(**{"dpi": 300, **{key: int(value) for key, value in data["canvas"].items()}})
    return Template(
        name=data["name"],
        revision=int(data["revision"]),
        digest=digest,
        canvas=canvas,
        place=_place(data.get("place", {}), canvas),
        background=_background(data.get("background", {"type": "solid", "colour": "#ffffff"}), canvas, picture),
        shadow=_shadow(data.get("shadow", {"mode": "none"}), canvas),
        psd=_psd(data.get("psd", True)),
        exports=tuple(_export(entry) for entry in data["exports"]),
        naming=data.get("naming", NAMING),
    )


def length(text: str, side: int) -> float:
    """ "4%" or "30px" of a side of `side` pixels, as a share of it."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text[:-2]) / side


def _place(data: dict[str, Any], canvas: Canvas) -> Place:
    margin, anchor = data.get("margin", {}), data.get("anchor", {})
    return Place(
        fill=float(data.get("fill", 0.85)),
        margin=Margin(
            top=length(margin.get("top", "0%"), canvas.height),
            right=length(margin.get("right", "0%"), canvas.width),
            bottom=length(margin.get("bottom", "0%"), canvas.height),
            left=length(margin.get("left", "0%"), canvas.width),
        ),
        x=anchor.get("x", "center"),
        y=anchor.get("y", "center"),
        baseline=float(anchor.get("baseline", 1.0)),
        snap=data.get("snap_cropped_sides", True),
        max_upscale=float(data.get("max_upscale", 1.0)),
        threshold=int(data.get("alpha_threshold", 8)) / 255,
    )


def _background(data: dict[str, Any], canvas: Canvas, picture: bytes) -> Background:
    texture = data.get("texture", {})
    colour = _colour(data.get("colour", "#ffffff"))
    return Background(
        kind=data["type"],
        colour=colour,
        to=_colour(data["to"]) if "to" in data else colour,
        direction=data.get("direction", "vertical"),
        texture=float(texture.get("strength", 0.3)),
        texture_scale=float(texture.get("scale", 1.0)),
        seed_by_sku=texture.get("seed", "sku") == "sku",
        falloff=float(data.get("falloff", 0.0)),
        picture=picture,
        tile=length(data.get("tile_width", "25%"), canvas.width) if data.get("fit") == "tile" else None,
    )


def _shadow(data: dict[str, Any], canvas: Canvas) -> Shadow:
    original = data.get("original", {})
    return Shadow(
        mode=data["mode"],
        layers=tuple(_layer(entry, canvas.long_side) for entry in data.get("layers", STANDARD_LAYERS)),
        strength=float(original.get("strength", 1.0)),
        neutralise=float(original.get("neutralise", 0.0)),
        max_border_dark=float(original.get("max_border_dark", 0.03)),
    )


def _layer(data: dict[str, Any], side: int) -> ShadowLayer:
    return ShadowLayer(
        kind=data["kind"],
        strength=float(data["strength"]),
        height=length(data.get("height", "1.6%"), side),
        blur=length(data.get("blur", "0.5%" if data["kind"] == "contact" else "2.2%"), side),
        dx=length(data.get("dx", "0%"), side),
        dy=length(data.get("dy", "1.6%"), side),
        lean=float(data.get("lean", 0.8)),
        length=float(data.get("length", 0.2)),
    )


def _psd(data: bool | dict[str, Any]) -> PsdSpec | None:
    if isinstance(data, bool):
        return PsdSpec() if data else None
    return PsdSpec(**data)


def _export(data: dict[str, Any]) -> ExportSpec:
    return ExportSpec(
        name=data["name"],
        width=int(data["width"]),
        height=int(data["height"]) if "height" in data else None,
        format=data["format"],
        quality=int(data.get("quality", QUALITY[data["format"]])),
        max_bytes=int(data["max_bytes"]) if "max_bytes" in data else None,
        profile=data.get("profile", "srgb"),
        preset=data.get("preset", ""),
        dpi=int(data["dpi"]) if "dpi" in data else None,
    )


def _colour(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
