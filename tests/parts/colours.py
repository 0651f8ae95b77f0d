"""What colours ought to become, from published numbers alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.kit.pictures import icc
from tests.parts import photos

Transfer = Callable[[NDArray[np.float64]], NDArray[np.float64]]
# Bruce Lindbloom, "RGB/XYZ matrices", adapted to D50 by Bradford; Display P3: the colourants of Apple's own profile.
PUBLISHED = {
    "sRGB IEC61966-2.1": [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ],
    "Adobe RGB (1998)": [
        [0.6097559, 0.2052401, 0.1492240],
        [0.3111242, 0.6256560, 0.0632197],
        [0.0194811, 0.0608902, 0.7448387],
    ],
    "ProPhoto RGB": [[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857], [0.0, 0.0, 0.8252100]],
    "Display P3": [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]],
}
SPACES: list[tuple[bytes, Transfer]] = [
    (photos.ADOBE_RGB, lambda v: v ** (563 / 256)),
    (photos.DISPLAY_P3, lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)),
    (photos.PROPHOTO, lambda v: v**1.8),
]


def expected(encoded: NDArray[np.float64], profile: bytes, linearise: Transfer) -> NDArray[np.float64]:
    """Encoded [0, 1] in the space of the profile to sRGB levels 0..255: matrices only, out of gamut clipped."""
    to_xyz = np.array(PUBLISHED[icc.description(profile) or ""])
    linear = linearise(encoded) @ (np.linalg.inv(PUBLISHED["sRGB IEC61966-2.1"]) @ to_xyz).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
