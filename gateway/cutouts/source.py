"""The one photo of a request: a file, base64, a URL or the body itself."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from gateway.fetch import Fetcher
from services.kit.errors import TruncatedFile

from .errors import PhotoMissing, PhotosSeveral
from .maker import Photo

_DATA_URL = re.compile(r"data:([a-z0-9.+/-]{1,100})?[a-z0-9=;.+-]{0,100},", re.IGNORECASE)


async def photo(
    texts: Mapping[str, str],
    files: Mapping[str, Photo],
    raw: Photo | None,
    fetcher: Fetcher,
    *,
    file: Iterable[str],
    b64: str,
    url: str,
) -> Photo:
    """`file`, `b64` and `url` name the fields. Raises PhotoMissing, PhotosSeveral, TruncatedFile, FetchError."""
    file = tuple(file)
    sent = [files[name] for name in file if name in files]
    sent += [raw] if raw is not None else []
    encoded, address = texts.get(b64, "").strip(), texts.get(url, "").strip()
    names = ", ".join((*file, b64, url))
    given = len(sent) + bool(encoded) + bool(address)
    if not given:
        raise PhotoMissing(fields=names)
    if given > 1:
        raise PhotosSeveral(fields=names)
    if sent:
        return sent[0]
    if encoded:
        return decoded(encoded)
    return await fetched(address, fetcher)


async def fetched(address: str, fetcher: Fetcher) -> Photo:
    found = await fetcher.fetch(address)
    return Photo(found.data, found.media_type, found.name)


def decoded(text: str) -> Photo:
    """Base64, also as a data URL, in either alphabet and with or without padding. Raises TruncatedFile."""
    head = _DATA_URL.match(text)
    body = text[head.end() :] if head else text
    plain = re.sub(r"\s+", "", body).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise TruncatedFile(cause="its base64 is not valid") from None
    return Photo(data, (head[1] or "") if head else "")
