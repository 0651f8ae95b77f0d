"""Fetching by URL against real servers on loopback, which only these tests allow."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fetch import Fetcher, FetchSettings
from gateway.fetch.errors import FetchFailed, FetchTimeout, FetchTooLarge, NotAPhoto, SourceForbidden, UrlInvalid
from tests.parts.house import photo
from tests.parts.webserver import WebServer, answer, moved, web_server

LIMIT = 100_000
HERE = (ip_network("127.0.0.1/32"),)
PHOTO = photo(1)


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with web_server() as made:
        made.pages["/a.png"] = answer(PHOTO)
        yield made


def fetcher(server: WebServer, names: dict[str, list[str]] | None = None, **changes: Any) -> Fetcher:
    """One that may reach 127.0.0.1 on the port of the server; `names` resolve to what they say."""
    values: dict[str, Any] = {"networks": HERE, "ports": (server.port,), "connect_seconds": 2, "seconds": 5}
    resolve = resolver(names or {"photos.example": ["127.0.0.1"]})
    return Fetcher(FetchSettings(**(values | changes)), LIMIT, resolve)


def resolver(names: dict[str, list[str]]) -> Callable[[str, int], Any]:
    async def resolve(host: str, _port: int) -> list[str]:
        if host not in names:
            raise OSError("no such name")
        return names[host]

    return resolve


async def test_a_photo_comes_with_its_name_and_type(server: WebServer) -> None:
    found = await fetcher(server).fetch(f"http://photos.example:{server.port}/a.png")
    assert (found.data, found.media_type, found.name) == (PHOTO, "image/png", "a.png")
    head = server.heads[0].lower()
    assert f"host: photos.example:{server.port}\r\n" in head and "accept-encoding: identity" in head


async def test_proxies_of_the_environment_are_not_asked(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert (await fetcher(server).fetch(f"http://photos.example:{server.port}/a.png")).data == PHOTO


def spellings(number: int) -> list[str]:
    """Ways that resolvers, shells and browsers read the same IPv4 address."""
    a, b, c, d = number.to_bytes(4, "big")
    return [
        f"{a}.{b}.{c}.{d}", str(number), hex(number), f"0{number:o}", f"{a}.{b}.{c * 256 + d}",
        f"{a}.{number & 0xFFFFFF}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"[::ffff:{a}.{b}.{c}.{d}]",
        f"[::{a}.{b}.{c}.{d}]", f"[64:ff9b::{a}.{b}.{c}.{d}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
    ]  # fmt: skip


INSIDE = [
    IPv4Network(net) for net in ("127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "100.64.0.0/10")
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    number=st.sampled_from(INSIDE).flatmap(lambda net: st.integers(int(net[0]), int(net[-1]))), which=st.integers(0, 11)
)
async def test_inner_addresses_are_refused_however_they_are_written(number: int, which: int) -> None:
    """By the system's own resolver: nothing is looked up on the network for a number."""
    with pytest.raises((SourceForbidden, UrlInvalid, FetchFailed)) as refused:
        await Fetcher(FetchSettings(connect_seconds=2), LIMIT).fetch(f"http://{spellings(number)[which]}/a.png")
    if isinstance(refused.value, FetchFailed):  # what no resolver reads is asked of nobody
        assert "no connection" in refused.value.message


@pytest.mark.parametrize("host", ["localhost", "127.1", "0", "2130706433", "[::1]", "[::]", "0x7f000001"])
async def test_this_machine_is_refused(server: WebServer, host: str) -> None:
    with pytest.raises(SourceForbidden):
        await Fetcher(FetchSettings(ports=(server.port,)), LIMIT).fetch(f"http://{host}:{server.port}/a.png")
    assert not server.asked


async def test_a_name_with_one_inner_address_is_refused(server: WebServer) -> None:
    names = {"mixed.example": ["127.0.0.1", "10.0.0.7"]}
    with pytest.raises(SourceForbidden):
        await fetcher(server, names).fetch(f"http://mixed.example:{server.port}/a.png")
    assert not server.asked


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """DNS rebinding: the connection goes to the address that was checked, whatever the name says a moment later."""
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])

    async def rebinding(_host: str, _port: int) -> list[str]:
        return next(answers)

    async with web_server("127.0.0.2") as good, web_server("127.0.0.1", good.port) as inner:
        inner.pages["/a.png"] = inner.pages["/again"] = answer(PHOTO)
        good.pages["/a.png"] = answer(PHOTO)
        good.pages["/again"] = moved("/a.png")
        allowed = FetchSettings(networks=(ip_network("127.0.0.2/32"),), ports=(good.port,))
        one = Fetcher(allowed, LIMIT, rebinding)
        assert (await one.fetch(f"http://rebind.example:{good.port}/a.png")).data == PHOTO
        with pytest.raises(SourceForbidden):
            await one.fetch(f"http://rebind.example:{good.port}/a.png")
        answers = iter([["127.0.0.2"], ["127.0.0.1"]])
        with pytest.raises(SourceForbidden):
            await one.fetch(f"http://rebind.example:{good.port}/again")
        assert not inner.asked
        assert good.asked == {"/a.png": 1, "/again": 1}


@pytest.mark.parametrize(
    "to", ["http://inner.example:{port}/secret", "http://127.0.0.9:{port}/secret", "http://[::1]:{port}/secret"]
)
async def test_a_redirect_to_an_inner_address_is_refused(server: WebServer, to: str) -> None:
    server.pages["/go"] = moved(to.format(port=server.port))
    names = {
        "photos.example": ["127.0.0.1"],
        "inner.example": ["127.0.0.9"],
        "127.0.0.9": ["127.0.0.9"],
        "::1": ["::1"],
    }
    with pytest.raises(SourceForbidden):
        await fetcher(server, names).fetch(f"http://photos.example:{server.port}/go")
    assert "/secret" not in server.asked


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://photos.example/a", "http://u:p@photos.example/", "http://photos.example:1/"]
)
async def test_a_redirect_to_what_is_no_web_address_is_refused(server: WebServer, to: str) -> None:
    server.pages["/go"] = moved(to)
    with pytest.raises(UrlInvalid):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/go")


async def test_redirects_are_followed_up_to_the_limit(server: WebServer) -> None:
    for step in range(4):
        server.pages[f"/{step}"] = moved(f"/{step + 1}", 307)
    server.pages["/4"] = answer(PHOTO)
    assert (await fetcher(server, redirects=4).fetch(f"http://photos.example:{server.port}/0")).data == PHOTO
    with pytest.raises(FetchFailed, match="redirects more than 3 times"):
        await fetcher(server, redirects=3).fetch(f"http://photos.example:{server.port}/0")


async def test_an_endless_body_is_cut_at_the_limit(server: WebServer) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            sent += 10_000
            await writer.drain()

    server.pages["/endless"] = endless
    with pytest.raises(FetchTooLarge):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/endless")
    await asyncio.sleep(0.05)
    assert sent < 50 * LIMIT


async def test_a_length_that_lies_is_not_believed(server: WebServer) -> None:
    server.pages["/short"] = answer(PHOTO, Content_Length=str(len(PHOTO) + 5))
    with pytest.raises(FetchFailed, match="broken off"):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/short")
    server.pages["/huge"] = answer(b"", Content_Length=str(LIMIT + 1))
    with pytest.raises(FetchTooLarge):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/huge")


async def test_a_slow_drip_ends_at_the_time_limit(server: WebServer) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    server.pages["/drip"] = drip
    with pytest.raises(FetchTimeout):
        await fetcher(server, seconds=0.3).fetch(f"http://photos.example:{server.port}/drip")


async def test_a_silent_server_and_a_silent_resolver_end_at_the_time_limit(server: WebServer) -> None:
    async def silent(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    server.pages["/silent"] = silent
    with pytest.raises(FetchTimeout):
        await fetcher(server, seconds=0.2).fetch(f"http://photos.example:{server.port}/silent")

    async def never(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(FetchTimeout):
        await Fetcher(FetchSettings(connect_seconds=0.2), LIMIT, never).fetch("http://photos.example/")


async def test_what_is_no_photo_is_refused(server: WebServer) -> None:
    server.pages["/page"] = answer(b"<html>", media_type="text/html; charset=utf-8")
    with pytest.raises(NotAPhoto, match="text/html"):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/page")
    server.pages["/unsaid"] = answer(PHOTO, media_type="")
    assert (await fetcher(server).fetch(f"http://photos.example:{server.port}/unsaid")).media_type == ""


async def test_compressed_answers_are_refused(server: WebServer) -> None:
    server.pages["/zipped"] = answer(b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(FetchFailed, match="compressed"):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/zipped")


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
async def test_other_statuses_are_told(server: WebServer, status: int) -> None:
    server.pages["/other"] = answer(b"", status)
    with pytest.raises(FetchFailed, match=f"status {status}"):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/other")


async def test_nobody_there_says_nothing_about_the_address(server: WebServer) -> None:
    for url in (f"http://photos.example:{server.port + 1}/", f"http://unknown.example:{server.port}/"):
        with pytest.raises(FetchFailed) as refused:
            await fetcher(server, ports=(server.port, server.port + 1)).fetch(url)
        assert "127.0.0.1" not in refused.value.message


async def test_what_is_no_http_is_told(server: WebServer) -> None:
    server.pages["/odd"] = b"SSH-2.0-OpenSSH_9.6\r\n\r\n"
    with pytest.raises(FetchFailed, match="no HTTP"):
        await fetcher(server).fetch(f"http://photos.example:{server.port}/odd")


async def test_the_certificate_is_that_of_the_name() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("photos.example").configure_cert(tls)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with web_server(tls=tls) as server:
        server.pages["/a.png"] = answer(PHOTO)
        allowed = FetchSettings(networks=HERE, ports=(server.port,))
        names = resolver({"photos.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
        assert (await Fetcher(allowed, LIMIT, names, trust).fetch(f"https://photos.example:{server.port}/a.png")).data
        for host, believes in (("other.example", trust), ("photos.example", None)):
            with pytest.raises(FetchFailed):
                await Fetcher(allowed, LIMIT, names, believes).fetch(f"https://{host}:{server.port}/a.png")
        assert server.asked == {"/a.png": 1}
