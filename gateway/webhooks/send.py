"""One attempt: a POST to a receiver and what became of it. Redirects are not followed, bodies of answers not read."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from gateway.fetch.errors import SourceForbidden

PATIENCE_STATUS = (429, 503)
GONE = 410
AGENT = "Selvage-Webhooks/1"


@dataclass(frozen=True)
class Answer:
    """`status` is 0 when there was none; `problem` is '' for a good one; `retry_after` is 0 when nothing was asked."""

    status: int
    problem: str
    milliseconds: int
    retry_after: float = 0.0

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


async def post(
    pool: httpcore.AsyncConnectionPool, url: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> Answer:
    """Never raises for what a receiver or the way to it does. seconds: for everything up to the answer's headers."""
    started = time.perf_counter()

    def answer(status: int, problem: str, retry_after: float = 0.0) -> Answer:
        return Answer(status, problem, round((time.perf_counter() - started) * 1000), retry_after)

    parts = httpx.URL(url)
    where = httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)
    sent = {"Host": parts.netloc.decode(), "Content-Type": "application/json", "User-Agent": AGENT, **headers}
    sent["Content-Length"] = str(len(body))
    try:
        async with (
            asyncio.timeout(seconds),
            pool.stream("POST", where, headers=list(sent.items()), content=body) as got,
        ):
            problem = "" if 200 <= got.status < 300 else f"answered {got.status}"
            return answer(got.status, problem, _retry_after(got) if got.status in PATIENCE_STATUS else 0.0)
    except TimeoutError:
        return answer(0, f"no answer within {seconds:g} s")
    except SourceForbidden:
        return answer(0, "no public address")
    except httpcore.ConnectError as cause:
        secure = isinstance(cause.__cause__ or cause.__context__, ssl.SSLError) or "SSL" in str(cause)
        return answer(0, f"no secure connection: {cause}" if secure else "no connection could be made")
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError):
        return answer(0, "the connection was lost, or the answer is no HTTP")


def _retry_after(response: httpcore.Response) -> float:
    """Seconds from now (RFC 9110, 10.2.3: a number or a date), 0 when it says nothing that can be read."""
    values = [value for name, value in response.headers if name.lower() == b"retry-after"]
    given = values[0].decode("latin-1").strip() if values else ""
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
