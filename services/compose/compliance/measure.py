"""What can be measured of a finished file.

Where there is product, shadow or nothing is known from the composition (`Made`); what the file shows there is read
from the file. A lossy codec cannot keep pure white right beside the product, since both lie in one block of it, so
pixels without product are told apart: `far` from it the file must hold the exact colour, `near` it may be off by the
codec's ringing, which is measured by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

import cv2
import numpy as np

from services.kit.pictures import Limits, icc
from services.kit.pictures.decode import decode
from services.kit.pictures.density import dots_per_inch
from services.kit.pictures.probe import read_header

# (block side, reach beyond the block) in pixels that a codec mixes: JPEG's largest unit with 4:2:0 chroma and its
# decoder's smoothing; WebP's macroblock with prediction and deblocking; AV1's superblock with its loop filters.
REACH = {"png": (1, 0), "jpeg": (16, 2), "webp": (16, 24), "avif": (64, 32)}
BAND = 256  # rows
SHADE = 3  # levels below the background from which a pixel counts as shaded


@dataclass(frozen=True)
class Made:
    """What the composition knows about a file."""

    file_name: str
    cover: np.ndarray  # uint8 (H, W): the product's alpha at the file's size
    threshold: float  # alpha from which a pixel counts for the product's box, as in the template
    background: tuple[int, int, int] | None  # encoded sRGB; None: not one colour, or transparent
    shadow: str  # "none" | "standard" | "original"
    day: date  # of the job: the clock has no part in a result


@dataclass(frozen=True)
class Measured:
    """Facts about a file. Levels are 8-bit; colours were converted to sRGB by the embedded profile."""

    format: str
    extension: str
    bytes: int
    width: int
    height: int
    dpi: float  # 0: the file notes none
    profile: str  # description of the embedded profile, empty without one
    colour_mode: str  # "rgb" | "grey" | "cmyk"
    has_alpha: bool  # with any pixel that is not opaque
    border_off: int  # pixels of the outermost lines that are not exactly 255 in all channels
    border: int  # pixels of the outermost lines
    far_off: int  # pixels far from the product that are not exactly the background's colour
    far: int
    near_worst: int  # largest deviation, in levels, of pixels near the product
    shaded: float  # share of the pixels far from the product that are darker than the background
    shadow: str
    fill_long_side: float  # of the product's box: the larger of its shares of width and height
    fill_area: float  # of the product's box: its share of the picture's area
    day: date


def measure(data: bytes, made: Made) -> Measured:
    """Decodes `data` and measures it. Raises what `decode` raises; ValueError when `cover` has another size."""
    picture, header = decode(data), read_header(data, Limits())
    rgb = picture.rgb
    height, width = rgb.shape[:2]
    if made.cover.shape != (height, width):
        raise ValueError(f"cover is {made.cover.shape}, the picture {(height, width)}")
    border_off, border = _border(rgb)
    far_off, far, near_worst, shaded = _ground(rgb, made, header.format)
    fill_long_side, fill_area = _fill(made)
    return Measured(
        format=header.format,
        extension=PurePath(made.file_name).suffix.removeprefix(".").lower(),
        bytes=len(data),
        width=width,
        height=height,
        dpi=dots_per_inch(data) or 0.0,
        profile=(icc.description(picture.icc) or "") if picture.icc else "",
        colour_mode=header.space,
        has_alpha=picture.alpha is not None and bool((picture.alpha < 255).any()),
        border_off=border_off,
        border=border,
        far_off=far_off,
        far=far,
        near_worst=near_worst,
        shaded=shaded,
        shadow=made.shadow,
        fill_long_side=fill_long_side,
        fill_area=fill_area,
        day=made.day,
    )


def near(cover: np.ndarray, codec: str) -> np.ndarray:
    """bool (H, W): pixels that the codec may mix with product (uint8 alpha > 0), the product's own included."""
    block, reach = REACH[codec]
    touched = (cover > 0).astype(np.uint8)
    height, width = cover.shape
    if block > 1:
        rows, columns = -(-height // block), -(-width // block)
        padded = np.zeros((rows * block, columns * block), np.uint8)
        padded[:height, :width] = touched
        blocks = padded.reshape(rows, block, columns, block).max(axis=(1, 3))
        touched = np.repeat(np.repeat(blocks, block, axis=0), block, axis=1)[:height, :width]
    if reach:
        touched = cv2.dilate(touched, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(touched, bool)


def _border(rgb: np.ndarray) -> tuple[int, int]:
    lines = (rgb[0], rgb[-1], rgb[1:-1, 0], rgb[1:-1, -1])
    return sum(int((line != 255).any(axis=1).sum()) for line in lines), sum(len(line) for line in lines)


def _ground(rgb: np.ndarray, made: Made, codec: str) -> tuple[int, int, int, float]:
    """(far pixels that are off, far pixels, worst deviation near, share of far pixels that are shaded)."""
    if made.background is None:
        return 0, 0, 0, 0.0
    close = near(made.cover, codec)
    colour, shade = np.array(made.background, np.int16), max(made.background) - SHADE
    off = far = dark = worst = 0
    for top in range(0, len(rgb), BAND):
        rows = slice(top, top + BAND)
        away = np.abs(rgb[rows] - colour).max(axis=2)
        distant = ~close[rows]
        far += int(distant.sum())
        off += int((away[distant] > 0).sum())
        dark += int((rgb[rows].max(axis=2)[distant] <= shade).sum())
        worst = max(worst, int(away[close[rows] & (made.cover[rows] == 0)].max(initial=0)))
    return off, far, worst, dark / far if far else 0.0


def _fill(made: Made) -> tuple[float, float]:
    solid = made.cover >= max(1, round(made.threshold * 255))
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if not rows.size:
        return 0.0, 0.0
    height, width = made.cover.shape
    tall, wide = (rows[-1] + 1 - rows[0]) / height, (columns[-1] + 1 - columns[0]) / width
    return float(max(tall, wide)), float(tall * wide)
