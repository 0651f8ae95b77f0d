"""Presigned addresses where callers see the store under another name, and over TLS, than our own parts do."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from services.kit.errors import SettingsInvalid
from services.kit.settings import load
from services.kit.store import Presigning, StoreSettings, open_store
from tests.parts.certificates import Authority
from tests.parts.minio import Minio, running


@contextlib.asynccontextmanager
async def proxy(target: Minio, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """What stands before a store in a cluster: it takes TLS off and lets the rest, the host's name too, through. Its
    port."""

    async def copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while piece := await source.read(1 << 16):
                sink.write(piece)
                await sink.drain()
        sink.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await sink.wait_closed()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, before = await asyncio.open_connection("127.0.0.1", target.port)
        await asyncio.gather(copied(reader, before), copied(behind, writer))

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(through(reader, writer)))

    connections: list[asyncio.Task[None]] = []
    async with await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*connections)


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    with running(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.mark.minio
async def test_bytes_go_to_and_fro_by_the_public_name_over_tls(minio: Minio, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("localhost", "localhost")
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(issued.certificate, issued.key)
    async with (
        proxy(minio, serving) as port,
        httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(authority.ca)), trust_env=False) as browser,
    ):
        store = open_store(minio.settings(public_endpoint=f"https://localhost:{port}"))
        assert isinstance(store, Presigning)
        up = store.presign_put("shop/pending/1", 60)
        assert up.startswith(f"https://localhost:{port}/")
        assert (await browser.put(up, content=b"a photo")).status_code == 200
        # Our own calls go by the inner name, in the clear as it is set.
        assert await asyncio.to_thread(store.get, "shop/pending/1") == b"a photo"
        down = await browser.get(store.presign_get("shop/pending/1", 60, file_name="photo.jpg"))
        assert (down.status_code, down.content) == (200, b"a photo")
        assert "photo.jpg" in down.headers["content-disposition"]
        # A page of the shop asks first whether it may (CORS).
        asks = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "PUT"}
        told = await browser.options(up, headers=asks | {"Access-Control-Request-Headers": "content-type"})
        assert told.headers["access-control-allow-origin"] in ("*", asks["Origin"])
        assert "PUT" in told.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("endpoint", "public", "secure", "begins"),
    [
        ("store:9000", "", False, "http://store:9000/"),
        ("store:9000", "photos.example.com", False, "http://photos.example.com/"),
        ("store:9000", "https://photos.example.com", False, "https://photos.example.com/"),
        ("store:9000", "https://photos.example.com/", False, "https://photos.example.com/"),
        ("store:9000", "https://photos.example.com:8443", False, "https://photos.example.com:8443/"),
        ("store:9000", "http://127.0.0.1:9001", True, "http://127.0.0.1:9001/"),
        ("s3.example.com", "", True, "https://s3.example.com/"),
    ],
)
def test_scheme_and_host(endpoint: str, public: str, secure: bool, begins: str) -> None:
    keys = {"access_key": "a", "secret_key": "secret-key"}
    settings = load(StoreSettings, url="s3://selvage", endpoint=endpoint, public_endpoint=public, secure=secure, **keys)
    store = open_store(settings)
    assert isinstance(store, Presigning)
    assert store.presign_put("a/b", 60).startswith(begins)
    assert store.presign_get("a/b", 60).startswith(begins)


@pytest.mark.parametrize("public", ["https://example.com/store", "ftp://example.com", "https://", "a b"])
def test_what_cannot_stand_before_a_bucket_is_refused(public: str) -> None:
    """A path would be part of what is signed, and the proxy would take it off."""
    with pytest.raises(SettingsInvalid, match="SELVAGE_STORE_PUBLIC_ENDPOINT"):
        load(StoreSettings, public_endpoint=public)
