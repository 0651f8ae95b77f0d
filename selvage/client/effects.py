"""What the client does, without doing it: a flow yields effects, a transport carries them out and answers.

Every method of the client is one flow, written once. `sync.py` and `aio.py` carry flows out, each in its own way.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Generic, Literal, TypeVar

T = TypeVar("T")


class Effect:
    """Something only a transport can do."""


@dataclass(frozen=True)
class Body:
    """The content of a request; `open` begins it anew for each attempt. size: bytes."""

    open: Callable[[], BinaryIO]
    size: int


@dataclass(frozen=True)
class Call:
    """One HTTP request. `path` begins with '/', or is a whole address outside of Selvage, which never sees the key."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    timeout: float | None = None
    """Seconds of silence after which the connection is taken for lost. Default: the client's."""
    again: Literal["always", "unsent", "never"] = "always"
    """When a lost connection is made again: "unsent" means only if the request cannot have arrived."""


@dataclass(frozen=True)
class Answer:
    """Header names are in lower case. The content of an opened answer below 400 is read piece by piece instead."""

    status: int
    headers: Mapping[str, str]
    url: str
    content: bytes = b""

    def json(self) -> Any:
        return json.loads(self.content)


class ConnectionLost(Exception):
    """Raised into a flow. `sent`: whether the request may have arrived."""

    def __init__(self, cause: str, sent: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.sent = sent


@dataclass(frozen=True)
class Send(Effect):
    """Answers an Answer."""

    call: Call


@dataclass(frozen=True)
class Open(Effect):
    """Begins an answer that is read piece by piece; one opened before is closed. Answers an Answer."""

    call: Call


@dataclass(frozen=True)
class Read(Effect):
    """The next bytes of the opened answer, empty at its end."""


@dataclass(frozen=True)
class Sleep(Effect):
    seconds: float


@dataclass(frozen=True)
class Work(Effect):
    """A function that may block on a disk; answers what it returns."""

    function: Callable[[], Any]


@dataclass(frozen=True)
class Together(Effect):
    """Flows carried out side by side, so many at once; answers their results in order. The first error ends all."""

    flows: Sequence[Flow[Any]]
    width: int


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Hands a value to whoever iterates."""

    value: T


Flow = Generator[Effect, Any, T]
Emits = Generator[Effect | Emit[T], Any, None]


def send(call: Call) -> Flow[Answer]:
    answer: Answer = yield Send(call)
    return answer


def open_(call: Call) -> Flow[Answer]:
    answer: Answer = yield Open(call)
    return answer


def read() -> Flow[bytes]:
    piece: bytes = yield Read()
    return piece


def sleep(seconds: float) -> Flow[None]:
    yield Sleep(seconds)


def work(function: Callable[[], T]) -> Flow[T]:
    done: T = yield Work(function)
    return done


def together(flows: Sequence[Flow[T]], width: int) -> Flow[list[T]]:
    results: list[T] = yield Together(flows, width)
    return results


def in_turn(function: Callable[[T], None] | None) -> Callable[[T], None]:
    """What flows side by side tell a caller, one call at a time."""
    lock = threading.Lock()

    def tell(value: T) -> None:
        if function is not None:
            with lock:
                function(value)

    return tell
