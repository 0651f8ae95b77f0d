"""libvips, set up once for files of strangers. Import pyvips from here only."""

from __future__ import annotations

import logging
import re
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


# What libjpeg says about files of some phones and editors whose picture is whole.
_HARMLESS = re.compile(r"extraneous bytes before marker|Invalid SOS parameters|Unknown Adobe color transform")


def damaged(error: pyvips.Error) -> TruncatedFile:
    """libvips' complaint as our error."""
    return TruncatedFile(cause=_cause(error))


def harmless(error: pyvips.Error) -> bool:
    """Whether the JPEG decoder stopped at a warning that leaves the picture whole."""
    return _HARMLESS.search(_cause(error)) is not None


def _cause(error: pyvips.Error) -> str:
    """The last line that says something, without the names of libvips' own functions."""
    lines = [re.sub(r"^\w+: ", "", line.strip()).rstrip(".") for line in str(error).splitlines()[1:]]
    telling = [line for line in lines if line and line != "load error" and not line.startswith("bad seek")]
    return telling[-1] if telling else "the picture data cannot be decoded"


def with_profile(image: Image, icc: bytes | None) -> Image:
    """The image with exactly this profile attached, or with none."""
    tagged = image.copy()
    if tagged.get_typeof("icc-profile-data"):
        tagged.remove("icc-profile-data")
    if icc:
        tagged.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return tagged
