"""Where result files of many images lie in one folder.

<folder>/<SKU>/            exports, the layered PSD, and the proof that exports keep their preset's rules
<folder>/<SKU>/masks/      alpha, confidence, trimap, cutout, shadow
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from gateway import naming

from .models import Image, ImageFile

MASKS = ("alpha", "confidence", "trimap", "cutout", "shadow")


class Layout:
    """Gives each file a place that no other image's file has."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def place(self, image: Image, file: ImageFile) -> str:
        """A path below the folder, with `/`."""
        # Names come from the server: whatever they hold, they stay inside of the folder.
        name = Path(file.file_name.replace("\\", "/")).name or f"{image.sku}_{image.image_no}_{file.name}"
        folder = f"{naming.safe_sku(image.sku)}/masks" if file.name in MASKS else naming.safe_sku(image.sku)
        path = f"{folder}/{name}"
        if self._taken.setdefault(path.lower(), image.image_id) != image.image_id:
            # A template whose names leave out the image number: photos of one SKU get folders of their own.
            path = f"{folder}/{naming.safe_image_no(image.image_no)}/{name}"
            self._taken[path.lower()] = image.image_id
        return path


def same_content(path: Path, sha256: str) -> bool:
    """Whether the file is there with this digest."""
    if not sha256 or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
