"""Requests that survive a busy server and a lost connection, and errors with their names."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from selvage.errors import AnswerNotUnderstood, ServerUnreachable, rebuild
from services.kit.errors import SelvageError

from .effects import Answer, Call, ConnectionLost, Flow, open_, read, send, sleep
from .session import Session

BUSY = (429, 503)
LONGEST_PAUSE = 30.0


def ask(session: Session, call: Call, through: Callable[[Call], Flow[Answer]] = send) -> Flow[Answer]:
    """The answer below 400; raises the error row of another one.

    429 and 503 are asked again after Retry-After, a lost connection is made again as `Call.again` says.
    """
    attempt = 0
    while True:
        try:
            answer = yield from through(call)
        except ConnectionLost as lost:
            forbidden = call.again == "never" or (lost.sent and call.again == "unsent")
            if attempt >= session.retries or forbidden:
                raise ServerUnreachable(url=_place(session, call), cause=lost.cause) from lost
            pause = backoff(attempt)
        else:
            if answer.status < 400:
                return answer
            error = problem(answer)
            # A busy server says when to come again; a used-up quota of the month is 429 as well, but never "again".
            if answer.status not in BUSY or attempt >= session.retries or not _worth(error):
                raise error
            said = retry_after(answer)
            pause = backoff(attempt) if said is None else said
        attempt += 1
        yield from sleep(min(pause, LONGEST_PAUSE))


def begin(session: Session, call: Call) -> Flow[Answer]:
    """As `ask`, for an answer that is then read by `piece`."""
    return (yield from ask(session, call, open_))


def piece(session: Session) -> Flow[bytes]:
    """The next bytes of what was begun, empty at its end. Raises ServerUnreachable."""
    try:
        return (yield from read())
    except ConnectionLost as lost:
        raise ServerUnreachable(url=session.base_url, cause=lost.cause) from lost


def at(*parts: str) -> str:
    """The path of a resource; names may hold anything."""
    return "/v1/" + "/".join(quote(part, safe=":") for part in parts)


def get(session: Session, path: str, **params: Any) -> Flow[dict[str, Any]]:
    answer = yield from ask(session, Call("GET", path, params))
    return understood(answer)


def post(session: Session, path: str, body: Mapping[str, Any] | None = None) -> Flow[dict[str, Any]]:
    answer = yield from ask(session, Call("POST", path, json=body or {}))
    return understood(answer)


def understood(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer. Raises AnswerNotUnderstood."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AnswerNotUnderstood(url=answer.url, status=answer.status)
    return body


def problem(answer: Answer) -> SelvageError:
    """The error row of an answer of 400 and above."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and "code" in body:
        return rebuild(body)
    return AnswerNotUnderstood(url=answer.url, status=answer.status)


def backoff(attempt: int) -> float:
    """Seconds to wait before the next attempt: doubling from 0.5 with jitter, at most 30."""
    return float(min(LONGEST_PAUSE, 0.5 * 2**attempt) * random.uniform(0.75, 1.25))  # noqa: S311 - jitter


def retry_after(answer: Answer) -> float | None:
    """Seconds named by Retry-After, which is a number or a date (RFC 9110 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _worth(error: SelvageError) -> bool:
    """Whether the same request may do better in a moment. A proxy's 503 says nothing about that: it may."""
    return error.retryable or isinstance(error, AnswerNotUnderstood) or type(error) is SelvageError


def _place(session: Session, call: Call) -> str:
    return session.base_url if call.path.startswith("/") else call.path.partition("?")[0]
