"""Keys and request limits in front of the routes, as ASGI middleware."""

from __future__ import annotations

import time
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access.errors import RequestsExceeded
from gateway.access.guard import Guard
from gateway.access.quotas import Allowance
from services.kit.errors import SelvageError

from .envelope import PREFIX as LEGACY_PREFIX
from .operation import Operation
from .problems import answer_selvage

WINDOW_SECONDS = 60


class GuardMiddleware:
    """Operations without roles are open to everybody, by exact path."""

    def __init__(self, app: ASGIApp, guard: Guard, operations: Iterable[Operation]) -> None:
        self._app = app
        self._guard = guard
        self._open = {(operation.method, operation.path) for operation in operations if not operation.roles}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if (method, scope["path"]) in self._open:
            self._guard.pass_by()
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            allowance = await self._guard.admit(headers.get("authorization", ""), headers.get("x-api-key", ""))
        except SelvageError as error:
            spent = _spent(error) if isinstance(error, RequestsExceeded) else None
            await answer_selvage(Request(scope), error)(scope, receive, _telling(send, scope["path"], spent))
            return
        await self._app(scope, receive, _telling(send, scope["path"], allowance))


def _telling(send: Send, path: str, allowance: Allowance | None) -> Send:
    """Puts the limit on the answer: draft-ietf-httpapi-ratelimit-headers, or the names remove.bg has."""
    if allowance is None:
        return send

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if path.startswith(LEGACY_PREFIX):
                headers["X-RateLimit-Limit"] = str(allowance.limit)
                headers["X-RateLimit-Remaining"] = str(allowance.left)
                headers["X-RateLimit-Reset"] = str(int(time.time()) + allowance.seconds)
            else:
                headers["RateLimit-Policy"] = f'"requests";q={allowance.limit};w={WINDOW_SECONDS}'
                headers["RateLimit"] = f'"requests";r={allowance.left};t={allowance.seconds}'
        await send(message)

    return tell


def _spent(error: RequestsExceeded) -> Allowance:
    return Allowance(int(error.details["limit"]), 0, int(error.details["seconds"]))
