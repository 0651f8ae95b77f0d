"""Health, readiness and metrics: served by every role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.access.principal import Role, require
from services.kit import metrics
from services.kit.version import version

from .operation import Operation, Raw

READINESS: dict[str, object] = {
    "type": "object",
    "required": ["ready", "version", "parts"],
    "properties": {
        "ready": {"type": "boolean"},
        "version": {"type": "string"},
        "parts": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


@dataclass(frozen=True)
class Health:
    # "ok" or what is wrong, by part; the gateway is ready when its database is.
    ready: Callable[[], Awaitable[dict[str, str]]]
    metrics_roles: tuple[Role, ...] = ()

    def table(self) -> list[Operation]:
        text = Raw(("text/plain",))
        return [
            Operation("healthz", "GET", "/healthz", self.healthz, "The process runs", answer=text, tag="operations"),
            Operation(
                "readyz", "GET", "/readyz", self.readyz, "The gateway can work", tag="operations", also=(503,),
                answer=Raw(("application/json",), READINESS),
            ),
            Operation(
                "metrics", "GET", "/metrics", self.metrics, "For Prometheus", tag="operations",
                roles=self.metrics_roles,
                answer=Raw(("text/plain", "application/openmetrics-text")),
            ),
        ]  # fmt: skip

    async def healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(self, _request: Request) -> Response:
        parts = await self.ready()
        ready = parts.get("database") == "ok"
        return JSONResponse({"ready": ready, "version": version(), "parts": parts}, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        if self.metrics_roles:
            require(*self.metrics_roles)
        content, media_type = metrics.exposition(request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type})
