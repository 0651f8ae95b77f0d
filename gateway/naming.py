"""SKU and image number from a file name, and names that are safe in files on every system.

The pattern is `SKU_IMAGE.ext`, split at the last underscore: `TEE-1_2.jpg` is image `2` of SKU `TEE-1`,
`LINEN_SHIRT_03.png` image `03` of `LINEN_SHIRT`. IMAGE is one to eight letters or digits with at least one digit
(`2`, `03`, `back1`); a name that does not fit is wholly the SKU and its image number is `1` (`front_view.jpg`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath, PureWindowsPath

SKU_LENGTH = 80
IMAGE_NO_LENGTH = 24
UNNAMED = "image"

_IMAGE_NO = re.compile(r"(?=.*\d)[A-Za-z0-9]{1,8}")
_OUTSIDE_SKU = re.compile(r"[^A-Za-z0-9._-]+")
_OUTSIDE_IMAGE_NO = re.compile(r"[^A-Za-z0-9.-]+")
# Latin letters without a decomposition in Unicode, as they are written where there are none.
_WRITTEN_OUT = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
     "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"}
)  # fmt: skip
_MARK = 6
# Names that Windows keeps for devices, whatever follows the first dot.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(?=$|\.)")


def parse(source_name: str) -> tuple[str, str]:
    """(sku, image_no) of a file name or path, both safe."""
    name = PureWindowsPath(PurePosixPath(source_name).name).name
    stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
    sku, found, image_no = stem.rpartition("_")
    if found and sku.strip("_") and _IMAGE_NO.fullmatch(image_no):
        return safe_sku(sku), safe_image_no(image_no)
    return safe_sku(stem), "1"


def safe_sku(text: str) -> str:
    """`A-Za-z0-9._-` only, 1 to 80 characters, no dot, dash or underscore at either end.

    Accents are left off. Where letters or digits of another script are lost, six hexadecimal digits of SHA-256 over the
    whole text tell names apart that would look the same without: two dresses in Chinese are two SKUs.
    """
    sku = _safe(text, _OUTSIDE_SKU, SKU_LENGTH)
    if not any(sign.isalnum() and not sign.isascii() for sign in _plain(text)):
        return sku or UNNAMED
    mark = "-" + hashlib.sha256(unicodedata.normalize("NFC", text).encode("utf-8", "replace")).hexdigest()[:_MARK]
    return (sku[: SKU_LENGTH - len(mark)].rstrip(".-_") or UNNAMED) + mark


def safe_image_no(text: str) -> str:
    """As `safe_sku` but without underscore, which parts the fields of a file name; 1 to 24 characters."""
    return _safe(text, _OUTSIDE_IMAGE_NO, IMAGE_NO_LENGTH) or "1"


def _plain(text: str) -> str:
    """Compatibility forms and accents taken apart, as far as Unicode does that."""
    return unicodedata.normalize("NFKD", text.translate(_WRITTEN_OUT))


def _safe(text: str, outside: re.Pattern[str], length: int) -> str:
    plain = outside.sub("-", _plain(text).encode("ascii", "ignore").decode()).strip(".-_")[:length].strip(".-_")
    return _DEVICES.sub(r"\1-", plain)[:length].strip("._") if _DEVICES.match(plain) else plain


def distinct(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same pairs in the same order, none twice whatever the case of its letters.

    Two files may not overwrite each other: the second `("TEE", "1")` becomes `("TEE", "1-2")`, the third `1-3`.
    A number somebody asked for himself is never given away: all pairs asked for are taken first.
    """
    asked = list(pairs)
    taken: set[tuple[str, str]] = set()
    wanted = {(sku.lower(), number.lower()) for sku, number in asked}
    counters: dict[tuple[str, str], int] = {}
    for sku, number in asked:
        key = (sku.lower(), number.lower())
        if key not in taken:
            taken.add(key)
            yield sku, number
            continue
        count = counters.get(key, 1)
        while True:
            count += 1
            suffix = f"-{count}"
            fresh = number[: IMAGE_NO_LENGTH - len(suffix)] + suffix
            if (key[0], fresh.lower()) not in wanted and (key[0], fresh.lower()) not in taken:
                break
        counters[key] = count
        taken.add((key[0], fresh.lower()))
        yield sku, fresh
