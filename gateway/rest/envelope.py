"""Errors as remove.bg tells them, for everything under /v1.0/."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from gateway.removebg.errors import said
from services.kit.errors import SelvageError

PREFIX = "/v1.0/"
RETRY_STATUS = (429, 503)


def envelope(error: SelvageError) -> Response:
    told = said(error)
    one = {"title": told.title, "code": told.code, "detail": error.message}
    headers = {"Retry-After": error.details.get("seconds", "1")} if told.status in RETRY_STATUS else {}
    return JSONResponse({"errors": [one]}, told.status, headers)
