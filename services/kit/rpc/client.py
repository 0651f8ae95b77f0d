"""Channels to our services: request id, trace and deadline passed on, lost calls retried, replicas taken in turn."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio

from services.kit import tracing
from services.kit.errors import DeadlineTooShort
from services.kit.rpc import context
from services.kit.rpc.settings import RpcSettings
from services.kit.rpc.tls import TlsSettings, channel_credentials
from services.kit.settings import load

MARGIN_SECONDS = 0.05
"""What a service keeps of its own deadline to tell its caller how the call it made ended."""
ATTEMPTS = 4
"""Within one call; what outlives it is the job engine's to retry."""
RETRIED = ("UNAVAILABLE", "CANCELLED")
"""CANCELLED not by us, for that ends the call here: a server that stops answers so to calls that had reached it and
that it had not begun."""
RESOLVE_SECONDS = 1.0
"""The least time between two questions for a name's addresses. With gRPC's 30 s a rolling update can replace every
replica a channel knows before it may ask for the new ones."""


def connect(
    address: str,
    *,
    service: str = "",
    settings: RpcSettings | None = None,
    tls: TlsSettings | None = None,
    passing: bool = True,
) -> grpc.aio.Channel:
    """A channel; nothing is sent yet. Close it with `await channel.close()`.

    `address` is host:port, unix:path, or dns:///name:port to take every address of a name in turn. With `service`, a
    full service name, replicas whose health check says NOT_SERVING get no calls. A call made while serving another
    one inherits its request id and ends before its deadline; `DeadlineTooShort` is raised when nothing is left. Without
    `passing` that is left to callers, who hand over `pass_on()` with each call, for less than interceptors cost. `tls`
    is read from the environment when not given. Raises `TlsFilesUnusable`.
    """
    settings = settings or load(RpcSettings)
    tls = tls or load(TlsSettings)
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": ATTEMPTS,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": RETRIED,
                },
            }
        ],
    }
    if service:
        config["healthCheckConfig"] = {"serviceName": service}
    options = [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", 1),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        ("grpc.dns_min_time_between_resolutions_ms", int(RESOLVE_SECONDS * 1000)),
        ("grpc.enable_http_proxy", 0),
    ]
    interceptors = [_PassOnUnary(settings.call_seconds), _PassOnStream()] if passing else []
    if tls.ca:
        return grpc.aio.secure_channel(address, channel_credentials(tls), options=options, interceptors=interceptors)
    return grpc.aio.insecure_channel(address, options=options, interceptors=interceptors)


def pass_on(seconds: float | None) -> dict[str, Any]:
    """`timeout` and `metadata` of a call that may take `seconds` by itself. Raises `DeadlineTooShort`."""
    return {"timeout": _seconds(seconds), "metadata": _carry(grpc.aio.Metadata())}


class _PassOnUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, default_seconds: float) -> None:
        self._default = default_seconds

    async def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Awaitable[Any]], client_call_details: Any, request: Any
    ) -> Any:
        return await continuation(_pass_on(client_call_details, self._default), request)


class _PassOnStream(grpc.aio.UnaryStreamClientInterceptor):
    """A stream, such as a watch, has no deadline of its own."""

    async def intercept_unary_stream(
        self, continuation: Callable[[Any, Any], Awaitable[Any]], client_call_details: Any, request: Any
    ) -> Any:
        return await continuation(_pass_on(client_call_details, None), request)


def _pass_on(details: Any, default_seconds: float | None) -> grpc.aio.ClientCallDetails:
    metadata = _carry(grpc.aio.Metadata(*(details.metadata or ())))
    seconds = _seconds(default_seconds if details.timeout is None else details.timeout)
    return grpc.aio.ClientCallDetails(details.method, seconds, metadata, details.credentials, details.wait_for_ready)


def _carry(metadata: grpc.aio.Metadata) -> grpc.aio.Metadata:
    if metadata.get(context.REQUEST_ID_KEY) is None:
        metadata.add(context.REQUEST_ID_KEY, context.request_id.get() or uuid.uuid4().hex)
    if context.charge_to.get() and metadata.get(context.CHARGE_KEY) is None:
        metadata.add(context.CHARGE_KEY, context.charge_to.get())
    for name, value in tracing.headers().items():
        metadata.add(name, value)
    return metadata


def _seconds(own: float | None) -> float | None:
    left = context.remaining()
    if left is not None:
        left -= MARGIN_SECONDS
        if left <= 0:
            raise DeadlineTooShort(seconds=round(max(left, 0.0), 3))
    return min((value for value in (own, left) if value is not None), default=None)
