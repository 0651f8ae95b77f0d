"""TLS and mutual TLS between our servers and our clients, with an authority made for the test."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit import rpc
from services.kit.errors import SettingsInvalid, TlsFilesUnusable
from services.kit.rpc import TlsSettings
from services.kit.settings import load
from tests.parts.certificates import Authority, Certificate


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def nothing(_server: Any) -> None:
    """Health is enough to be asked."""


async def check(channel: grpc.aio.Channel) -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    status: int = (await stub.Check(health_pb2.HealthCheckRequest(), timeout=60)).status
    return status


@asynccontextmanager
async def serving(certificate: Certificate, **more: Path) -> AsyncIterator[rpc.Server]:
    tls = load(TlsSettings, certificate=certificate.certificate, key=certificate.key, **more)
    async with await rpc.serve(nothing, tls=tls) as server:
        yield server


async def refused(address: str, tls: TlsSettings) -> None:
    async with rpc.connect(address, tls=tls) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await check(channel)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def serial(address: str, ca: Path) -> int | None:
    """Of the certificate a new connection is shown."""
    host, _, port = address.rpartition(":")
    context = ssl.create_default_context(cafile=str(ca))
    context.set_alpn_protocols(["h2"])
    plain = socket.create_connection((host, int(port)), timeout=60)
    with context.wrap_socket(plain, server_hostname=host) as connection:  # which closes the plain one too
        shown = connection.getpeercert()
    assert shown is not None
    return int(str(shown["serialNumber"]), 16)


async def test_calls_go_over_tls(authority: Authority) -> None:
    async with serving(authority.issue("server")) as server:
        async with rpc.connect(server.address, tls=load(TlsSettings, ca=authority.ca)) as channel:
            assert await check(channel) == health_pb2.HealthCheckResponse.SERVING
        await refused(server.address, TlsSettings.plain())


async def test_a_server_of_another_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    async with serving(other.issue("server")) as server:
        await refused(server.address, load(TlsSettings, ca=authority.ca))


async def test_a_server_of_another_name_is_not_believed(authority: Authority) -> None:
    async with serving(authority.issue("server", "somewhere.example")) as server:
        await refused(server.address, load(TlsSettings, ca=authority.ca))


async def test_mutual_tls_admits_only_certificates_of_its_authority(authority: Authority, tmp_path: Path) -> None:
    clients, others = Authority(tmp_path, "clients"), Authority(tmp_path, "others")
    ours, theirs = clients.issue("ours", "client"), others.issue("theirs", "client")
    async with serving(authority.issue("server"), client_ca=clients.ca) as server:

        def as_client(one: Certificate) -> TlsSettings:
            return load(TlsSettings, ca=authority.ca, client_certificate=one.certificate, client_key=one.key)

        async with rpc.connect(server.address, tls=as_client(ours)) as channel:
            assert await check(channel) == health_pb2.HealthCheckResponse.SERVING
        await refused(server.address, as_client(theirs))
        await refused(server.address, load(TlsSettings, ca=authority.ca))


async def test_a_new_certificate_serves_the_next_connection(authority: Authority) -> None:
    files = authority.issue("server")
    async with serving(files) as server:
        first = await asyncio.to_thread(serial, server.address, authority.ca)
        assert await asyncio.to_thread(serial, server.address, authority.ca) == first
        authority.issue("server")
        second = await asyncio.to_thread(serial, server.address, authority.ca)
        assert second != first
        files.certificate.write_text("half a certif")
        assert await asyncio.to_thread(serial, server.address, authority.ca) == second


async def test_the_environment_says_so_too(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    files = authority.issue("server")
    monkeypatch.setenv("SELVAGE_TLS_CERTIFICATE", str(files.certificate))
    monkeypatch.setenv("SELVAGE_TLS_KEY", str(files.key))
    monkeypatch.setenv("SELVAGE_TLS_CA", str(authority.ca))
    async with await rpc.serve(nothing) as server, rpc.connect(server.address) as channel:
        assert await check(channel) == health_pb2.HealthCheckResponse.SERVING
        await refused(server.address, TlsSettings.plain())


@pytest.mark.parametrize(
    "names", [("certificate",), ("key",), ("client_ca",), ("client_certificate", "client_key"), ("ca", "client_key")]
)
def test_settings_that_do_not_belong_together_are_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="SELVAGE_TLS_"):
        load(TlsSettings, **dict.fromkeys(names, tmp_path / "file.pem"))


async def test_files_that_cannot_be_used_are_told_at_the_start(authority: Authority, tmp_path: Path) -> None:
    one, two = authority.issue("one"), authority.issue("two")
    for certificate, key in ((one.certificate, two.key), (tmp_path / "none", one.key)):
        with pytest.raises(TlsFilesUnusable):
            await rpc.serve(nothing, tls=load(TlsSettings, certificate=certificate, key=key))
    with pytest.raises(TlsFilesUnusable):
        rpc.connect("127.0.0.1:1", tls=load(TlsSettings, ca=tmp_path / "none"))
