"""Where messages may go: https, and to public addresses only, unless the settings allow more."""

from __future__ import annotations

import ssl

import httpcore
import httpx

from gateway.fetch.addresses import allowed, parse
from gateway.fetch.network import CheckedNetwork

from .settings import WebhookSettings

URL_LENGTH = 2000
NOT_PUBLIC = "is no public address; SELVAGE_WEBHOOK_NETWORKS allows others"
# None: the scheme's own.
PORTS = {None, *range(1, 65536)}


def problem(url: str, settings: WebhookSettings) -> str:
    """What is wrong with the address by itself; '' for nothing. Where a name leads is looked at with every attempt."""
    schemes = ("https", "http") if settings.allow_http else ("https",)
    if len(url) > URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return f"must be at most {URL_LENGTH} printable ASCII characters without spaces"
    try:
        parts = httpx.URL(url)
        host = parts.host
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return "is no URL"
    if parts.scheme not in schemes or not host:
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        more = "; SELVAGE_WEBHOOK_ALLOW_HTTP allows http" if parts.scheme == "http" and host else ""
        return f"must be a URL that begins with {begins} and a host{more}"
    if parts.userinfo or parts.fragment or parts.port not in PORTS:
        return "must not have a user name, a password, a fragment or a port beyond 65535"
    try:
        address = parse(host)
    except ValueError:
        return ""
    return "" if allowed(address, settings.networks) else NOT_PUBLIC


def open_pool(settings: WebhookSettings) -> httpcore.AsyncConnectionPool:
    """Connects to nothing the settings do not allow, whatever a name is resolved to. No connection serves twice."""
    return httpcore.AsyncConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=settings.concurrency + 1,
        max_keepalive_connections=0,
        network_backend=CheckedNetwork(settings.networks),
    )
