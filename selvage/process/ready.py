"""The folder of results: where each file lies, fetched once, checked by its digest.

READY/<SKU>/            exports, the layered PSD, and the proof that exports keep their preset's rules
READY/<SKU>/masks/      alpha, confidence, trimap, cutout, shadow
READY/report/           thumbnails of report.html
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from gateway import naming
from selvage.client import Client, Image, ImageFile
from selvage.errors import OutNotWritable

from .entry import Files

MASKS = ("alpha", "confidence", "trimap", "cutout", "shadow")
EXPORT = "export:"
COMPLIANCE = "compliance"
THUMBNAILS = "report"


class Ready:
    """Fetches result files into `out`. One thread at a time."""

    def __init__(self, out: Path, client: Client) -> None:
        self.out = out
        self._client = client
        self._taken: dict[str, str] = {}

    def fetch(self, image: Image) -> Files:
        """All result files of an image; those that lie there with the right content are left alone."""
        files = Files()
        for file in image.files:
            path = self._place(image, file)
            target = self.out / path
            if not same_content(target, file.sha256):
                self._client.download(image, file.name, target)
            if file.name.startswith(EXPORT):
                name = file.name.removeprefix(EXPORT)
                files.exports.append({"name": name, "path": path, "width": file.width, "height": file.height})
            else:
                files.by_name[file.name] = path
            if file.name == COMPLIANCE:
                files.compliance = json.loads(target.read_text(encoding="utf-8"))["reports"]
        return files

    def _place(self, image: Image, file: ImageFile) -> str:
        # Names come from the server: whatever they hold, they stay inside of the folder.
        name = Path(file.file_name.replace("\\", "/")).name or f"{image.sku}_{image.image_no}_{file.name}"
        folder = f"{naming.safe_sku(image.sku)}/masks" if file.name in MASKS else naming.safe_sku(image.sku)
        path = f"{folder}/{name}"
        if self._taken.setdefault(path.lower(), image.image_id) != image.image_id:
            # A template whose names leave out the image number: photos of one SKU get folders of their own.
            path = f"{folder}/{naming.safe_image_no(image.image_no)}/{name}"
            self._taken[path.lower()] = image.image_id
        return path


def prepare(out: Path) -> None:
    """Makes the folder and proves that it can be written. Raises OutNotWritable."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise OutNotWritable(path=out, cause=error.strerror or error) from error


def same_content(path: Path, sha256: str) -> bool:
    if not sha256 or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or none of it, also when the power goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
