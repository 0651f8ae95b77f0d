"""What lies under the product of a cut-out: nothing, a colour, a picture; and a shadow on it."""

from __future__ import annotations

import numpy as np

from services.compose import backdrop, original, shadows
from services.compose.cutouts.frame import Frame
from services.compose.cutouts.style import Style
from services.compose.place import Sides
from services.compose.resize import linear_table
from services.compose.template import Shadow, ShadowLayer
from services.kit.pictures import to_srgb8

CONTACT = ShadowLayer("contact", 0.45, 0.016, 0.005, 0.0, 0.0, 0.8, 0.2)
DROP = ShadowLayer("drop", 0.20, 0.016, 0.022, 0.0, 0.016, 0.8, 0.2)
RULES = Shadow("auto", (), 1.0, 0.0, 0.03)
BAND = 256


def ground(frame: Frame, style: Style, picture: bytes) -> np.ndarray:
    """uint8 (H, W, 3) when it is opaque, else (H, W, 4) with straight alpha; encoded sRGB."""
    if picture:
        return backdrop.cover(picture, frame.width, frame.height)
    colour = style.background or (0, 0, 0, 0)
    if style.format == "jpeg":
        colour = _over_white(colour)
    parts = colour[:3] if colour[3] == 255 else colour
    return np.full((frame.height, frame.width, len(parts)), parts, np.uint8)


def darkness(
    cover: np.ndarray, extracted: np.ndarray | None, photo: tuple[int, int], frame: Frame, style: Style, cut: Sides
) -> np.ndarray | None:
    """The multiply map, uint8 (H, W), 255 where there is no shadow; None when none is asked for.

    cover: the product's alpha on the canvas, uint8 (H, W). extracted: the photo's own map, uint8 (h, w, 3), or None.
    photo: (height, width).
    """
    if style.shadow == "none" or style.shadow_opacity <= 0:
        return None
    grey: np.ndarray
    if style.shadow == "auto" and extracted is not None and not original.refusal(extracted, photo, RULES):
        laid = original.lay(extracted, photo, frame.placement, frame.width, frame.height, RULES)
        grey = np.rint(laid.mean(axis=2)).astype(np.uint8)
    else:
        layers = (DROP,) if style.shadow == "drop" else (CONTACT, DROP)
        grey = shadows.standard(cover, layers, grounded=not cut.bottom)
    if style.shadow_opacity < 1:
        taken = (255 - grey.astype(np.float32)) * style.shadow_opacity
        grey = np.asarray(np.rint(255 - taken), np.uint8)
    return grey


def darken(canvas: np.ndarray, grey: np.ndarray) -> None:
    """Lays a multiply map on a ground of `ground`, in place."""
    for y in range(0, len(canvas), BAND):
        rows = canvas[y : y + BAND]
        light = grey[y : y + BAND, :, None].astype(np.uint32)
        if rows.shape[2] == 3:
            rows[:] = (rows * light + 127) // 255
            continue
        # Black over what is there, both straight: alpha' = 1 - light (1 - alpha), colour' alpha' = light alpha colour.
        alpha = rows[..., 3:].astype(np.float32) / 255
        shade = light.astype(np.float32) / 255
        cover = 1 - shade * (1 - alpha)
        share = np.divide(shade * alpha, cover, out=np.zeros_like(cover), where=cover > 0)
        rows[..., :3] = np.rint(rows[..., :3] * share)
        rows[..., 3:] = np.rint(cover * 255)


def _over_white(colour: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    cover = colour[3] / 255
    table = linear_table()
    light = np.array([table[part] for part in colour[:3]], np.float32) * cover + (1 - cover)
    red, green, blue = (int(part) for part in to_srgb8(light.reshape(1, 1, 3))[0, 0])
    return red, green, blue, 255
