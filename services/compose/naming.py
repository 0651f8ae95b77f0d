"""File names: SKU_IMAGE_YYYYMMDD_status.psd, which parse back to exactly the SKU and image number they came from.

`_` separates the four parts, so it cannot stand inside one: every byte outside `A-Z a-z 0-9 . -` is written as `~` and
two lower-case hexadecimal digits of its UTF-8 form ("TEE_1" -> "TEE~5f1"). So is a first `.` or `-` (hidden files,
command options), a last `.` (Windows drops it), and the first letter of a name Windows reserves ("con.1" -> "~63on.1").
All of this is safe in Windows, macOS, URLs and object keys. Letters keep their case; on a file system that ignores
case, two SKUs that differ in case alone need two folders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from services.compose.errors import NameInvalid

STATES = (
    "received", "processing", "needs_review", "in_edit", "approved", "rejected", "published", "failed", "cancelled",
)  # fmt: skip
LONGEST = 200  # characters of SKU_IMAGE_YYYYMMDD_status; leaves room for an export's name and ending
LONGEST_EXPORT = 240  # file systems allow 255 bytes, and browsers add " (1)"
_PLAIN = re.compile(r"[A-Za-z0-9.-]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class Naming:
    """What a file name says. `date`: YYYYMMDD; `state`: one of STATES."""

    sku: str
    image_no: str
    date: str
    state: str

    def __post_init__(self) -> None:
        if len(stem(self)) > LONGEST:
            problem = f"with image number and escapes the name has more than {LONGEST} characters; shorten it"
            raise NameInvalid(field="sku", value=self.sku[:LONGEST], problem=problem)
        if not _is_date(self.date):
            raise NameInvalid(field="date", value=self.date, problem="write it as YYYYMMDD, for example 20261123")
        if self.state not in STATES:
            raise NameInvalid(field="status", value=self.state, problem=f"use one of {', '.join(STATES)}")


def stem(naming: Naming) -> str:
    """SKU_IMAGE_YYYYMMDD_status, the name of the PSD without its extension."""
    return "_".join(_parts(naming).values())


def export_stem(naming: Naming, pattern: str, name: str) -> str:
    """The name of the export `name` by a template's naming pattern, without its extension.

    Raises NameInvalid when it gets too long.
    """
    text = pattern.format_map(_parts(naming) | {"name": name})
    if len(text) > LONGEST_EXPORT:
        problem = f"it has more than {LONGEST_EXPORT} characters; shorten the SKU or the template's naming"
        raise NameInvalid(field="file name", value=text[:LONGEST_EXPORT], problem=problem)
    return text


def parse(stem: str) -> Naming:
    """The Naming a `stem()` was made of. Raises NameInvalid for any other text."""
    parts = stem.split("_")
    if len(parts) != 4:
        raise NameInvalid(field="file name", value=stem, problem="it must read SKU_IMAGE_YYYYMMDD_status")
    sku, image_no, day, status = parts
    naming = Naming(_unescape(sku), _unescape(image_no), day, status.replace("-", "_"))
    if "_".join(_parts(naming).values()) != stem:
        raise NameInvalid(field="file name", value=stem, problem="it is not escaped the way Selvage writes names")
    return naming


def escape(text: str, field: str = "text") -> str:
    """`text` as one part of a file name. Raises NameInvalid when it is empty or not valid Unicode."""
    if not text:
        raise NameInvalid(field=field, value="(empty)", problem="give it at least one character")
    reserved = _RESERVED.match(text) is not None
    last = len(text) - 1
    out = []
    for index, char in enumerate(text):
        edge = (index == 0 and (char in ".-" or reserved)) or (index == last and char == ".")
        out.append(char if _PLAIN.fullmatch(char) and not edge else _hex(char, text, field))
    return "".join(out)


def _hex(char: str, text: str, field: str) -> str:
    try:
        return "".join(f"~{byte:02x}" for byte in char.encode())
    except UnicodeEncodeError:
        raise NameInvalid(field=field, value=ascii(text), problem="it holds half a character; type it again") from None


def _unescape(part: str) -> str:
    try:
        raw = re.sub(rb"~([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), part.encode())
        return raw.decode()
    except UnicodeError:
        raise NameInvalid(field="file name", value=ascii(part), problem="its escapes are not UTF-8") from None


def _parts(naming: Naming) -> dict[str, str]:
    return {
        "sku": escape(naming.sku, "sku"),
        "image": escape(naming.image_no, "image number"),
        "date": naming.date,
        "status": naming.state.replace("_", "-"),
    }


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{8}", text):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
