"""Cut-outs reduced for previews, the last few kept: a reviewer asks for the same one again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from services.compose.preview import REDUCED
from services.kit.pictures import decode

KEPT = 12  # of at most 6.6 MB each


@dataclass(frozen=True)
class Reduced:
    """foreground: uint8 (h, w, 3), encoded sRGB; alpha: uint8 (h, w); scale: reduced size over the full one."""

    foreground: np.ndarray
    alpha: np.ndarray
    scale: float


class ReducedCutouts:
    """The least recently asked one makes room. Keys are content-addressed, so nothing kept grows old. Thread-safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._by_key: OrderedDict[str, Reduced] = OrderedDict()

    def find(self, key: str) -> Reduced | None:
        with self._lock:
            found = self._by_key.get(key)
            if found is not None:
                self._by_key.move_to_end(key)
            return found

    def make(self, key: str, file: bytes) -> Reduced:
        """Decodes and reduces the cut-out's file, and keeps it under its key."""
        picture = decode(file, long_side=REDUCED)
        height, width = picture.rgb.shape[:2]
        alpha = np.full((height, width), 255, np.uint8) if picture.alpha is None else picture.alpha
        made = Reduced(picture.rgb, alpha, max(height, width) / max(picture.info.width, picture.info.height))
        with self._lock:
            self._by_key[key] = made
            while len(self._by_key) > self._kept:
                self._by_key.popitem(last=False)
        return made
