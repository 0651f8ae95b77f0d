"""Calls that survive a busy server and a lost connection, and errors with their names."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from selvage.errors import AnswerNotUnderstood, ServerUnreachable, rebuild
from services.kit.errors import SelvageError

BUSY = (429, 503)
LONGEST_PAUSE = 30.0


class Transport:
    """One HTTP connection pool. `retries` counts repetitions after the first attempt; `sleep` takes seconds."""

    def __init__(self, base_url: str, *, timeout: float, retries: int, sleep: Callable[[float], None] = time.sleep):
        self.base_url = base_url.rstrip("/")
        self.retries = retries
        self._sleep = sleep
        limits = httpx.Timeout(timeout, connect=min(timeout, 10.0))
        # Selvage is spoken to directly: a proxy of the environment would not know a loopback address.
        self._http = httpx.Client(base_url=self.base_url, timeout=limits, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = True,
        content: Callable[[], Any] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Sends a request and returns its answer below 400; raises the error row of another one.

        429 and 503 are repeated after Retry-After. A connection lost after sending is repeated only when `repeatable`.
        `content` makes the body anew for each attempt.
        """
        attempt = 0
        while True:
            try:
                body = {"content": content()} if content else {}
                answer = self._http.request(method, path, **body, **request)
            except httpx.TransportError as lost:
                sent = not isinstance(lost, httpx.ConnectError | httpx.ConnectTimeout)
                if attempt >= self.retries or (sent and not repeatable):
                    raise ServerUnreachable(url=self.base_url, cause=_cause(lost)) from lost
                pause = backoff(attempt)
            else:
                if answer.status_code < 400:
                    return answer
                if answer.status_code not in BUSY or attempt >= self.retries:
                    raise problem(answer)
                pause = retry_after(answer) or backoff(attempt)
            attempt += 1
            self._sleep(min(pause, LONGEST_PAUSE))

    @contextmanager
    def stream(self, path: str, **request: Any) -> Iterator[httpx.Response]:
        """An answer read piece by piece; errors as in `call`, without repetition."""
        try:
            with self._http.stream("GET", path, **request) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise problem(answer)
                yield answer
        except httpx.TransportError as lost:
            raise ServerUnreachable(url=self.base_url, cause=_cause(lost)) from lost

    def pause(self, attempt: int) -> None:
        self._sleep(backoff(attempt))


def problem(answer: httpx.Response) -> SelvageError:
    """The error row of an answer of 400 and above."""
    try:
        body = answer.json()
        if isinstance(body, dict) and "code" in body:
            return rebuild(body)
    except ValueError:
        pass
    return AnswerNotUnderstood(url=answer.request.url, status=answer.status_code)


def backoff(attempt: int) -> float:
    """Seconds to wait before the next attempt: doubling from 0.5 with jitter, at most 30."""
    return float(min(LONGEST_PAUSE, 0.5 * 2**attempt) * random.uniform(0.75, 1.25))  # noqa: S311 - jitter


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds named by Retry-After, which is a number or a date (RFC 9110 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _cause(lost: httpx.TransportError) -> str:
    return str(lost) or type(lost).__name__
