"""A document into a file of its own, as PSD or PSB."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from services.compose.psd.model import Document
from services.compose.psd.stream import PSD_LIMIT, FileFull
from services.compose.psd.writer import write

PSD_SIDE = 30_000  # pixels; specification, "File header section"


def save(document: Document, folder: Path, stem: str) -> Path:
    """Writes stem.psd, or stem.psb when the document asks for it or does not fit a PSD: 30,000 pixels a side, 2 GB.

    Whether the bytes fit is known only after coding, so a file that grows too long is begun again as a PSB.
    """
    if not document.big and max(document.width, document.height) <= PSD_SIDE:
        path = folder / f"{stem}.psd"
        try:
            with path.open("w+b") as file:
                write(document, file, limit=PSD_LIMIT)
                if file.tell() <= PSD_LIMIT:
                    return path
        except FileFull:
            pass
        path.unlink()
    path = folder / f"{stem}.psb"
    with path.open("w+b") as file:
        write(replace(document, big=True), file)
    return path
