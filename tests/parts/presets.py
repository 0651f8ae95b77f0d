"""For every check of the compliance room: a real file that breaks it, made for the limits of a preset's rule."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import yaml
from PIL import Image as Pillow

from services.compose.catalogue import parse
from services.compose.compliance.measure import Made
from services.compose.compliance.report import Report
from services.compose.cutout import Cutout
from services.compose.naming import Naming
from services.compose.pipeline import compose
from services.compose.presets.library import presets
from services.kit.pictures import display_p3_profile, srgb_profile
from services.kit.pictures.encode import export

DAY = date(2026, 11, 24)
NAME = Naming("TEE_1", "2", f"{DAY:%Y%m%d}", "approved")
PRODUCT = (40, 90, 160)
WHITE = (255, 255, 255)


def template(*names: str, **changes: Any) -> bytes:
    """A template whose exports are these presets, on a white background without a shadow."""
    data = {
        "schema": "selvage/template@1",
        "name": "market",
        "revision": 1,
        "canvas": {"width": 200, "height": 200},
        "psd": False,
        "exports": [{"name": name.replace("_", "-"), "preset": name} for name in names],
    }
    return yaml.safe_dump(data | changes).encode()


def woven() -> tuple[Cutout, np.ndarray]:
    """A woven piece and the shadow beneath it, as matting tells it from the paper: uint8 (h, w, 3)."""
    height, width = 1500, 1200
    alpha = np.zeros((height, width), np.float32)
    alpha[180:1280, 170:1030] = 1.0
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.2)
    thread = np.random.default_rng(5).normal(0, 5, (height, width, 1))
    foreground = np.clip(np.array(PRODUCT) + thread, 0, 255).astype(np.uint8)
    shadow = np.full((height, width, 3), 255, np.uint8)
    shadow[1200:1330, 190:1050] = 170
    return Cutout(foreground, foreground, alpha), cv2.GaussianBlur(shadow, (0, 0), 9)


@cache
def kept() -> dict[str, Report]:
    """The report on each preset's export of a picture that has all it takes."""
    cutout, shadow = woven()
    with TemporaryDirectory() as folder:
        made = compose(cutout, shadow, parse(template(*presets()), "market.yaml"), NAME, Path(folder))
    return {report.preset: report for report in made.compliance}


@dataclass(frozen=True)
class Picture:
    """A picture without faults, to be spoilt: a product box of 60 % on one colour, small enough to be quick."""

    width: int = 64
    height: int = 64
    background: tuple[int, int, int] = WHITE
    box: float = 0.6
    fmt: str = "png"
    profile: bytes = srgb_profile()
    dpi: int = 72
    suffix: str = ""

    @property
    def cover(self) -> np.ndarray:
        cover = np.zeros((self.height, self.width), np.uint8)
        tall, wide = round(self.height * self.box), round(self.width * self.box)
        top, left = (self.height - tall) // 2, (self.width - wide) // 2
        cover[top : top + tall, left : left + wide] = 255
        return cover

    @property
    def rgb(self) -> np.ndarray:
        rgb = np.empty((self.height, self.width, 3), np.uint8)
        rgb[:] = self.background
        rgb[self.cover > 0] = PRODUCT
        return rgb

    def file(self, rgb: np.ndarray | None = None, quality: int = 92) -> tuple[bytes, Made]:
        pixels = self.rgb if rgb is None else rgb
        return export(pixels, self.fmt, quality=quality, profile=self.profile, dpi=self.dpi), self.made

    @property
    def made(self) -> Made:
        suffix = self.suffix or {"jpeg": "jpg"}.get(self.fmt, self.fmt)
        return Made(f"a.{suffix}", self.cover, 8 / 255, self.background, "none", DAY)


Limits = Mapping[str, Any]
Broken = Callable[[Picture, Limits], tuple[bytes, Made]]


def _size(side: str) -> Broken:
    def broken(good: Picture, limits: Limits) -> tuple[bytes, Made]:
        value = limits["min"] - 1 if "min" in limits else limits["max"] + 1
        other = value if side == "short_side" else 16
        width, height = (other, value) if side == "height" else (value, other)
        return replace(good, width=width, height=height).file()

    return broken


def _megapixels(good: Picture, limits: Limits) -> tuple[bytes, Made]:
    side = int((limits["max"] * 1e6) ** 0.5) + 1
    return replace(good, width=side, height=side, fmt="jpeg").file()


def _ratio(good: Picture, limits: Limits) -> tuple[bytes, Made]:
    off = limits["width_over_height"] * (1 + 2 * limits["tolerance"])
    return replace(good, width=round(1000 * off), height=1000).file()


def _bytes(good: Picture, limits: Limits) -> tuple[bytes, Made]:
    data, made = replace(good, fmt="jpeg").file()
    # Decoders pass over what follows the end of a JPEG.
    return (data if "min" in limits else data + bytes(limits["max"])), made


def _dpi(good: Picture, limits: Limits) -> tuple[bytes, Made]:
    return replace(good, dpi=limits["min"] - 1).file()


def _fill(good: Picture, limits: Limits) -> tuple[bytes, Made]:
    return replace(good, width=400, height=400, box=limits["min"] - 0.01 if "min" in limits else 0.98).file()


def _grey(good: Picture, _limits: Limits) -> tuple[bytes, Made]:
    out = io.BytesIO()
    Pillow.fromarray(good.rgb[..., 0]).save(out, "jpeg")
    return out.getvalue(), replace(good, fmt="jpeg").made


def _clear(good: Picture, _limits: Limits) -> tuple[bytes, Made]:
    return good.file(np.dstack([good.rgb, good.cover]))


def _spot(y: int, x: int) -> Broken:
    def broken(good: Picture, _limits: Limits) -> tuple[bytes, Made]:
        rgb = good.rgb
        rgb[y, x, 1] -= 1  # by the least a file can hold
        return good.file(rgb)

    return broken


def _ringing(good: Picture, _limits: Limits) -> tuple[bytes, Made]:
    return replace(good, fmt="jpeg").file(quality=20)


def _shadow(kind: str) -> Broken:
    def broken(good: Picture, _limits: Limits) -> tuple[bytes, Made]:
        rgb = good.rgb
        if kind != "none":
            rgb[-10:-4, 10:-10] = 200
        data, made = good.file(rgb)
        return data, replace(made, shadow=kind)

    return broken


BROKEN: Mapping[str, Broken] = {
    "format": lambda good, _: replace(good, fmt="avif").file(),
    "extension": lambda good, _: replace(good, fmt="jpeg", suffix="png").file(),
    "profile": lambda good, _: replace(good, profile=display_p3_profile()).file(),
    "colour_mode": _grey,
    "opaque": _clear,
    "width": _size("width"),
    "height": _size("height"),
    "long_side": _size("long_side"),
    "short_side": _size("short_side"),
    "megapixels": _megapixels,
    "ratio": _ratio,
    "bytes": _bytes,
    "dpi": _dpi,
    "fill": _fill,
    "border": _spot(0, 5),
    "background": _spot(4, 4),
    "halo": _ringing,
    "no_shadow": _shadow("standard"),
    "shadow": _shadow("none"),
    "natural_shadow": _shadow("standard"),
}
