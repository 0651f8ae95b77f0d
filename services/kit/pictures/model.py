"""What the picture room hands out: limits, facts about a file, decoded pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BAND = 256  # rows worked on at once


@dataclass(frozen=True)
class Limits:
    """What a file may ask of us; everything is checked on the header, before a pixel is decoded."""

    bytes: int = 200_000_000
    megapixels: float = 120.0
    side: int = 20_000
    min_side: int = 16
    frames: int = 1


@dataclass(frozen=True)
class PictureInfo:
    """Facts from the header. `width` and `height` are upright, that is after the orientation was applied."""

    format: str  # jpeg | png | webp | tiff | avif | heic, or the kind of camera RAW: dng, cr3, nef ...
    width: int
    height: int
    bits: int  # per sample, as stored
    frames: int
    profile: str | None  # description of the colour profile that was followed; None: no usable one, read as sRGB
    orientation: int  # EXIF value 1..8 that decode() undoes; 1 for AVIF and HEIC, which carry their own transforms
    has_alpha: bool
    notes: tuple[str, ...] = ()  # what had to be assumed, in plain sentences
    intent: str = ""  # rendering intent by which decode() brings the colours to sRGB; empty: it leaves them as they are


@dataclass(frozen=True)
class Picture:
    """Decoded pixels.

    rgb: uint8 (H, W, 3), encoded sRGB, upright; not premultiplied, and white where the file is fully transparent.
    alpha: uint8 (H, W) where the file has an alpha channel, else None.
    info: facts about the file; its width and height are the file's, also when `rgb` was decoded smaller.
    icc: the embedded profile exactly as stored, also when it could not be used.
    """

    rgb: NDArray[np.uint8]
    info: PictureInfo
    icc: bytes | None
    alpha: NDArray[np.uint8] | None = None

    def over_white(self) -> NDArray[np.uint8]:
        """uint8 (H, W, 3): the picture as a viewer shows it on white, blended in encoded sRGB; `rgb` where nothing is
        see-through.

        For looking at a photo that has an alpha channel: `rgb` alone has hard edges in whatever colour lay under them.
        """
        if self.alpha is None or bool(((self.alpha == 0) | (self.alpha == 255)).all()):
            return self.rgb
        shown = self.rgb.copy()
        for top in range(0, len(shown), _BAND):
            band, cover = shown[top : top + _BAND], self.alpha[top : top + _BAND, :, None].astype(np.uint16)
            band[:] = 255 - ((255 - band) * cover + 127) // 255
        return shown
