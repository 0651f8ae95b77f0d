"""One file out of a multipart/form-data body (RFC 7578), passed on while it arrives."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from services.kit.errors import InvalidArgument

MEDIA_TYPE = "multipart/form-data"


class _Parts:
    """Takes the parser's callbacks. `news` is (media type, b"") when the wanted part begins, then ("", bytes)."""

    def __init__(self, boundary: bytes, field: str) -> None:
        self.news: deque[tuple[str, bytes]] = deque()
        self.found = 0
        self.ended = False
        self._field = field.encode()
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._wanted = False
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_end": self._on_end,
            },
        )

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._wanted = options.get(b"name") == self._field
        if self._wanted:
            self.found += 1
            self.news.append((self._headers.get(b"content-type", b"").decode("latin-1"), b""))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self.news.append(("", data[start:end]))

    def _on_end(self) -> None:
        self.ended = True


async def file(request: Request, field: str) -> tuple[str, AsyncIterator[bytes]]:
    """(media type of the part, its bytes); other parts are passed over. Raises InvalidArgument, then or while read."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    if not options.get(b"boundary"):
        raise InvalidArgument(field="Content-Type", problem="has no boundary; let the HTTP client set it")
    news = _news(request, options[b"boundary"], field)
    media_type, _ = await anext(news)

    async def content() -> AsyncIterator[bytes]:
        async for _, data in news:
            yield data

    return media_type, content()


async def _news(request: Request, boundary: bytes, field: str) -> AsyncIterator[tuple[str, bytes]]:
    parts = _Parts(boundary, field)
    async for chunk in request.stream():
        try:
            parts.parser.write(chunk)
        except FormParserError as error:
            raise InvalidArgument(field="body", problem=f"is no multipart/form-data: {error}") from None
        if parts.found > 1:
            raise InvalidArgument(field=field, problem="is there more than once; send one file a request")
        while parts.news:
            yield parts.news.popleft()
    if not parts.ended:
        raise InvalidArgument(field="body", problem="ends before the last boundary of its multipart/form-data")
    if not parts.found:
        raise InvalidArgument(field=field, problem="is missing from the form")
