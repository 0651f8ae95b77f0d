"""A gateway that serves TLS, mutual TLS, and calls its services over TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest

from gateway.access.errors import OpenToTheNetwork
from selvage_api.jobs.v1 import jobs_service_pb2, jobs_service_pb2_grpc
from services.kit import rpc
from services.kit.rpc import TlsSettings
from services.kit.settings import load
from services.kit.store import ObjectStore
from tests.parts.callers import operator, required
from tests.parts.certificates import Authority, Certificate
from tests.parts.house import House
from tests.parts.services import Behaviour, services


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def as_client(authority: Authority, one: Certificate | None = None) -> TlsSettings:
    shown = {"client_certificate": one.certificate, "client_key": one.key} if one else {}
    return load(TlsSettings, ca=authority.ca, **shown)


def context(authority: Authority, one: Certificate | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(authority.ca))
    if one:
        made.load_cert_chain(one.certificate, one.key)
    return made


async def get(house: House, how: ssl.SSLContext, path: str = "/v1/jobs") -> httpx.Response:
    url = f"https://{house.gateway.rest_address}"
    async with httpx.AsyncClient(base_url=url, verify=how, trust_env=False, timeout=60) as client:
        return await client.get(path, headers=operator(house).headers)


async def list_jobs(house: House, tls: TlsSettings) -> int:
    async with rpc.connect(house.gateway.grpc_address, tls=tls) as channel:
        stub = jobs_service_pb2_grpc.JobsServiceStub(channel)
        request = jobs_service_pb2.ListJobsRequest()
        return len((await stub.ListJobs(request, metadata=operator(house).metadata, timeout=60)).jobs)


async def test_rest_and_grpc_over_tls(make_house: Callable[..., Any], authority: Authority) -> None:
    files = authority.issue("gateway")
    tls = load(TlsSettings, certificate=files.certificate, key=files.key)
    house: House = await make_house(required() | {"tls": tls}, role="serve")
    assert (await get(house, context(authority))).status_code == 200
    assert await list_jobs(house, as_client(authority)) == 0
    with pytest.raises(httpx.ConnectError):
        await get(house, ssl.create_default_context())
    with pytest.raises(httpx.HTTPError):  # in clear
        await house.rest.get("/v1/jobs")


async def test_mutual_tls_for_rest_and_grpc(
    make_house: Callable[..., Any], authority: Authority, tmp_path: Path
) -> None:
    files, clients = authority.issue("gateway"), Authority(tmp_path, "clients")
    ours, theirs = clients.issue("storefront"), Authority(tmp_path, "others").issue("stranger")
    tls = load(TlsSettings, certificate=files.certificate, key=files.key, client_ca=clients.ca)
    house: House = await make_house(required() | {"tls": tls}, role="serve")
    assert (await get(house, context(authority, ours))).status_code == 200
    assert await list_jobs(house, as_client(authority, ours)) == 0
    for stranger in (theirs, None):
        with pytest.raises((httpx.HTTPError, ssl.SSLError)):
            await get(house, context(authority, stranger))
        with pytest.raises(grpc.aio.AioRpcError):
            await list_jobs(house, as_client(authority, stranger))


async def test_a_renewed_certificate_serves_the_next_rest_connection(
    make_house: Callable[..., Any], authority: Authority
) -> None:
    files = authority.issue("gateway")
    tls = load(TlsSettings, certificate=files.certificate, key=files.key)
    house: House = await make_house(required() | {"tls": tls}, role="serve")

    async def shown() -> str:
        host, _, port = house.gateway.rest_address.rpartition(":")
        _reader, writer = await asyncio.open_connection(host, int(port), ssl=context(authority))
        certificate = writer.get_extra_info("peercert")
        writer.close()
        await writer.wait_closed()
        return str(certificate["serialNumber"])

    first = await shown()
    assert await shown() == first
    authority.issue("gateway")
    second = await shown()
    assert second != first
    assert await shown() == second
    assert (await get(house, context(authority))).status_code == 200


@pytest.fixture
async def secured_services(
    store: ObjectStore, behaviour: Behaviour, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """The three services asking for certificates of the authority."""
    files = authority.issue("services")
    for name, path in (("CERTIFICATE", files.certificate), ("KEY", files.key), ("CLIENT_CA", authority.ca)):
        monkeypatch.setenv(f"SELVAGE_TLS_{name}", str(path))
    async with services(store, behaviour) as address:
        for name in ("CERTIFICATE", "KEY", "CLIENT_CA"):
            monkeypatch.delenv(f"SELVAGE_TLS_{name}")
        yield address


async def test_a_job_goes_through_services_behind_mutual_tls(
    make_house: Callable[..., Any], secured_services: str, authority: Authority
) -> None:
    addresses = dict.fromkeys(("segment_address", "matting_address", "compose_address"), secured_services)
    tls = as_client(authority, authority.issue("gateway"))
    house: House = await make_house({"tls": tls}, **addresses)
    job = await house.job(1)
    assert (await house.ended(job.job_id)).counts.approved == 1
    unseen: House = await make_house({"tls": TlsSettings.plain()}, role="serve", **addresses)
    parts = (await unseen.rest.get("/readyz")).json()["parts"]
    assert [parts[name] == "ok" for name in ("database", "segment", "matting", "compose")] == [True] + [False] * 3


async def test_an_open_gateway_beyond_this_machine_does_not_start(make_house: Callable[..., Any]) -> None:
    for address in ("grpc_address", "rest_address"):
        with pytest.raises(OpenToTheNetwork):
            await make_house(**{address: "0.0.0.0:0"})
    await make_house(role="work", rest_address="0.0.0.0:0")
    await make_house(required(), rest_address="0.0.0.0:0")
