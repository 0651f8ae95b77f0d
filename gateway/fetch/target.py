"""What a URL asks for, and whether it may be asked at all."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from .errors import FetchDisabled, SourceForbidden, UrlInvalid
from .settings import FetchSettings

LONGEST = 2048  # characters
TOLD = 200
STANDARD = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    url: httpx.URL
    host: str  # lower case, ASCII
    port: int


def target(text: str, settings: FetchSettings, base: httpx.URL | None = None) -> Target:
    """`text` is relative to `base` when it is a redirect. Raises FetchDisabled, UrlInvalid, SourceForbidden."""
    if not settings.enabled:
        raise FetchDisabled
    told = text[:TOLD]
    if len(text) > LONGEST:
        raise UrlInvalid(url=told, problem=f"it has more than {LONGEST} characters")
    if not text.isprintable() or " " in text or "\\" in text:
        raise UrlInvalid(url=repr(told), problem="it holds characters that must be percent-encoded")
    try:
        url = httpx.URL(text) if base is None else base.join(text)
        host = url.raw_host.decode("ascii").lower()
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise UrlInvalid(url=told, problem=str(error) or "it is no URL") from None
    if url.scheme not in STANDARD:
        raise UrlInvalid(url=told, problem="it is neither http nor https")
    if settings.https_only and url.scheme != "https":
        raise UrlInvalid(url=told, problem="only https is allowed")
    if not host or "%" in host:
        raise UrlInvalid(url=told, problem="it names no host")
    if url.userinfo:
        raise UrlInvalid(url=f"{url.scheme}://{host}/", problem="it holds a user name or password")
    port = STANDARD[url.scheme] if url.port is None else url.port
    if port not in settings.ports:
        raise UrlInvalid(url=told, problem=f"port {port} is not allowed")
    found = Target(url.copy_with(fragment=None), host, port)
    if settings.sources and not any(_covers(source, found) for source in settings.sources):
        raise SourceForbidden(host=host)
    return found


def _covers(source: str, found: Target) -> bool:
    """Whether an entry of the allow-list covers this URL."""
    if "://" not in source:
        name = source.lower()
        return found.host.endswith(name) if name.startswith(".") else found.host == name
    allowed = httpx.URL(source)
    same = (allowed.scheme, allowed.raw_host.lower(), allowed.port) == (
        found.url.scheme,
        found.host.encode(),
        found.url.port,
    )
    # As the server will read it: "photos/../" is no part of "photos/", and "photos" none of "photos-private".
    start, path = allowed.path.rstrip("/"), found.url.path
    inside = path == start or path.startswith(f"{start}/")
    return same and inside and not {"..", "."} & set(path.split("/"))
