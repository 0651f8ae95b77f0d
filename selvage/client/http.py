"""What both transports ask of httpx, and what they make of its answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from .effects import Answer, Call, ConnectionLost
from .session import Session

CHUNK = 1 << 18
CONNECT_SECONDS = 10.0


def options(session: Session) -> dict[str, Any]:
    """For httpx.Client and httpx.AsyncClient."""
    # Selvage is spoken to directly: a proxy of the environment would not know a loopback address.
    return {"verify": session.tls, "trust_env": False}


def arguments(session: Session, call: Call) -> dict[str, Any]:
    """Of one request, except its content."""
    ours = call.path.startswith("/")
    headers = {**(session.headers() if ours else {}), **call.headers}
    if call.body is not None:
        headers["Content-Length"] = str(call.body.size)
    silence = call.timeout or session.timeout
    request: dict[str, Any] = {
        "method": call.method,
        "url": session.base_url + call.path if ours else call.path,
        "headers": headers,
        "timeout": httpx.Timeout(silence, connect=min(session.timeout, CONNECT_SECONDS)),
    }
    if call.params:
        request["params"] = dict(call.params)
    if call.json is not None:
        request["json"] = call.json
    return request


def answered(got: httpx.Response, content: bytes) -> Answer:
    return Answer(got.status_code, {name.lower(): value for name, value in got.headers.items()}, str(got.url), content)


@contextmanager
def lost() -> Iterator[None]:
    """httpx's ways to lose a connection as ConnectionLost."""
    try:
        yield
    except httpx.TransportError as error:
        sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        raise ConnectionLost(str(error) or type(error).__name__, sent) from error
    except httpx.InvalidURL as error:
        raise ConnectionLost(str(error), sent=False) from error
