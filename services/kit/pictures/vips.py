"""libvips, set up once for files of strangers. Import pyvips from here only."""

from __future__ import annotations

import re
from typing import TypeAlias

import pyvips

from services.kit.errors import TruncatedFile

# Loaders that libvips' authors call unfuzzed stay closed, and no operation keeps pixels of an earlier photo.
pyvips.block_untrusted_set(True)
pyvips.cache_set_max(0)

Image: TypeAlias = pyvips.Image
Error: TypeAlias = pyvips.Error


def damaged(error: pyvips.Error) -> TruncatedFile:
    """libvips' complaint as our error: its last line that says something, without the names of its own functions."""
    lines = [re.sub(r"^\w+: ", "", line.strip()).rstrip(".") for line in str(error).splitlines()[1:]]
    telling = [line for line in lines if line and line != "load error" and not line.startswith("bad seek")]
    return TruncatedFile(cause=telling[-1] if telling else "the picture data cannot be decoded")


def with_profile(image: Image, icc: bytes | None) -> Image:
    """The image with exactly this profile attached, or with none."""
    tagged = image.copy()
    if tagged.get_typeof("icc-profile-data"):
        tagged.remove("icc-profile-data")
    if icc:
        tagged.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return tagged
