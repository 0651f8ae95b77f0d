"""Both Python clients behind one face, so that one test speaks to either."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from selvage import AsyncClient, Client

FACES = ("Client", "AsyncClient")
# Carries a scenario out with a client, see tests/contract/selvage/conftest.py.
Talk = Callable[..., Awaitable[Any]]


class InLoop:
    """An AsyncClient as if it were a Client: every method is carried out on an event loop of its own."""

    def __init__(self, made: Callable[[], AsyncClient]) -> None:
        self._loop = asyncio.Runner()

        async def make() -> AsyncClient:
            return made()

        try:
            self._client = self._loop.run(make())
        except BaseException:
            self._loop.close()
            raise

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            return self._loop.run(answer) if inspect.iscoroutine(answer) else self._each(answer)

        return call

    def _each(self, values: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> Any:
            return await anext(values, StopIteration)

        try:
            while (value := self._loop.run(following())) is not StopIteration:
                yield value
        finally:
            self._loop.run(values.aclose())  # type: ignore[attr-defined]

    def end(self) -> None:
        self._loop.run(self._client.close())
        self._loop.close()


@contextmanager
def speaking(face: str, url: str, *, pauses: list[float] | None = None, **options: Any) -> Iterator[Any]:
    """A client to `url`; `pauses` takes note of what it would have slept."""
    if face == "Client":
        with Client(url, **options, **({} if pauses is None else {"sleep": pauses.append})) as client:
            yield client
        return

    async def noted(seconds: float) -> None:
        assert pauses is not None
        pauses.append(seconds)

    client = InLoop(lambda: AsyncClient(url, **options, **({} if pauses is None else {"sleep": noted})))
    try:
        yield client
    finally:
        client.end()
