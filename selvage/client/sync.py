"""Carries flows out with threads and blocking sockets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import httpx

from .effects import Answer, Body, Effect, Emit, Emits, Flow, Open, Read, Send, Sleep, Together, Work
from .http import CHUNK, answered, arguments, lost, options
from .session import Session

P = ParamSpec("P")
T = TypeVar("T")


class Driver:
    """One pool of connections. `sleep` takes seconds. Any number of threads may use it."""

    def __init__(self, session: Session, sleep: Callable[[float], None]) -> None:
        self.session = session
        self._sleep = sleep
        self._http = httpx.Client(**options(session))

    def close(self) -> None:
        self._http.close()

    def run(self, flow: Flow[T]) -> T:
        steps = self.each(flow)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                result: T = end.value
                return result

    def each(self, flow: Generator[Effect | Emit[Any], Any, T]) -> Generator[Any, None, T]:
        """The values a flow emits; returns its result."""
        reply, problem = None, None
        with _Stream(self._http) as stream:
            try:
                while True:
                    try:
                        effect = flow.send(reply) if problem is None else flow.throw(problem)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                    reply, problem = None, None
                    if isinstance(effect, Emit):
                        yield effect.value
                        continue
                    try:
                        reply = self._perform(effect, stream)
                    except Exception as error:  # it belongs to the flow, which may know what to do
                        problem = error
            finally:
                flow.close()

    def _perform(self, effect: Effect, stream: _Stream) -> Any:
        match effect:
            case Send(call):
                with lost():
                    got = self._http.request(**arguments(self.session, call), content=_content(call.body))
                return answered(got, got.content)
            case Open(call):
                return stream.open(arguments(self.session, call))
            case Read():
                with lost():
                    return next(stream.pieces, b"")
            case Sleep(seconds):
                return self._sleep(seconds)
            case Work(function):
                return function()
            case Together(flows, width):
                return self._together(flows, width)
        raise TypeError(effect)

    def _together(self, flows: Sequence[Flow[T]], width: int) -> list[T]:
        with ThreadPoolExecutor(width, thread_name_prefix="selvage-client") as threads:
            try:
                return [future.result() for future in [threads.submit(self.run, flow) for flow in flows]]
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise


class _Stream:
    """The one answer a flow is reading."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._stack = ExitStack()
        self.pieces: Iterator[bytes] = iter(())

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open(self, request: dict[str, Any]) -> Answer:
        self._stack.close()
        with lost():
            got = self._stack.enter_context(self._http.stream(**request))
            content = got.read() if got.status_code >= 400 else b""
        self.pieces = got.iter_bytes() if got.status_code < 400 else iter(())
        return answered(got, content)


def _content(body: Body | None) -> Iterator[bytes] | None:
    return None if body is None else _pieces(body)


def _pieces(body: Body) -> Iterator[bytes]:
    with body.open() as file:
        while piece := file.read(CHUNK):
            yield piece


class Driven(Protocol):
    @property
    def _driver(self) -> Driver: ...


def once(flow: Callable[Concatenate[Session, P], Flow[T]]) -> Callable[Concatenate[Any, P], T]:
    """The method of a client that carries out a flow."""

    def method(self: Driven, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._driver.run(flow(self._driver.session, *args, **kwargs))

    functools.update_wrapper(method, flow)
    return method


def each(flow: Callable[Concatenate[Session, P], Emits[T]]) -> Callable[Concatenate[Any, P], Iterator[T]]:
    """The method of a client that iterates over what a flow emits."""

    def method(self: Driven, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self._driver.each(flow(self._driver.session, *args, **kwargs))

    functools.update_wrapper(method, flow)
    return method
