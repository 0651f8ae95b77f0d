"""What files say about themselves, read back by other programs' rules."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from psd_tools import PSDImage
from psd_tools.constants import Resource

from services.compose import iptc, xmp
from services.compose.naming import Naming
from services.compose.pipeline import compose
from services.compose.statement import (
    COMPOSITE,
    ENHANCED,
    HUMAN_EDITS,
    Origin,
    Statement,
    generated,
    source_type,
)  # fmt: skip
from tests.parts.cutouts import SMALL, ellipse, shipped

TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = TERMS + "trainedAlgorithmicMedia"
SAID = Statement("<TEE> & 1", "2", "20261123", "approved", "plain@3", "ab" * 32, ENHANCED)
NS = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "ext": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "selvage": "urn:selvage:xmp:1",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
}


def fields(packet: bytes) -> dict[str, str]:
    root = ElementTree.fromstring(packet)
    description = root.find(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert description is not None
    return {entry.tag.rpartition("}")[2]: entry.text or "" for entry in description}


def datasets(data: bytes) -> dict[tuple[int, int], bytes]:
    out, at = {}, 0
    while at < len(data):
        marker, record, number, size = struct.unpack_from(">BBBH", data, at)
        assert marker == 0x1C
        out[record, number] = data[at + 5 : at + 5 + size]
        at += 5 + size
    return out


def test_xmp_holds_every_field() -> None:
    found = fields(xmp.packet(SAID, "image/jpeg"))
    assert found["SKU"] == "<TEE> & 1"
    assert (found["ImageNumber"], found["Status"], found["CreatorTool"]) == ("2", "approved", "Selvage")
    assert (found["Template"], found["TemplateDigest"]) == ("plain@3", "ab" * 32)
    assert (found["format"], found["MetadataDate"], found["DigitalSourceType"]) == (
        "image/jpeg",
        "2026-11-23",
        ENHANCED,
    )


def test_iptc_says_the_same_as_xmp() -> None:
    records = datasets(iptc.records(SAID))
    found = fields(xmp.packet(SAID, "image/jpeg"))
    assert records[1, 90] == b"\x1b%G"
    assert records[2, 5].decode() == "<TEE> & 1 2"
    assert records[2, 7].decode() == found["Status"]
    assert records[2, 40].decode() == found["Instructions"]
    assert records[2, 65].decode() == found["CreatorTool"]
    assert records[2, 103].decode() == found["TransmissionReference"]


def test_iptc_cuts_long_texts_at_a_whole_character() -> None:
    said = Statement("é" * 100, "9" * 40, "20261123", "approved", "t@1", "0" * 64, ENHANCED)
    records = datasets(iptc.records(said))
    assert records[2, 5].decode() == "é" * 32
    assert records[2, 103] == b"9" * 32


@pytest.mark.parametrize(
    ("background", "origin", "term"),
    [
        ("solid", Origin(), ENHANCED),
        ("paper", Origin(reviewed=True), HUMAN_EDITS),
        ("image", Origin(), COMPOSITE),
        ("image", Origin(reviewed=True), COMPOSITE),
        (
            "solid",
            Origin(reviewed=True, generated=TERMS + "trainedAlgorithmicMedia"),
            TERMS + "trainedAlgorithmicMedia",
        ),
    ],
)
def test_the_source_type_follows_how_the_picture_was_made(background: str, origin: Origin, term: str) -> None:
    assert source_type(background, origin) == term


def test_a_photo_that_says_it_was_generated_is_believed() -> None:
    mark = f'<a Iptc4xmpExt:DigitalSourceType="{TERMS}trainedAlgorithmicMedia"/>'.encode()
    assert generated(b"\xff\xd8 noise" + mark) == GENERATED
    assert generated(mark.replace(b"trainedAlgorithmicMedia", b"digitalCapture")) == ""
    assert generated(b"trainedAlgorithmicMedia") == ""


def test_exports_and_psd_carry_the_statement(tmp_path: Path) -> None:
    template = shipped("plain-white", **SMALL)
    name = Naming("TEE_1", "2", "20261123", "approved")
    made = compose(ellipse(), None, template, name, tmp_path, Origin(reviewed=True))
    assert made.psd is not None
    resources = PSDImage.open(made.psd.path).image_resources
    records = resources.get_data(Resource.IPTC_NAA)
    assert datasets(records)[2, 5] == b"TEE_1 2"
    assert resources.get_data(1061) == hashlib.md5(records).digest()
    packet = resources.get_data(Resource.XMP_METADATA)
    found = fields(packet)
    assert (found["DigitalSourceType"], found["TemplateDigest"]) == (HUMAN_EDITS, template.digest)
    assert HUMAN_EDITS.encode() in made.exports[0].data
