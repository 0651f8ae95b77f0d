"""Places inside the matte that look like paper: a gap that was filled, or a product of the paper's tone.

A gap between arm and body, or in a handle, that the coarse alpha closed with certainty shows in no confidence. The
plate gives it away: what shines through has the paper's colour, dimmed by no more than a shadow dims it, and is as
flat as paper. A white shoe on white paper looks the same; a person has to say which: a doubt, not a correction.
"""

from __future__ import annotations

import cv2
import numpy as np

from services.kit import channels
from services.kit.paper import Plate
from services.kit.pictures import colour
from services.matting.arrays import F32, U8

# Measured on filled gaps of 9 people over white, grey and coloured paper: light left 0.60 to 0.91 in the middle half of
# them, distance in colour 0.01 to 0.03, ripple 0.01 to 0.07; trousers, skin and hair lie outside at least one.
_DIMMEST, _BRIGHTEST = 0.6, 1.06
_COLOUR = 0.04
_RIPPLE = 0.03
_SOLID = 0.85


def paper_like(rgb: U8, alpha: F32, plate: Plate) -> U8:
    """uint8 (h, w), 1 where the product looks like shaded paper over at least 3 x 3 pixels.

    rgb: uint8 (h, w, 3) encoded sRGB, alpha: float32 (h, w), both reduced to 1024 px or less.
    """
    height, width = alpha.shape
    paper = plate.rows(0, height, height, width)[0]
    seen = colour.to_linear(rgb)
    power = np.maximum(channels.total(paper * paper), np.float32(1e-6))
    light = np.asarray(channels.total(seen * paper) / power, np.float32)
    off = np.asarray(cv2.subtract(seen, channels.times(paper, light)), np.float32)
    apart = np.sqrt(channels.total(off * off) / power) / np.maximum(light, np.float32(1e-3))
    mean = cv2.blur(light, (5, 5))
    ripple = np.sqrt(np.maximum(cv2.blur(light * light, (5, 5)) - mean * mean, 0)) / np.maximum(mean, 1e-3)
    alike = (light > _DIMMEST) & (light < _BRIGHTEST) & (apart < _COLOUR) & (ripple < _RIPPLE) & (alpha > _SOLID)
    return np.asarray(cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
