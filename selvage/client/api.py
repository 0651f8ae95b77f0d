"""The two clients of Selvage's REST API (docs/rest.md). Their methods are the flows of the other modules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType

from . import aio, flows, sync
from .session import Certificate, Verify, session


class Client:
    """Talks to `selvage serve`, or to a gateway elsewhere. Use it in a `with`, or close it.

    base_url: default SELVAGE_SERVER, else this machine's. api_key: default SELVAGE_API_KEY,
    empty for none. timeout: seconds of silence
    after which a connection is taken for lost. retries: how often a busy server (429, 503) is asked again and a lost
    connection made again. verify: a PEM file of CA certificates, or an ssl.SSLContext. cert: the client's certificate,
    a PEM file with its key or a pair of files. direct: photos go straight into the object store where that is possible.

    Errors are the rows of Selvage's error table (subclasses of services.kit.errors.SelvageError).
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        retries: int = 5,
        verify: Verify = True,
        cert: Certificate = None,
        direct: bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        told = session(base_url, api_key, timeout=timeout, retries=retries, verify=verify, cert=cert, direct=direct)
        self._driver = sync.Driver(told, sleep)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._driver.close()

    upload = sync.once(flows.uploading.upload)
    submit = sync.once(flows.submitting.submit)
    create_job = sync.once(flows.jobs.create_job)
    job = sync.once(flows.jobs.job)
    jobs = sync.each(flows.jobs.jobs)
    image = sync.once(flows.jobs.image)
    images = sync.each(flows.jobs.images)
    watch = sync.each(flows.watching.watch)
    wait = sync.once(flows.watching.wait)
    download = sync.once(flows.fetching.download)
    download_all = sync.once(flows.fetching.download_all)
    download_pairs = sync.once(flows.pairing.download_pairs)
    retry = sync.once(flows.jobs.retry)
    cancel = sync.once(flows.jobs.cancel)
    cutout = sync.once(flows.cutouts.cutout)
    decide = sync.once(flows.reviewing.decide)
    decisions = sync.once(flows.reviewing.decisions)
    shoot = sync.once(flows.shoots.shoot)
    shoots = sync.each(flows.shoots.shoots)
    set_empty_frame = sync.once(flows.shoots.set_empty_frame)


class AsyncClient:
    """`Client` for an event loop: the same methods, awaited; what iterates there iterates with `async for` here.

    Functions that are told of progress are called on the event loop.
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        retries: int = 5,
        verify: Verify = True,
        cert: Certificate = None,
        direct: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        told = session(base_url, api_key, timeout=timeout, retries=retries, verify=verify, cert=cert, direct=direct)
        self._driver = aio.Driver(told, sleep)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._driver.close()

    upload = aio.once(flows.uploading.upload)
    submit = aio.once(flows.submitting.submit)
    create_job = aio.once(flows.jobs.create_job)
    job = aio.once(flows.jobs.job)
    jobs = aio.each(flows.jobs.jobs)
    image = aio.once(flows.jobs.image)
    images = aio.each(flows.jobs.images)
    watch = aio.each(flows.watching.watch)
    wait = aio.once(flows.watching.wait)
    download = aio.once(flows.fetching.download)
    download_all = aio.once(flows.fetching.download_all)
    download_pairs = aio.once(flows.pairing.download_pairs)
    retry = aio.once(flows.jobs.retry)
    cancel = aio.once(flows.jobs.cancel)
    cutout = aio.once(flows.cutouts.cutout)
    decide = aio.once(flows.reviewing.decide)
    decisions = aio.once(flows.reviewing.decisions)
    shoot = aio.once(flows.shoots.shoot)
    shoots = aio.each(flows.shoots.shoots)
    set_empty_frame = aio.once(flows.shoots.set_empty_frame)
