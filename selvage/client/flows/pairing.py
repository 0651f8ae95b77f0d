"""Approved images as pairs to learn from (docs/training.md): the photo as it was sent, the alpha that was approved."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from gateway import naming
from gateway.errors import FileExpired
from selvage.client.effects import Flow, in_turn
from selvage.client.models import Image, ImageFile
from selvage.client.records import Fetched
from selvage.client.session import Session

from .fetching import ORIGINAL, fetched, page_by_page

APPROVED = ("approved", "published")


def download_pairs(
    session: Session,
    job_id: str,
    folder: str | os.PathLike[str],
    *,
    on_file: Callable[[Fetched], None] | None = None,
) -> Flow[list[Fetched]]:
    """Photos and alphas of the approved images of a job, as `selvage finetune` takes them: images/ and alpha/, files of
    the same names. Several jobs may fill one folder. A file that lies there with the right SHA-256 is left alone.

    A photo that a job has twice is one pair. An image whose photo or alpha retention has removed is left out.
    """
    tell = in_turn(on_file)

    def of(images: Sequence[Image]) -> list[Flow[list[Fetched]]]:
        named = {_name(image): image for image in images if image.original_sha256 and not image.original_expired}
        return [_pair(session, image, Path(folder), name, tell) for name, image in named.items()]

    pairs = yield from page_by_page(session, job_id, APPROVED, of)
    return list(chain.from_iterable(pairs))


def _name(image: Image) -> str:
    """SKU_NUMBER, so that no SKU is both learnt from and judged by; the number is the photo's own, in whatever job."""
    return f"{naming.safe_sku(image.sku)}_{int(image.original_sha256[:12], 16)}"


def _pair(
    session: Session, image: Image, folder: Path, name: str, tell: Callable[[Fetched], None]
) -> Flow[list[Fetched]]:
    alpha = next((file for file in image.files if file.name == "alpha"), None)
    if alpha is None:
        return []
    suffix = Path(image.source_name).suffix.lower() or ".photo"
    size = image.original_bytes, alpha.width, alpha.height
    photo = ImageFile(ORIGINAL, image.source_name, image.original_sha256, *size)
    try:
        truth = yield from fetched(session, image, alpha, folder / "alpha" / f"{name}.png", tell)
    except FileExpired:
        return []
    return [truth, (yield from fetched(session, image, photo, folder / "images" / f"{name}{suffix}", tell))]
