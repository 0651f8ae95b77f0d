"""One photo from a URL: every hop checked, size and time bounded while it comes in."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote

import httpcore

from services.kit import logs

from .errors import FetchFailed, FetchTimeout, FetchTooLarge, NotAPhoto, SourceForbidden
from .network import CheckedNetwork, Resolver, system_resolver
from .settings import FetchSettings
from .target import Target, target

log = logs.get(__name__)

REDIRECTS = (301, 302, 303, 307, 308)
# Servers that do not know send one of these for a photo; what it is shows in its bytes.
UNKNOWN_TYPES = ("", "application/octet-stream", "binary/octet-stream", "application/x-download")
# No encodings: what is counted is what is kept, so that a small answer cannot unfold into a large one.
HEADERS = [
    (b"User-Agent", b"selvage"),
    (b"Accept", b"image/*, application/octet-stream;q=0.9"),
    (b"Accept-Encoding", b"identity"),
]


@dataclass(frozen=True)
class Fetched:
    data: bytes
    media_type: str  # as the server said, "" when it said nothing
    name: str  # the last part of the path


class Fetcher:
    """`limit`: most bytes. `resolve` and `trust` are for tests: a resolver of names, and certificates to believe."""

    def __init__(
        self,
        settings: FetchSettings,
        limit: int,
        resolve: Resolver = system_resolver,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._limit = limit
        self._network = CheckedNetwork(settings.networks, resolve)
        self._trust = trust or ssl.create_default_context()

    async def fetch(self, url: str) -> Fetched:
        """Raises rows of gateway/fetch/errors.py."""
        asked = target(url, self._settings)
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await self._follow(asked)
        except TimeoutError:
            raise FetchTimeout(host=asked.host, seconds=f"{self._settings.seconds:g}") from None

    async def _follow(self, asked: Target) -> Fetched:
        for _ in range(self._settings.redirects + 1):
            found = await self._ask(asked)
            if isinstance(found, Fetched):
                return found
            asked = found
        raise FetchFailed(host=asked.host, problem=f"it redirects more than {self._settings.redirects} times")

    async def _ask(self, asked: Target) -> Fetched | Target:
        """The photo, or where to look instead."""
        # A pool for one request: no connection made for one caller serves another. httpcore reads no proxy variables.
        async with httpcore.AsyncConnectionPool(
            ssl_context=self._trust, network_backend=self._network, http1=True, retries=0
        ) as pool:
            seconds = self._settings.connect_seconds
            waits = {"connect": seconds, "read": self._settings.seconds, "write": seconds, "pool": seconds}
            url = httpcore.URL(
                scheme=asked.url.raw_scheme, host=asked.url.raw_host, port=asked.url.port, target=asked.url.raw_path
            )
            headers = [(b"Host", asked.url.netloc), *HEADERS]
            try:
                async with pool.stream("GET", url, headers=headers, extensions={"timeout": waits}) as answer:
                    return await self._read(asked, answer)
            except httpcore.TimeoutException:
                raise FetchTimeout(host=asked.host, seconds=f"{seconds:g}") from None
            except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
                log.info("fetch_failed", host=asked.host, cause=str(error))
                raise FetchFailed(host=asked.host, problem=_short(error)) from None
            except SourceForbidden:
                log.warning("fetch_forbidden", host=asked.host)
                raise

    async def _read(self, asked: Target, answer: httpcore.Response) -> Fetched | Target:
        headers = {name.lower(): value.decode("latin-1").strip() for name, value in answer.headers}
        if answer.status in REDIRECTS and b"location" in headers:
            return target(headers[b"location"], self._settings, asked.url)
        if answer.status != 200:
            raise FetchFailed(host=asked.host, problem=f"it answered with status {answer.status}")
        if headers.get(b"content-encoding", "identity").lower() not in ("", "identity"):
            raise FetchFailed(host=asked.host, problem="it sent the photo compressed, which was not asked for")
        media_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        if not (media_type.startswith("image/") or media_type in UNKNOWN_TYPES):
            raise NotAPhoto(host=asked.host, found=media_type[:100])
        length = headers.get(b"content-length", "")
        if length.isdigit() and int(length) > self._limit:
            raise FetchTooLarge(host=asked.host, limit=self._limit)
        data = await self._body(asked, answer.aiter_stream())
        name = unquote(asked.url.path.rpartition("/")[2])
        return Fetched(data, media_type, name)

    async def _body(self, asked: Target, chunks: AsyncIterator[bytes]) -> bytes:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) > self._limit:
                raise FetchTooLarge(host=asked.host, limit=self._limit)
        return bytes(data)


def _short(error: Exception) -> str:
    """What went wrong, without the addresses behind the name."""
    if isinstance(error, httpcore.ConnectError):
        return "no connection could be made"
    if isinstance(error, httpcore.ProtocolError):
        return "the answer was broken off or is no HTTP"
    return "the connection was lost"
