"""What this room reads from the store and leaves there."""

from __future__ import annotations

from typing import Any

import numpy as np

from selvage_api.images.v1 import images_pb2
from selvage_api.matting.v1 import matting_service_pb2 as pb
from services.kit import paper
from services.kit.pictures.encode import png8, png16, png_rgb, png_rgba, read_grey, read_rgba
from services.kit.store import ObjectStore
from services.matting.arrays import F32, U8
from services.matting.errors import MapsDoNotFit
from services.matting.window import Layers

_PNG = "image/png"


class Objects:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def map(self, reference: images_pb2.ObjectRef) -> F32:
        """A stored map, 8 or 16 bits, as float32 in [0, 1]."""
        grey = read_grey(self._store.get(reference.key))
        return np.asarray(np.divide(grey, np.float32(np.iinfo(grey.dtype).max), dtype=np.float32))

    def plate(self, reference: images_pb2.ObjectRef) -> paper.Plate | None:
        return paper.load(self._store.get(reference.key)) if reference.key else None

    def layers(self, stored: pb.MatteLayers, photo: U8) -> tuple[Layers, U8]:
        """The layers of a stored matte of this photo, uint8 (H, W, 3), and its cut-out, uint8 (H, W, 4).

        Raises MapsDoNotFit when one of them is not of the photo's size.
        """
        cut = read_rgba(self._store.get(stored.cutout.key))
        confidence = np.asarray(read_grey(self._store.get(stored.confidence.key)))
        trimap = np.asarray(read_grey(self._store.get(stored.trimap.key)))
        alpha = self.map(stored.alpha)
        for name, layer in {"alpha": alpha, "confidence": confidence, "trimap": trimap, "cutout": cut}.items():
            if layer.shape[:2] != photo.shape[:2]:
                size = f"{layer.shape[1]} x {layer.shape[0]}"
                raise MapsDoNotFit(problem=f"the photo is {photo.shape[1]} x {photo.shape[0]}, the {name} {size}")
        # A cut-out is empty where nothing is seen of the product; the photo's own colours stand there.
        colours = np.where(cut[..., 3:] > 0, cut[..., :3], photo)
        return Layers(alpha, confidence, trimap, colours), cut

    def keep(self, alpha: F32, confidence: U8, trimap: U8, cut: U8, prefix: str) -> pb.MatteLayers:
        return pb.MatteLayers(
            alpha=self._put(prefix, "alpha", png16(alpha)),
            confidence=self._put(prefix, "confidence", png8(confidence)),
            trimap=self._put(prefix, "trimap", png8(trimap)),
            cutout=self._put(prefix, "cutout", png_rgba(cut)),
        )

    def keep_shadow(self, shadow: U8 | None, prefix: str) -> images_pb2.ObjectRef | None:
        return None if shadow is None else self._put(prefix, "shadow", png_rgb(shadow))

    def _put(self, prefix: str, name: str, data: bytes) -> images_pb2.ObjectRef:
        stored = self._store.put(f"{prefix}/{name}.png", data, _PNG)
        return images_pb2.ObjectRef(
            key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
        )


def cutout(foreground: U8, alpha: F32) -> U8:
    """RGBA uint8 (H, W, 4) with straight alpha; all zero where the alpha is nothing in 8 bits."""
    height, width = alpha.shape
    rgba = np.zeros((height, width, 4), np.uint8)
    for top in range(0, height, 256):
        rows: Any = np.s_[top : top + 256]
        rgba[rows, :, 3] = np.rint(alpha[rows] * 255)
        np.multiply(foreground[rows], rgba[rows, :, 3:] > 0, out=rgba[rows, :, :3])
    return rgba
