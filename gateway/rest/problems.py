"""Errors as application/problem+json (RFC 9457), from the same table as the gRPC status."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from gateway.access.errors import KeyMissing, NotAuthenticated, QuotaExceeded
from gateway.errors import MethodNotAllowed, RouteNotFound
from services.kit.errors import SelvageError
from services.kit.rpc import context as call_context

from .envelope import PREFIX as LEGACY_PREFIX
from .envelope import envelope

MEDIA_TYPE = "application/problem+json"
RETRY_STATUS = (429, 503)
QUOTA_PROBLEM = "https://iana.org/assignments/http-problem-types#quota-exceeded"


def problem(error: SelvageError, path: str) -> Response:
    headers = _headers(error)
    if path.startswith(LEGACY_PREFIX):
        answer = envelope(error)
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer
    title = error.reason.replace("_", " ").capitalize()
    body: dict[str, Any] = {
        "type": f"urn:selvage:error:{error.reason.lower().replace('_', '-')}",
        "title": title,
        "status": error.http,
        "detail": error.message,
        "instance": path,
        "code": error.reason,
        "request_id": call_context.request_id.get(),
    }
    fields = violations(error)
    if fields:
        body["errors"] = [{"field": field, "detail": detail} for field, detail in fields]
    if isinstance(error, QuotaExceeded):
        # As draft-ietf-httpapi-ratelimit-headers has it, for clients that know nothing of us.
        body["type"] = QUOTA_PROBLEM
        body["violated-policies"] = [error.details["policy"]]
    return JSONResponse(body, error.http, headers, MEDIA_TYPE)


def _headers(error: SelvageError) -> dict[str, str]:
    headers = {}
    if error.http in RETRY_STATUS:
        headers["Retry-After"] = error.details.get("seconds", "1")
    if isinstance(error, NotAuthenticated):
        invalid = "" if isinstance(error, KeyMissing) else ', error="invalid_token"'
        headers["WWW-Authenticate"] = f'Bearer realm="selvage"{invalid}'
    if "allowed" in error.details and error.http == 405:
        headers["Allow"] = error.details["allowed"]
    if error.http == 416:
        headers["Content-Range"] = f"bytes */{error.details['size']}"
    return headers


def violations(error: SelvageError) -> tuple[tuple[str, str], ...]:
    """(field, what is wrong with it)."""
    several: tuple[tuple[str, str], ...] = getattr(error, "violations", ())
    if several:
        return several
    if "field" in error.details and "problem" in error.details:
        return ((error.details["field"], error.details["problem"]),)
    return ()


def answer_selvage(request: Request, error: Exception) -> Response:
    assert isinstance(error, SelvageError)
    return problem(error, request.url.path)


def answer_http(request: Request, error: Exception) -> Response:
    """What the router itself refuses: no such route, or not with this method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 405:
        # The router tells those of the first route that fits; a path may have several.
        fitting = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
        allowed = ", ".join(sorted({method for route in fitting for method in route.methods}))
        return problem(MethodNotAllowed(method=request.method, path=path, allowed=allowed), path)
    return problem(RouteNotFound(path=path), path)
