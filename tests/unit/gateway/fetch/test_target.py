"""Which URLs are asked at all."""

from __future__ import annotations

import httpx
import pytest

from gateway.fetch.errors import FetchDisabled, SourceForbidden, UrlInvalid
from gateway.fetch.settings import FetchSettings
from gateway.fetch.target import target

OPEN = FetchSettings()


@pytest.mark.parametrize(
    "url",
    [
        "", "photo.jpg", "//example.com/a.jpg", "ftp://example.com/a", "file:///etc/passwd", "gopher://example.com/",
        "data:image/png;base64,AA", "http://", "http:///a.jpg", "http://user:pass@example.com/a", "http://user@example.com/",
        "http://example.com:22/", "http://example.com:0/", "http://example.com:99999/", "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/", "http://example.com/a\r\nHost: b", "http://[fe80::1%25eth0]/", "http://[::1/",
        "http://example.com/" + "a" * 2048, "jar:http://example.com!/",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(UrlInvalid):
        target(url, OPEN)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(UrlInvalid) as refused:
        target("http://user:secret@example.com/a", OPEN)
    assert "secret" not in refused.value.message


def test_a_good_one_is_taken_apart() -> None:
    found = target("https://Cdn.Example.com/a%20b.jpg?x=1#part", OPEN)
    assert (found.host, found.port) == ("cdn.example.com", 443)
    assert str(found.url) == "https://cdn.example.com/a%20b.jpg?x=1"
    assert target("http://bücher.example/", OPEN).host == "xn--bcher-kva.example"


def test_a_redirect_is_read_from_where_it_came() -> None:
    base = httpx.URL("https://example.com/a/b.jpg")
    assert str(target("../c.jpg", OPEN, base).url) == "https://example.com/c.jpg"
    assert str(target("//other.example/c", OPEN, base).url) == "https://other.example/c"
    with pytest.raises(UrlInvalid):
        target("file:///etc/passwd", OPEN, base)
    with pytest.raises(UrlInvalid):
        target("http://example.com/", FetchSettings(https_only=True), base)


def test_settings_narrow_it() -> None:
    with pytest.raises(FetchDisabled):
        target("https://example.com/", FetchSettings(enabled=False))
    assert target("http://example.com:8080/", FetchSettings(ports=(8080,))).port == 8080


@pytest.mark.parametrize(
    ("source", "url", "covered"),
    [
        ("cdn.example.com", "https://cdn.example.com/a", True),
        ("cdn.example.com", "https://CDN.example.com./a", False),
        ("cdn.example.com", "https://cdn.example.com.evil.example/a", False),
        (".example.com", "https://a.b.example.com/a", True),
        (".example.com", "https://example.com/a", False),
        (".example.com", "https://evilexample.com/a", False),
        ("https://example.com/photos/", "https://example.com/photos/a.jpg", True),
        ("https://example.com/photos", "https://example.com/photos-private/a.jpg", False),
        ("https://example.com/photos/", "http://example.com/photos/a.jpg", False),
        ("https://example.com/photos/", "https://example.com:443/photos/a.jpg", True),
        ("https://example.com/photos/", "https://example.com/photos/../b.jpg", False),
        ("https://example.com/photos/", "https://example.com/photos/%2e%2e/b.jpg", False),
        ("https://example.com/photos/", "https://example.com.evil.example/photos/a", False),
    ],
)
def test_the_allow_list(source: str, url: str, covered: bool) -> None:
    settings = FetchSettings(sources=(source,))
    if covered:
        target(url, settings)
    else:
        with pytest.raises(SourceForbidden):
            target(url, settings)
