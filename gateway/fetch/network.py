"""Connections to checked addresses only.

The name is looked up once a connection, every answer is judged, and the connection goes to one of the judged addresses:
a name that answers differently the next time (DNS rebinding) gains nothing. Host header, SNI and certificate stay
those of the name, which the layer above knows.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable

import httpcore

from .addresses import allowed, parse
from .errors import SourceForbidden
from .settings import Network

Resolver = Callable[[str, int], Awaitable[list[str]]]
# So many addresses of one name are tried.
MOST_ADDRESSES = 4


async def system_resolver(host: str, port: int) -> list[str]:
    """All addresses of the name; also reads "2130706433" and other ways to write one. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Raises SourceForbidden where httpcore would connect to an address that is neither public nor in `networks`."""

    def __init__(self, networks: Iterable[Network], resolve: Resolver = system_resolver) -> None:
        self._networks = tuple(networks)
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._look_up(host.strip("[]"), port, timeout)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _look_up(self, host: str, port: int, seconds: float | None) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name look-up took too long") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name has no address") from error
        for address in addresses:
            # One private address among public ones is how a name is made to serve both purposes: all must be good.
            if not allowed(parse(address), self._networks):
                raise SourceForbidden(host=host)
        return addresses
