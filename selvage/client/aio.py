"""Carries flows out on an event loop."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import httpx

from .effects import Answer, Body, Effect, Emit, Emits, Flow, Open, Read, Send, Sleep, Together, Work
from .http import CHUNK, answered, arguments, lost, options
from .session import Session

P = ParamSpec("P")
T = TypeVar("T")


class Driver:
    """One pool of connections on one event loop. `sleep` takes seconds. Disks are read and written in threads."""

    def __init__(self, session: Session, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.session = session
        self._sleep = sleep
        self._http = httpx.AsyncClient(**options(session))

    async def close(self) -> None:
        await self._http.aclose()

    async def run(self, flow: Flow[T]) -> T:
        results: list[T] = [result async for result in self.each(_result(flow))]
        return results[0]

    async def each(self, flow: Generator[Effect | Emit[T], Any, None]) -> AsyncIterator[T]:
        """The values a flow emits."""
        reply, problem = None, None
        async with _Stream(self._http) as stream:
            try:
                while True:
                    try:
                        effect = flow.send(reply) if problem is None else flow.throw(problem)
                    except StopIteration:
                        return
                    reply, problem = None, None
                    if isinstance(effect, Emit):
                        yield effect.value
                        continue
                    try:
                        reply = await self._perform(effect, stream)
                    except Exception as error:  # it belongs to the flow, which may know what to do
                        problem = error
            finally:
                flow.close()

    async def _perform(self, effect: Effect, stream: _Stream) -> Any:
        match effect:
            case Send(call):
                with lost():
                    got = await self._http.request(**arguments(self.session, call), content=_content(call.body))
                return answered(got, got.content)
            case Open(call):
                return await stream.open(arguments(self.session, call))
            case Read():
                with lost():
                    return await anext(stream.pieces, b"")
            case Sleep(seconds):
                return await self._sleep(seconds)
            case Work(function):
                return await asyncio.to_thread(function)
            case Together(flows, width):
                return await self._together(flows, width)
        raise TypeError(effect)

    async def _together(self, flows: Sequence[Flow[T]], width: int) -> list[T]:
        free = asyncio.Semaphore(width)

        async def one(flow: Flow[T]) -> T:
            async with free:
                return await self.run(flow)

        tasks = [asyncio.create_task(one(flow)) for flow in flows]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Stream:
    """The one answer a flow is reading."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._stack = AsyncExitStack()
        self.pieces: AsyncIterator[bytes] = _nothing()

    async def __aenter__(self) -> _Stream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open(self, request: dict[str, Any]) -> Answer:
        await self._stack.aclose()
        with lost():
            got = await self._stack.enter_async_context(self._http.stream(**request))
            content = await got.aread() if got.status_code >= 400 else b""
        self.pieces = got.aiter_bytes() if got.status_code < 400 else _nothing()
        return answered(got, content)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _result(flow: Flow[T]) -> Emits[T]:
    yield Emit((yield from flow))


def _content(body: Body | None) -> AsyncIterator[bytes] | None:
    return None if body is None else _pieces(body)


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(body.open) as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece


class Driven(Protocol):
    @property
    def _driver(self) -> Driver: ...


def once(flow: Callable[Concatenate[Session, P], Flow[T]]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """The method of a client that carries out a flow."""

    async def method(self: Driven, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._driver.run(flow(self._driver.session, *args, **kwargs))

    functools.update_wrapper(method, flow)
    return method


def each(flow: Callable[Concatenate[Session, P], Emits[T]]) -> Callable[Concatenate[Any, P], AsyncIterator[T]]:
    """The method of a client that iterates over what a flow emits."""

    def method(self: Driven, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self._driver.each(flow(self._driver.session, *args, **kwargs))

    functools.update_wrapper(method, flow)
    return method
