"""Spans about calls that are served. A call that came without a trace gets one only where `first_span` stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.kit import tracing
from services.kit.rpc.interceptors import Call


@asynccontextmanager
async def first_span(call: Call) -> AsyncIterator[None]:
    """An `Around` for what is called from outside: a trace begins here if none did before."""
    if tracing.traceparent():
        yield
        return
    with tracing.span(f"{call.service}/{call.method}", "server", root=True):
        yield
