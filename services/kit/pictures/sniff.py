"""What a file is, by its content; the file name never matters.

Only formats on the allow-list go on to a decoder. Everything else is refused with the name of what it looks like.
"""

from __future__ import annotations

import struct

from services.kit.errors import TruncatedFile, UnsupportedFormat
from services.kit.pictures import bmff, tiff

_PICTURES = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_RAW = {
    b"FUJIFILMCCD-RAW": "raf",
    b"IIU\0": "rw2",
    b"IIRO": "orf",
    b"IIRS": "orf",
    b"MMOR": "orf",
    b"IIII": "iiq",
    b"FOVb": "x3f",
    b"\0MRM": "mrw",
}
_OTHERS = {
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"8BPS\0\1": "Photoshop PSD",
    b"8BPS\0\2": "Photoshop PSB",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"\0\0\1\0": "Windows icon",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"v/1\1": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"gimp xcf": "GIMP XCF",
    b"PK\3\4": "a zip archive or office document",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a rar archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"MZ": "a Windows program",
    b"\x7fELF": "a Linux program",
    b"\x1aE\xdf\xa3": "a Matroska or WebM film",
    b"\0\5\x16\7": "a macOS resource file",
}


def sniff(data: bytes) -> str:
    """'jpeg', 'png', 'webp', 'tiff', 'avif', 'heic', or the kind of camera RAW (one of `raw.KINDS`).

    Raises UnsupportedFormat for anything else, and TruncatedFile for a file that ends within a signature.
    """
    for magic, kind in _PICTURES.items():
        if data.startswith(magic):
            return _tiff_kind(data) if kind == "tiff" else kind
        if magic.startswith(data):
            raise TruncatedFile(cause=f"only {len(data)} bytes of a {kind.upper()} picture")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    for magic, kind in _RAW.items():
        if data.startswith(magic):
            return kind
    names = bmff.brands(data)
    if names[:1] == ("crx ",):
        return "cr3"
    still = bmff.still_format(names)
    if still is None:
        raise UnsupportedFormat(found=_looks_like(data, names))
    return still


def _tiff_kind(data: bytes) -> str:
    """Camera RAW is mostly TIFF with a mosaic in it, and libvips would read that without a word."""
    return tiff.facts(data).raw or "tiff"


def _looks_like(data: bytes, names: tuple[str, ...]) -> str:
    if names:
        return f"a film or sound file ({names[0].strip()})"
    for magic, name in _OTHERS.items():
        if data.startswith(magic) and (name != "BMP" or _is_bitmap(data)):
            return name
    return _text(data[:1024]) or "unknown data"


def _is_bitmap(data: bytes) -> bool:
    """'BM' also starts ordinary words, so ask for a header size that exists."""
    return len(data) >= 18 and struct.unpack_from("<I", data, 14)[0] in {12, 40, 52, 56, 64, 108, 124}


def _text(head: bytes) -> str | None:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # more than a character cut at the end of the excerpt
            return None
        text = head[: error.start].decode("utf-8")
    if any(ord(sign) < 32 and sign not in "\t\n\r\f\b\x1b" for sign in text):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if "<svg" in start:
        return "SVG"
    if start.startswith(("<!doctype html", "<html")):
        return "a web page"
    return "XML" if start.startswith("<?xml") else "plain text"
