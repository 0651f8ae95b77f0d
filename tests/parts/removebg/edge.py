"""The address the clients have in their code, https://api.remove.bg, as a TLS front of a gateway on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.parts.require import CACHE

NAME = "api.remove.bg"
INSTALLED = CACHE / "removebg-clients-1"  # by scripts/real_parts/removebg_clients.sh
HERE = Path(__file__).parent
HOW = "install node and npm, then run scripts/real_parts/removebg_clients.sh"


@dataclass(frozen=True)
class Edge:
    """`environment`: what a client's process needs to find it and to believe its certificate."""

    port: int
    environment: dict[str, str]

    async def run(self, *command: str | Path, folder: Path) -> tuple[int, str]:
        """(exit status, what the client wrote)."""
        process = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=folder, env=self.environment, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(60):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        return process.returncode, output.decode()


@asynccontextmanager
async def edge(gateway: str, folder: Path) -> AsyncIterator[Edge]:
    """In front of `gateway` (host:port); the CA's file goes into `folder`."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(tls)
    ca = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    host, _, port = gateway.rpartition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        sending = asyncio.create_task(_copy(reader, back))
        try:
            await _copy(there, writer)
        finally:  # the gateway has ended the connection: the client's side ends too
            sending.cancel()
            back.close()
            writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=tls)
    try:
        listening = server.sockets[0].getsockname()[1]
        yield Edge(listening, _environment(ca, listening))
    finally:
        server.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):  # one side has what it wanted
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()


def _environment(ca: Path, port: int) -> dict[str, str]:
    """No proxies, no settings of the machine."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{HERE / 'resolve'}{os.pathsep}{INSTALLED / 'python'}",
        "NODE_PATH": str(INSTALLED / "node_modules"),
        "NODE_OPTIONS": f"--require {HERE / 'resolve' / 'resolve.cjs'} --no-deprecation",
        "REQUESTS_CA_BUNDLE": str(ca),
        "NODE_EXTRA_CA_CERTS": str(ca),
        "TEST_RESOLVE": f"{NAME}=127.0.0.1:{port}",
    }
