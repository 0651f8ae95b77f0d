"""The connected parts of a mask: which touch the frame, and what lies in them on average."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Regions:
    """labels: int32 (h, w), which part a pixel belongs to, 0 outside of the mask. area: int64 (n,), pixels by label."""

    labels: NDArray[np.int32]
    area: NDArray[np.int64]

    @classmethod
    def of(cls, mask: Mask, connectivity: int = 4) -> Regions:
        """connectivity: 4, or 8 where parts that touch at a corner are one."""
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
        return cls.labelled(np.asarray(labels, np.int32), count)

    @classmethod
    def labelled(cls, labels: NDArray[np.int32], count: int) -> Regions:
        return cls(labels, np.bincount(labels.ravel(), minlength=count))

    def mean(self, values: F32) -> NDArray[np.float64]:
        """Of float32 (h, w), by label; 0 for a label without pixels."""
        sums = np.bincount(self.labels.ravel(), values.ravel(), len(self.area))
        return np.asarray(sums / np.maximum(self.area, 1), np.float64)

    def at_frame(self) -> Mask:
        """By label, whether the part touches the frame; False for label 0."""
        found = np.zeros(len(self.area), bool)
        for edge in (self.labels[0], self.labels[-1], self.labels[:, 0], self.labels[:, -1]):
            found[edge] = True
        found[0] = False
        return found


def outside(mask: Mask) -> Mask:
    """The connected parts of a mask that touch the frame."""
    parts = Regions.of(mask)
    return np.asarray(parts.at_frame()[parts.labels])
