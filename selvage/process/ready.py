"""The folder of results: where each file lies, fetched once, checked by its digest.

READY/<SKU>/...         result files, as selvage/client/layout.py places them
READY/report/           thumbnails of report.html
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from selvage.client import Client, Image
from selvage.client.layout import Layout, same_content
from selvage.errors import OutNotWritable
from services.kit.errors import UnwritableFile

from .entry import Files

EXPORT = "export:"
COMPLIANCE = "compliance"
THUMBNAILS = "report"


class Ready:
    """Fetches result files into `out`. One thread at a time."""

    def __init__(self, out: Path, client: Client) -> None:
        self.out = out
        self._client = client
        self._layout = Layout()

    def fetch(self, image: Image) -> Files:
        """All result files of an image; those that lie there with the right content are left alone."""
        files = Files()
        for file in image.files:
            path = self._layout.place(image, file)
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


def prepare(out: Path) -> None:
    """Makes the folder and proves that it can be written. Raises OutNotWritable."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise OutNotWritable(path=out, cause=error.strerror or error) from error


def write_atomically(path: Path, data: bytes) -> None:
    """The whole file or none of it, also when the power goes. Raises UnwritableFile: no room, no permission."""
    try:
        _write(path, data)
    except OSError as error:
        raise UnwritableFile(path=path, cause=error.strerror or error) from error


def _write(path: Path, data: bytes) -> None:
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
