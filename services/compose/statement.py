"""What a file says about itself, the same in XMP and IPTC: which product, made how, by which template."""

from __future__ import annotations

import re
from dataclasses import dataclass

CREATOR = "Selvage"

# Terms of https://cv.iptc.org/newscodes/digitalsourcetype/
_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
ENHANCED = _TERMS + "algorithmicallyEnhanced"  # corrected by an algorithm, nothing made up
HUMAN_EDITS = _TERMS + "humanEdits"  # a person decided on it
COMPOSITE = _TERMS + "compositeCapture"  # put together from photos
_GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
_DECLARED = re.compile(rb"cv\.iptc\.org/newscodes/digitalsourcetype/(\w{1,64})")
_PHOTO_BACKGROUNDS = {"image"}


@dataclass(frozen=True)
class Origin:
    """How the picture came about, beyond what its template says."""

    reviewed: bool = False  # a person has edited or approved it
    generated: str = ""  # the photo's own source type, where it says that a model made it; empty otherwise


@dataclass(frozen=True)
class Statement:
    sku: str
    image_no: str
    date: str  # YYYYMMDD
    status: str
    template: str  # "name@revision"
    digest: str  # SHA-256 of the template file
    source_type: str  # a term of IPTC's digital source types


def source_type(background: str, origin: Origin) -> str:
    """The term for a picture on a background of that kind. What a model made stays marked as that."""
    if origin.generated:
        return origin.generated
    if background in _PHOTO_BACKGROUNDS:
        return COMPOSITE
    return HUMAN_EDITS if origin.reviewed else ENHANCED


def generated(photo: bytes) -> str:
    """The term by which a photo file says, in XMP as plain text, that it was generated; empty when it does not.

    Formats keep XMP uncompressed, except for some PNG files, whose mark is not found.
    """
    for found in _DECLARED.finditer(photo):
        term = found[1].decode("ascii", "replace")
        if term in _GENERATED:
            return _TERMS + term
    return ""
