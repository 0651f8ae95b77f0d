"""Progress of a job, over as many connections as it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

from selvage.client.asking import at, backoff, begin, piece
from selvage.client.effects import Call, Effect, Emit, Emits, Flow, sleep
from selvage.client.models import Job, Progress
from selvage.client.session import Session
from selvage.errors import ServerUnreachable, WaitTimedOut

from .jobs import job as read_job

# The server sends a sign of life every 15 s; a stream silent for longer is dead.
SILENCE = 60.0
E = TypeVar("E")
OnProgress = Callable[[Progress], None]


def watch(session: Session, job_id: str) -> Emits[Progress]:
    """The job as it stands, then every change, until it has ended. A lost connection is made again, and then the
    present state comes first once more."""
    yield from _follow(session, job_id, None, _emit)


def wait(
    session: Session, job_id: str, on_progress: OnProgress | None = None, *, timeout: float | None = None
) -> Flow[Job]:
    """Waits until every image has a result or waits for a person. timeout: seconds; raises WaitTimedOut."""
    until = None if timeout is None else time.monotonic() + timeout

    def tell(progress: Progress) -> Flow[None]:
        if on_progress:
            on_progress(progress)
        yield from ()

    try:
        yield from _follow(session, job_id, until, tell)
    except _TimeUp:
        raise WaitTimedOut(job_id=job_id, seconds=timeout) from None
    return (yield from read_job(session, job_id))


def _follow(
    session: Session, job_id: str, until: float | None, tell: Callable[[Progress], Generator[E, Any, None]]
) -> Generator[Effect | E, Any, None]:
    """Tells every change until the job has ended. Raises _TimeUp at `until` on the monotonic clock."""
    lost = 0
    while True:
        silence = SILENCE if until is None else min(SILENCE, max(0.05, until - time.monotonic()))
        try:
            yield from begin(session, Call("GET", at("jobs", job_id, "events"), timeout=silence))
            events = Events()
            while data := (yield from piece(session)):
                for body in events.feed(data):
                    lost = 0
                    progress = Progress.of(body)
                    yield from tell(progress)
                    if progress.job.ended:
                        return
                _check(until)
        except ServerUnreachable:
            _check(until)
            if lost >= session.retries:
                raise
        yield from sleep(backoff(lost))
        lost += 1


def _emit(progress: Progress) -> Generator[Emit[Progress], Any, None]:
    yield Emit(progress)


class _TimeUp(Exception):
    pass


def _check(until: float | None) -> None:
    if until is not None and time.monotonic() >= until:
        raise _TimeUp


class Events:
    """The data of server-sent events (WHATWG HTML 9.2.6); comments and other fields are passed over."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Every event that is whole by now. Lines end with LF, as ours do, or CRLF."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for raw in lines:
            line = raw.decode().removesuffix("\r")
            if line.startswith("data:"):
                self._data.append(line[5:].removeprefix(" "))
            elif not line and self._data:
                yield json.loads("\n".join(self._data))
                self._data = []
