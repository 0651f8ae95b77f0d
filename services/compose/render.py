"""The layers at canvas size and the flat picture they give.

Layers are blended in encoded sRGB, as Photoshop does by default: so the layered PSD shows the same picture as the
exports. Only resampling works in linear light.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.compose import background, original, shadows
from services.compose.cutout import Cutout
from services.compose.errors import CutoutEmpty
from services.compose.place import Placement, Sides, cut_sides, place, subject_box
from services.compose.resize import axis, bands, straighten
from services.compose.subject import without_specks
from services.compose.template import Template

BAND = 256


@dataclass(frozen=True)
class Product:
    """The product at canvas scale, straight (not premultiplied)."""

    rgb: np.ndarray  # uint8 (h, w, 3)
    alpha: np.ndarray  # uint8 (h, w)
    left: int
    top: int

    def cover(self, width: int, height: int) -> np.ndarray:
        """The alpha on the whole canvas, uint8 (height, width)."""
        out = np.zeros((height, width), np.uint8)
        rows, columns = self.alpha.shape
        out[self.top : self.top + rows, self.left : self.left + columns] = self.alpha
        return out


@dataclass(frozen=True)
class Layers:
    """From bottom to top; `flat` is what they give together."""

    background: np.ndarray | None  # uint8 (H, W, 3); None: transparent
    shadow: np.ndarray | None  # multiply map, uint8 (H, W, 3); None: no shadow
    product: Product
    flat: np.ndarray  # uint8 (H, W, 3), or (H, W, 4) straight when the background is transparent
    placement: Placement
    shadow_kind: str  # "none" | "standard" | "original"
    shadow_detail: str  # why it is not the one the template asks for; empty otherwise


def render(cutout: Cutout, shadow: np.ndarray | None, template: Template, width: int, height: int, sku: str) -> Layers:
    """Renders `cutout` by `template` on a canvas of width x height.

    shadow: the extracted multiply map of the whole photo, uint8 (h, w, 3) at any size, or None. `sku` seeds the paper.
    Raises CutoutEmpty.
    """
    measured = without_specks(cutout.alpha, template.place.threshold)
    subject = subject_box(measured, template.place.threshold)
    if subject is None:
        raise CutoutEmpty(threshold=f"{template.place.threshold:.3f}")
    cut = cut_sides(measured)
    placement = place(subject, cut, width, height, template.place)
    product = _product(cutout, placement, width, height)
    behind = background.make(template.background, width, height, sku)
    darker, kind, detail = _shadow(cutout, shadow, template, placement, product, cut, width, height)
    return Layers(behind, darker, product, _flatten(behind, darker, product, width, height), placement, kind, detail)


def _product(cutout: Cutout, placement: Placement, width: int, height: int) -> Product:
    """Resamples every pixel with any alpha that lands on the canvas."""
    support = subject_box(cutout.alpha, 1e-4) or placement.source
    low = placement.to_canvas(support.left, support.top)
    high = placement.to_canvas(support.right, support.bottom)
    # A canvas pixel belongs to the product when its centre lies inside.
    left, top = (max(0, int(np.ceil(value - 0.5))) for value in low)
    right, bottom = (min(side, int(np.floor(value + 0.5))) for value, side in zip(high, (width, height), strict=True))
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    origin = placement.to_canvas(0, 0)
    rows, columns = cutout.alpha.shape
    across = axis(right - left, origin[0] - left, placement.scale_x, columns)
    down = axis(bottom - top, origin[1] - top, placement.scale_y, rows)
    rgb = np.empty((bottom - top, right - left, 3), np.uint8)
    alpha = np.empty((bottom - top, right - left), np.uint8)
    for y, band in bands(cutout.foreground, cutout.alpha, across, down):
        rgb[y : y + len(band)], alpha[y : y + len(band)] = straighten(band)
    return Product(rgb, alpha, left, top)


def _shadow(
    cutout: Cutout,
    extracted: np.ndarray | None,
    template: Template,
    placement: Placement,
    product: Product,
    cut: Sides,
    width: int,
    height: int,
) -> tuple[np.ndarray | None, str, str]:
    """(multiply map, its kind, why it is not the one asked for)."""
    rules = template.shadow
    if rules.mode == "none":
        return None, "none", ""
    detail = ""
    if rules.mode in ("original", "auto"):
        photo = cutout.alpha.shape
        detail = "the photo's own shadow could not be extracted"
        if extracted is not None:
            detail = original.refusal(extracted, (photo[0], photo[1]), rules)
            if not detail:
                laid = original.lay(extracted, (photo[0], photo[1]), placement, width, height, rules)
                return laid, "original", ""
    grey = shadows.standard(product.cover(width, height), rules.layers, grounded=not cut.bottom)
    return np.broadcast_to(grey[..., None], (height, width, 3)), "standard", detail


def _flatten(
    behind: np.ndarray | None, darker: np.ndarray | None, product: Product, width: int, height: int
) -> np.ndarray:
    """Normal blending of the product over background times shadow, rounded once per layer as Photoshop does."""
    if behind is None:
        flat = np.zeros((height, width, 4), np.uint8)
        rows, columns = product.alpha.shape
        window = flat[product.top : product.top + rows, product.left : product.left + columns]
        window[..., :3] = product.rgb
        window[..., 3] = product.alpha
        return flat
    flat = np.empty((height, width, 3), np.uint8)
    for y0 in range(0, height, BAND):
        y1 = min(y0 + BAND, height)
        band = behind[y0:y1]
        if darker is not None:
            band = _divide255(band.astype(np.uint32) * darker[y0:y1])
        flat[y0:y1] = band
    rows, columns = product.alpha.shape
    for y0 in range(0, rows, BAND):
        y1 = min(y0 + BAND, rows)
        top = product.top + y0
        window = flat[top : top + y1 - y0, product.left : product.left + columns]
        alpha = product.alpha[y0:y1, :, None].astype(np.uint32)
        window[:] = _divide255(product.rgb[y0:y1] * alpha + window * (255 - alpha))
    return flat


def _divide255(values: np.ndarray) -> np.ndarray:
    """values / 255, rounded; uint32 up to 255 * 255 in, uint8 out."""
    return ((values + 127) // 255).astype(np.uint8)
