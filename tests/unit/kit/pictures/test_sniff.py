"""Content decides what a file is, and a refusal names what was found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import PhotoError, TruncatedFile, UnsupportedFormat
from services.kit.pictures import raw, tiff
from services.kit.pictures.sniff import sniff
from tests.parts import photos

LONG, SHORT, TEXT = 4, 3, 2


def found(data: bytes) -> str:
    with pytest.raises(UnsupportedFormat) as caught:
        sniff(data)
    return caught.value.details["found"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (photos.jpeg(photos.quarters()), "jpeg"),
        (photos.png(photos.quarters()), "png"),
        (photos.tiff(photos.quarters()), "tiff"),
        (photos.tiff(photos.quarters(), bigtiff=True), "tiff"),
        (photos.image(photos.quarters()).webpsave_buffer(), "webp"),
        (photos.image(photos.quarters()).heifsave_buffer(compression="av1"), "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", "cr3"),
        (b"FUJIFILMCCD-RAW 0201", "raf"),
        (b"IIU\0" + bytes(20), "rw2"),
    ],
)
def test_pictures_are_known_by_their_first_bytes(data: bytes, kind: str) -> None:
    assert sniff(data) == kind


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"SKU,price\nA-1,12.00\n", "plain text"),
        ("Grüße aus dem Studio".encode(), "plain text"),
        (b"BMW of a photo, but text", "plain text"),
        (b"  <!DOCTYPE html><html></html>", "a web page"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?><photo/>", "XML"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"8BPS\0\1" + bytes(20), "Photoshop PSD"),
        (b"8BPS\0\2" + bytes(20), "Photoshop PSB"),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(20), "BMP"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"PK\3\4" + bytes(20), "a zip archive or office document"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a film or sound file (isom)"),
        (bytes(range(1, 9)) * 8, "unknown data"),
    ],
)
def test_a_refusal_names_what_the_file_looks_like(data: bytes, name: str) -> None:
    assert found(data) == name


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_dng_is_known_although_it_is_a_tiff(order: str) -> None:
    version = int.from_bytes(b"\1\4\0\0", "little" if order == "<" else "big")
    preview = photos.directory([(254, LONG, 1, 1), (50706, 1, 4, version)], order)
    assert sniff(photos.tiff_file(preview, order=order)) == "dng"


def test_a_mosaic_in_a_sub_directory_is_raw_of_its_maker() -> None:
    entries = [(254, LONG, 1, 1), (262, SHORT, 1, 2), (271, TEXT, 18, 0), (330, LONG, 1, 0)]
    size = len(photos.directory(entries))
    make, mosaic = 8 + size, 8 + size + 18
    entries[2:] = [(271, TEXT, 18, make), (330, LONG, 1, mosaic)]
    data = photos.tiff_file(
        photos.directory(entries), b"NIKON CORPORATION\0", photos.directory([(262, SHORT, 1, 32803)])
    )
    assert sniff(data) == "nef"


def test_raw_without_a_known_maker_is_still_raw() -> None:
    assert sniff(photos.tiff_file(photos.directory([(259, SHORT, 1, 34713)]))) == "raw"


def test_canon_cr2_is_known_by_its_own_mark() -> None:
    assert sniff(b"II*\0\x10\0\0\0CR\2\0" + bytes(40)) == "cr2"


def test_the_mosaic_libvips_would_open_is_known_first() -> None:
    data = bytearray(photos.tiff(np.full((32, 32), 1000, np.uint16)))
    black_is_zero = photos.directory([(262, SHORT, 1, 1)])[2:14]
    at = data.index(black_is_zero)
    data[at : at + 12] = photos.directory([(262, SHORT, 1, 32803)])[2:14]
    assert sniff(bytes(data)) == "raw"


def test_directories_in_a_circle_end() -> None:
    circle = photos.directory([(254, LONG, 1, 0), (330, LONG, 1, 8)], following=8)
    assert tiff.facts(photos.tiff_file(circle)) == tiff.TiffFacts(raw=None, pages=1, alpha="none")


def test_previews_and_masks_are_not_pages() -> None:
    size = len(photos.directory([(254, LONG, 1, 0)]))
    kinds = [0, 1, 4, 0]  # picture, preview, mask, picture
    chain = [
        photos.directory([(254, LONG, 1, kind)], following=8 + (index + 1) * size if index < 3 else 0)
        for index, kind in enumerate(kinds)
    ]
    assert tiff.facts(photos.tiff_file(*chain)).pages == 2


@pytest.mark.parametrize("magic", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0"])
def test_a_file_that_ends_within_its_signature_is_truncated(magic: bytes) -> None:
    with pytest.raises(TruncatedFile):
        sniff(magic[:-1])


@given(
    st.binary(min_size=1, max_size=200), st.sampled_from([b"", b"II*\0", b"MM\0*", b"II+\0", b"\0\0\0\x20ftyp", b"BM"])
)
def test_no_bytes_break_the_sniffer(tail: bytes, head: bytes) -> None:
    try:
        assert sniff(head + tail) in {"jpeg", "png", "webp", "tiff", "avif", "heic"} | raw.KINDS
    except PhotoError as refusal:
        assert refusal.message  # named, not crashed
