"""Server interceptors, outermost first: request id and log context, trace, metrics, deadline, errors.

Each is an async context manager around a call, so that unary and streaming handlers are covered by the same code.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
import grpc.aio

from services.kit import logs, metrics, tracing
from services.kit.errors import DeadlineTooShort, MethodNotServed, SelvageError
from services.kit.rpc import context as call_context
from services.kit.rpc.status import DETAILS_KEY, grpc_code, to_status

MARGIN_SECONDS = 0.01
"""With less left than this a call is refused rather than begun."""

log = logs.get(__name__)


@dataclass(frozen=True)
class Call:
    """The call being served."""

    service: str
    method: str
    metadata: dict[str, str | bytes]
    context: Any


Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Around = Callable[[Call], AbstractAsyncContextManager[None]]


class Interceptor(grpc.aio.ServerInterceptor):
    """Runs an `Around` for every call but those of gRPC's own services (health, reflection)."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Handler | None:
        handler: Handler | None = await continuation(handler_call_details)
        path: str = handler_call_details.method
        if handler is None or path.startswith("/grpc."):
            return handler
        service, _, method = path.lstrip("/").partition("/")
        metadata = dict(handler_call_details.invocation_metadata or ())
        return _wrap(handler, lambda context: self._around(Call(service, method, metadata, context)))


def standard() -> list[grpc.aio.ServerInterceptor]:
    """The interceptors of every server."""
    return [Interceptor(around) for around in (identify, trace, measure, limit, translate)]


@asynccontextmanager
async def identify(call: Call) -> AsyncIterator[None]:
    """Puts the caller's request id, or a new one, on every log line and every call made on its behalf."""
    given = call.metadata.get(call_context.REQUEST_ID_KEY)
    chosen = call_context.accept_request_id(given if isinstance(given, str) else None)
    logs.bind(request_id=chosen, rpc=f"{call.service}/{call.method}")
    yield


@asynccontextmanager
async def trace(call: Call) -> AsyncIterator[None]:
    """A span below the one the call was made from, when it says so."""
    parent = tracing.received(call.metadata)
    if parent is None:
        yield
        return
    with tracing.span(f"{call.service}/{call.method}", "server", parent=parent) as mark:
        try:
            yield
        except BaseException:
            mark.note(code=_code_name(call.context))
            raise


@asynccontextmanager
async def measure(call: Call) -> AsyncIterator[None]:
    """Rate, errors and duration per method."""
    labels = (call.service, call.method)
    started = time.perf_counter()
    code = "OK"
    metrics.RPC_IN_FLIGHT.labels(*labels).inc()
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        code = "CANCELLED"
        raise
    except BaseException:
        code = _code_name(call.context)
        raise
    finally:
        metrics.RPC_IN_FLIGHT.labels(*labels).dec()
        metrics.RPC_REQUESTS.labels(*labels, code).inc()
        metrics.RPC_SECONDS.labels(*labels).observe(time.perf_counter() - started, tracing.exemplar())


@asynccontextmanager
async def limit(call: Call) -> AsyncIterator[None]:
    """Remembers the caller's deadline; a call that cannot be answered in time is refused before any work."""
    left = call.context.time_remaining()
    call_context.set_remaining(left)
    if left is not None and left < MARGIN_SECONDS:
        await _abort(call.context, DeadlineTooShort(seconds=round(max(left, 0.0), 3)))
    yield


@asynccontextmanager
async def translate(call: Call) -> AsyncIterator[None]:
    """Domain errors to google.rpc.Status; anything unforeseen is logged in full and told in general."""
    try:
        yield
    except SelvageError as error:
        level = log.info if error.code in ("INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS") else log.warning
        level("call refused", reason=error.reason, problem=error.message)
        await _abort(call.context, error)
    except grpc.aio.AbortError:
        raise
    except Exception as error:
        # What generated servicers do for a method nobody has written: they set the code, then raise.
        if isinstance(error, NotImplementedError) and _code_name(call.context) == "UNIMPLEMENTED":
            await _abort(call.context, MethodNotServed(method=f"{call.service}/{call.method}"))
        log.exception("call failed")
        await _abort(call.context, SelvageError())


async def _abort(context: Any, error: SelvageError) -> None:
    status = to_status(error)
    await context.abort(grpc_code(error), status.message, ((DETAILS_KEY, status.SerializeToString()),))


def _code_name(context: Any) -> str:
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return next((known.name for known in grpc.StatusCode if known.value[0] == code), "UNKNOWN")


def _wrap(handler: Handler, around: Callable[[Any], AbstractAsyncContextManager[None]]) -> Handler:
    """The same handler with `around` about it, whichever of the four kinds of call it serves."""
    inner: Any = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    async def answer(request: Any, context: Any) -> Any:
        async with around(context):
            return await inner(request, context)

    async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
        async with around(context):
            answers = inner(request, context)
            if inspect.isawaitable(answers):  # a handler that uses context.write
                await answers
                return
            async for message in answers:
                yield message

    make: Callable[..., Handler]
    if handler.response_streaming:
        make = (
            grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
        )
    else:
        make = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
    return make(
        stream if handler.response_streaming else answer, handler.request_deserializer, handler.response_serializer
    )
