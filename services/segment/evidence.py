"""What single pixels say about product, paper and shadow, given the paper behind them.

Everything is measured in the logarithm of observed light over paper's light, where a shadow is a common offset of the
three channels: it takes light away and leaves the hue. Thresholds are in units of the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.channels import least, mean, most, total
from services.kit.paper.noise import rounding
from services.kit.regions import outside

F32 = NDArray[np.float32]

OFFSET = 0.004  # linear light added before the logarithm, as in the plate's fit
CLIPPED = 0.985
HUE_SLACK = 0.02  # colour bounce and mixed light in a shadow, natural logarithm
HUE_SLACK_DARK = 0.10  # and per unit of darkening
DEEP = -1.3  # darker than about a quarter of the light: hardly a shadow
TEXTURE_WINDOW = 5
EVEN = 2.0  # roughness in units of the noise that plain shaded paper may have
STEP = 0.008  # natural logarithm, one pixel to the next: the smallest edge
SLOPE = 7  # pixels over which a penumbra's slope is even
AMBIGUOUS = 0.65  # darker in the paper's own hue, and nothing near that says more: rather product
AMBIGUOUS_MASS = 0.1
PATCH = 9  # pixels; plain spots that large are paper even where product surrounds them
ENCLOSED = 0.2  # smaller ones that the frame's paper does not reach may as well be the product's own
ROUNDING = 1.5  # half codes; JPEG keeps colour at half size and coarser steps


@dataclass(frozen=True)
class Evidence:
    """What each pixel says, float32 (h, w) all.

    product: 0 paper or shadow, 1 product. mass: how much that counts, about 0 to 1. paper_like: 1 where a pixel is
    paper within the noise. shade_like: 1 where it may be paper in an even shade. across, down: how freely evidence
    flows to the right and to the lower neighbour, 0 to 1.
    """

    product: F32
    mass: F32
    paper_like: F32
    shade_like: F32
    across: F32
    down: F32


def gather(linear: F32, paper: F32, sigma: F32) -> Evidence:
    """linear, paper: float32 (h, w, 3), linear light. sigma: float32 (h, w), scatter of the paper on this grid."""
    noise = _noise(linear, paper, sigma)
    share, off_hue = _shade(linear, paper)
    level = mean(paper)
    grain = np.clip(mean(noise) / (share * level + OFFSET), 0.006, 0.4)
    brightness = np.log((share * level + OFFSET) / (level + OFFSET)).astype(np.float32)
    both_clipped = (least(linear) > CLIPPED) & (least(paper) > CLIPPED)
    brightness[both_clipped] = 0
    off_hue[both_clipped] = 0

    paper_like = np.exp(
        -0.22
        * (
            np.square(np.maximum(np.abs(brightness) / grain - 1, 0))
            + np.square(np.maximum(most(off_hue / noise) - 1, 0))
        )
    )
    body = np.asarray(0.5 * share[..., None] * (paper + level[..., None]), np.float32)
    slack = np.asarray(HUE_SLACK + HUE_SLACK_DARK * np.clip(-brightness, 0, 2), np.float32)
    strange = np.asarray((off_hue - slack[..., None] * body) / (2.5 * noise + 0.03 * body), np.float32)
    coloured = _rises(most(strange))
    brighter = _rises((brightness - 2.5 * grain) / (2.5 * grain + 0.02))
    deep = _rises((DEEP - brightness) / 0.5)
    rough = _texture(brightness) / grain
    textured = _rises((rough - 2.5) / 4) * _rises((-brightness - 0.05) / 0.1)
    product = 1 - (1 - coloured) * (1 - brighter) * (1 - 0.8 * deep) * (1 - 0.3 * textured)
    paper_mass = 0.5 * paper_like * (1 - product)
    plain = paper_like * (1 - product) > 0.3
    patch = cv2.morphologyEx(plain.astype(np.uint8), cv2.MORPH_OPEN, np.ones((PATCH, PATCH), np.uint8)) > 0
    paper_mass *= np.where(outside(plain) | patch, 1, ENCLOSED)
    doubt = (1 - paper_like) * (1 - product)
    mass = np.maximum(paper_mass, product**2)
    product = product + AMBIGUOUS_MASS * doubt * (AMBIGUOUS - product) / (mass + AMBIGUOUS_MASS * doubt + 1e-6)
    mass = mass + AMBIGUOUS_MASS * doubt
    across, down = _flow(linear, paper, noise)
    shade_like = (1 - coloured) * (1 - brighter) * (1 - deep) * (rough < EVEN)
    return Evidence(product.astype(np.float32), (mass + 1e-6).astype(np.float32), paper_like, shade_like, across, down)


def _noise(linear: F32, paper: F32, sigma: F32) -> F32:
    """Scatter of linear light per channel, float32 (h, w, 3): shot noise of the level, and rounding."""
    level = np.maximum(linear, 0.1 * paper)
    shot = np.square(sigma)[..., None] * level / np.maximum(mean(paper)[..., None], 1e-4)
    return np.asarray(np.sqrt(shot + np.square(ROUNDING * rounding(level))), np.float32)


def _shade(linear: F32, paper: F32) -> tuple[F32, F32]:
    """How much of the paper's light arrives (least squares over the channels), and what is left per channel."""
    smooth = cv2.GaussianBlur(linear, (0, 0), 0.8)
    share = total(smooth * paper) / np.maximum(total(np.square(paper)), 1e-8)
    return share.astype(np.float32), np.abs(smooth - share[..., None] * paper)


def _rises(value: NDArray[np.floating]) -> F32:
    return np.asarray(np.clip(value, 0, 1), np.float32)


def _texture(brightness: F32) -> F32:
    """Local standard deviation about the local plane's mean, float32 (h, w); a penumbra's slope is taken off."""
    window = (TEXTURE_WINDOW, TEXTURE_WINDOW)
    rough = brightness - cv2.GaussianBlur(brightness, (0, 0), 1.5)
    return np.asarray(np.sqrt(np.maximum(cv2.blur(np.square(rough), window), 0)), np.float32)


def _flow(linear: F32, paper: F32, noise: F32) -> tuple[F32, F32]:
    """Edges stop the flow, slopes do not: what counts is a step against the mean step around it."""
    guide = cv2.GaussianBlur(np.log((linear + OFFSET) / (paper + OFFSET)).astype(np.float32), (0, 0), 0.7)
    width = STEP + noise / (linear + OFFSET)
    across, down = np.zeros(width.shape, np.float32), np.zeros(width.shape, np.float32)
    across[:, :-1] = np.diff(guide, axis=1)
    down[:-1] = np.diff(guide, axis=0)
    across -= cv2.blur(across, (SLOPE, 3))
    down -= cv2.blur(down, (3, SLOPE))
    return np.exp(-most(np.square(across / width))), np.exp(-most(np.square(down / width)))
