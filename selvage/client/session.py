"""Where the server is and how it is spoken to: address, key, TLS, patience."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from services.kit.errors import InvalidArgument, UnreadableFile

LOCAL = "http://127.0.0.1:7480"
Verify = bool | str | Path | ssl.SSLContext
Certificate = str | Path | tuple[str | Path, str | Path] | None


@dataclass
class Session:
    """What every flow of one client knows. retries: repetitions after the first attempt; timeout: seconds."""

    base_url: str
    api_key: str = field(repr=False)
    timeout: float
    retries: int
    tls: ssl.SSLContext | bool
    direct: bool
    """Photos go straight into the object store; False once the server said that it has no addresses for that."""

    def headers(self) -> dict[str, str]:
        """Of every request to the server."""
        named = {"User-Agent": f"selvage-python/{version('selvage')}"}
        return named | ({"Authorization": f"Bearer {self.api_key}"} if self.api_key else {})


def session(
    base_url: str, api_key: str | None, *, timeout: float, retries: int, verify: Verify, cert: Certificate, direct: bool
) -> Session:
    """Without an address SELVAGE_SERVER, with a key of None SELVAGE_API_KEY. Raises InvalidArgument, UnreadableFile."""
    url = (base_url or os.environ.get("SELVAGE_SERVER", "") or LOCAL).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise InvalidArgument(field="server", problem=f"{url!r} must begin with http:// or https://")
    key = os.environ.get("SELVAGE_API_KEY", "") if api_key is None else api_key
    if not (key.isascii() and key.isprintable()):
        raise InvalidArgument(field="api_key", problem="holds characters that no API key has; copy it again")
    return Session(url, key, timeout, retries, _tls(verify, cert), direct)


def _tls(verify: Verify, cert: Certificate) -> ssl.SSLContext | bool:
    """`verify` is a file of CA certificates in PEM, or whether to check at all; `cert` a PEM file with certificate and
    key, or a pair of files."""
    if isinstance(verify, ssl.SSLContext) or (isinstance(verify, bool) and cert is None):
        return verify
    try:
        context = ssl.create_default_context(cafile=None if isinstance(verify, bool) else str(verify))
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if cert is not None:
            chain, key = cert if isinstance(cert, tuple) else (cert, None)
            context.load_cert_chain(chain, key)
    except OSError as error:  # ssl.SSLError is one: a file that is no certificate
        raise UnreadableFile(cause=f"certificate: {error.strerror or error}") from error
    return context
