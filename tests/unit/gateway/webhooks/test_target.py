"""Addresses messages may go to, judged by what is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks import target
from gateway.webhooks.settings import WebhookSettings
from services.kit.settings import load

STRICT = load(WebhookSettings)
OPEN = load(WebhookSettings, allow_http=True, networks=["10.1.2.0/24", "::1/128"])


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/hook", "https://shop.example:8443/a?b=c%20d", "https://93.184.215.14/",
        "https://[2606:4700::1111]/", "https://xn--grn-hoa.example/", "HTTPS://SHOP.EXAMPLE/", "https://localhost/",
    ],
)  # fmt: skip
def test_public_https_is_allowed(url: str) -> None:
    """A name may lead anywhere; where it leads is looked at when the message is sent."""
    assert target.problem(url, STRICT) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://10.1.2.3/", "https://192.168.0.1/", "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/", "https://0.0.0.0/", "https://224.0.0.1/", "https://[::1]/", "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(url: str) -> None:
    assert target.problem(url, STRICT) == "is no public address; SELVAGE_WEBHOOK_NETWORKS allows others"


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example", "//shop.example/", "http://shop.example/", "ftp://shop.example/", "file:///etc/passwd",
        "https://", "https:///hook", "https:shop.example", "javascript:alert(1)", "https://shop.example:port/",
        "https://shop.example:99999/", "https://shop.example:0/", "https://[::1", "https://user@shop.example/", "https://user:word@shop.example/",
        "https://shop.example/#part", "https://shop.example/a b", "https://shop.example/\r\nX: y", "https://größe.example/",
        "https://shop.example\\@10.0.0.1/", "https://shop.example/" + "a" * 2000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(url: str) -> None:
    assert target.problem(url, STRICT)


def test_http_is_refused_with_the_setting_that_allows_it() -> None:
    assert "SELVAGE_WEBHOOK_ALLOW_HTTP" in target.problem("http://shop.example/", STRICT)
    assert "SELVAGE" not in target.problem("ftp://shop.example/", STRICT)


def test_the_settings_open_what_they_name_and_no_more() -> None:
    assert target.problem("http://shop.example/", OPEN) == ""
    assert target.problem("http://10.1.2.3/", OPEN) == ""
    assert target.problem("http://[::1]:9/", OPEN) == ""
    assert target.problem("http://10.1.3.3/", OPEN) == "is no public address; SELVAGE_WEBHOOK_NETWORKS allows others"


@given(st.text(max_size=60).map(lambda text: f"https://{text}") | st.text(max_size=60))
def test_no_text_is_beyond_it(url: str) -> None:
    """Whatever is written, it is judged and never raises; what passes has a host and nothing secret in it."""
    if target.problem(url, STRICT) == "":
        assert url.lower().startswith("https://")
        assert "@" not in url.split("/")[2]
