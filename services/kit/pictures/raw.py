"""Camera RAW, developed by LibRaw (through rawpy): the camera's white balance and colour matrix, 16-bit sRGB.

Nothing in the brightness follows the content (no automatic brightening, the white level is the camera's, not the
frame's): a studio's exposure is a decision, and photos of one shoot must stay alike. LibRaw's own turning stays off, so
that orientation is handled as for every other format.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import rawpy

from services.kit.errors import TruncatedFile, UnsupportedFormat
from services.kit.pictures.header import Header
from services.kit.pictures.vips import Image

KINDS = frozenset(
    {"dng", "cr2", "cr3", "nef", "arw", "pef", "srw", "3fr", "iiq", "mos", "dcr", "erf", "orf", "rw2", "raf", "x3f",
     "mrw", "raw"}
)  # fmt: skip

_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's flip to EXIF
_NOTE = "Camera RAW was developed with the white balance of the camera, or for daylight where it noted none."
_SRGB = (2.4, 12.92)  # power and slope of the toe
_INTERPRETATIONS = {1: "grey16", 3: "rgb16"}
_UNKNOWN = (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNotImplementedError)
_FAILURES = (rawpy.LibRawError, OSError, ValueError)


def header(data: bytes, kind: str) -> Header:
    """The size of what LibRaw would develop; no sample is unpacked. Raises UnsupportedFormat, TruncatedFile."""
    with _open(data, kind) as raw:
        sizes = raw.sizes
        width, height = sizes.width, sizes.height
        if sizes.pixel_aspect < 0.995:  # LibRaw stretches oblong pixels to square ones
            height = int(height / sizes.pixel_aspect + 0.5)
        elif sizes.pixel_aspect > 1.005:
            width = int(width * sizes.pixel_aspect + 0.5)
        return Header(
            format=kind,
            width=width,
            height=height,
            bits=16,
            space="grey" if raw.num_colors == 1 else "rgb",
            has_alpha=False,
            orientation=_ORIENTATIONS.get(sizes.flip, 1),
            notes=(_NOTE,),
        )


def pixels(data: bytes, kind: str, shrink: int = 1) -> Image:
    """The developed picture at 16 bits, not yet turned; shrink 2 makes one pixel of each 2 x 2 block of the sensor."""
    with _open(data, kind) as raw:
        try:
            raw.unpack()
            samples = raw.postprocess(
                half_size=shrink == 2,
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0,
                output_color=rawpy.ColorSpace.sRGB,
                output_bps=16,
                gamma=_SRGB,
                user_flip=0,
            )
        except _UNKNOWN as error:
            raise UnsupportedFormat(found=_name(kind)) from error
        except (*_FAILURES, MemoryError) as error:
            raise _damaged(error) from error
    height, width, bands = samples.shape
    # libvips keeps the array, and with it LibRaw's buffer, alive.
    image = Image.new_from_memory(np.ascontiguousarray(samples), width, height, bands, "ushort")
    return image.copy(interpretation=_INTERPRETATIONS[bands])


def _open(data: bytes, kind: str) -> Any:
    raw = rawpy.RawPy()
    try:
        raw.open_buffer(io.BytesIO(data))
    except _UNKNOWN as error:
        raise UnsupportedFormat(found=_name(kind)) from error
    except _FAILURES as error:
        raise _damaged(error) from error
    return raw


def _name(kind: str) -> str:
    return f"camera RAW ({kind.upper()}) of a make LibRaw does not know"


def _damaged(error: Exception) -> TruncatedFile:
    cause = error.args[0] if error.args else type(error).__name__
    text = cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(cause)
    return TruncatedFile(cause=text.strip().rstrip("."))
