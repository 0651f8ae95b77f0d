"""libvips, set up once for files of strangers. Import pyvips from here only."""

from __future__ import annotations

import logging
from typing import TypeAlias

import pyvips

from services.kit.errors import TruncatedFile

# Loaders that libvips' authors call unfuzzed stay closed, and no operation keeps pixels of an earlier photo.
pyvips.block_untrusted_set(True)
pyvips.cache_set_max(0)
# What matters comes as an error; the rest is the decoders' small talk about other people's files.
logging.getLogger("pyvips").setLevel(logging.ERROR)

Image: TypeAlias = pyvips.Image
Error: TypeAlias = pyvips.Error


def in_memory(data: bytes) -> pyvips.Source:
    """A file for a loader, not copied as the *_buffer loaders would. Keep `data` until the pixels are read."""
    return pyvips.Source.new_from_memory(data)


def damaged() -> TruncatedFile:
    """What is said of pixels that libvips cannot decode. Not in its own words: it keeps one buffer of them for all
    threads, so that a photo would be told nothing, or what is wrong with another one."""
    return TruncatedFile(cause="its pixels cannot be decoded")


def with_profile(image: Image, icc: bytes | None) -> Image:
    """The image with exactly this profile attached, or with none."""
    tagged = image.copy()
    if tagged.get_typeof("icc-profile-data"):
        tagged.remove("icc-profile-data")
    if icc:
        tagged.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return tagged
