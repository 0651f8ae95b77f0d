"""HEIC, read by pi-heif (libheif with libde265), and the headers of AVIF, which libvips tells only in part.

Both carry their own rotation and mirroring, which the decoders apply; the EXIF orientation is to be ignored
(ISO/IEC 23008-12, 6.5.10). Colours are either an ICC profile or code points (nclx, ITU-T H.273).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pi_heif

from services.kit.errors import TruncatedFile, UnsupportedFormat
from services.kit.pictures import bmff
from services.kit.pictures import icc as icc_format
from services.kit.pictures.header import Header
from services.kit.pictures.vips import Image

# Nothing but the picture itself is read, so nothing else is parsed.
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False

_HDR = {16: "PQ", 18: "HLG"}
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
# BT.709, BT.601 and BT.2020 say how cameras encode; files that name them are shown with the sRGB curve everywhere.
_SRGB_LIKE = frozenset({1, 2, 6, 13, 14, 15})
_FAILURES = (ValueError, RuntimeError, EOFError, SyntaxError, OSError, LookupError)
_INTERPRETATIONS = {(1, 8): "b-w", (3, 8): "srgb", (1, 16): "grey16", (3, 16): "rgb16"}


def header(data: bytes, kind: str) -> Header:
    """Header of the primary picture. Raises TruncatedFile, or UnsupportedFormat for HDR transfer curves."""
    file = _open(data)
    if len(file) == 0:
        raise TruncatedFile(cause="there is no picture in the file")
    info = file.info
    # A picture with a gain map carries its tone-mapped twin as one more picture of the same scene.
    frames = 1 if "tmap" in bmff.brands(data) else len(file)
    width, height = file.size
    nclx = info.get("nclx_profile")
    implied, notes = _from_code_points(nclx, kind) if nclx else (None, ())
    return Header(
        format=kind,
        width=width,
        height=height,
        bits=int(info["bit_depth"]),
        space="grey" if file.mode[0] in "LI" else "rgb",
        has_alpha=file.has_alpha,
        frames=frames,
        icc=info.get("icc_profile"),
        implied=implied,
        notes=notes,
    )


def pixels(data: bytes) -> Image:
    """The decoded primary picture of a HEIC, upright, at 8 or 16 bits."""
    file = _open(data)
    try:
        samples = np.asarray(file)
    except _FAILURES as error:
        raise _damaged(error) from error
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    bands = samples.shape[2]
    colours = bands - int(file.has_alpha)
    image = Image.new_from_memory(
        _owned(samples, file), width, height, bands, "uchar" if samples.dtype == np.uint8 else "ushort"
    ).copy(interpretation=_INTERPRETATIONS[colours, samples.dtype.itemsize * 8])
    if file.premultiplied_alpha:
        limit = 255 if samples.dtype == np.uint8 else 65535
        image = image.unpremultiply(max_alpha=limit).rint().cast(image.format).copy(interpretation=image.interpretation)
    return image


class _Owned(np.ndarray[Any, Any]):
    """Samples in the decoder's own memory: pi-heif hands out a view that does not keep its picture alive."""

    owner: object


def _owned(samples: np.ndarray[Any, Any], owner: object) -> _Owned:
    kept = samples.view(_Owned)
    kept.owner = owner
    return kept


def _open(data: bytes) -> Any:
    if not bmff.names_are_text(data):
        raise TruncatedFile(cause="its list of contents is broken")
    try:
        return pi_heif.open_heif(data, convert_hdr_to_8bit=False)
    except _FAILURES as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> TruncatedFile:
    return TruncatedFile(cause=str(error).strip().rstrip(".").split("\n")[0] or type(error).__name__)


def _from_code_points(nclx: dict[str, Any], kind: str) -> tuple[bytes | None, tuple[str, ...]]:
    """A profile for the colours the code points name, None for sRGB, with notes on what had to be assumed."""
    primaries, transfer = int(nclx["color_primaries"]), int(nclx["transfer_characteristics"])
    if transfer in _HDR:
        raise UnsupportedFormat(found=f"high dynamic range {kind.upper()}, {_HDR[transfer]} curve")
    known = transfer in _SRGB_LIKE or transfer in _GAMMAS
    notes = () if known else (f"Transfer curve {transfer} of ITU-T H.273 was read as sRGB.",)
    if primaries in {1, 2} and transfer not in _GAMMAS:
        return None, notes
    points = [
        (round(float(nclx[f"color_primary_{name}_x"]), 5), round(float(nclx[f"color_primary_{name}_y"]), 5))
        for name in ("red", "green", "blue", "white")
    ]
    if min(y for _, y in points) <= 0:
        return None, (*notes, f"Colour primaries {primaries} of ITU-T H.273 were read as sRGB.")
    return _profile(primaries, tuple(points), _GAMMAS.get(transfer)), notes


@lru_cache(maxsize=16)
def _profile(primaries: int, points: tuple[tuple[float, float], ...], gamma: float | None) -> bytes:
    name = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}.get(primaries, f"H.273 primaries {primaries}")
    return icc_format.matrix_profile(name, points[:3], points[3], gamma or icc_format.srgb_transfer)
