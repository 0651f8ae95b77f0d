"""TLS of servers and of calls, from `SELVAGE_TLS_*`. Certificates that change on disk serve the next connection."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import grpc
from pydantic import model_validator

from services.kit import logs
from services.kit.errors import TlsFilesUnusable
from services.kit.settings import Settings, prefix

log = logs.get(__name__)


class TlsSettings(Settings):
    """TLS of what a process serves (gRPC, and the gateway's REST) and of the calls it makes to the services."""

    model_config = prefix("SELVAGE_TLS_")

    certificate: Path | None = None
    """PEM file: the certificate of this server and those between it and its root. With it, TLS is served and nothing
    else."""

    key: Path | None = None
    """PEM file: the key of the certificate, without a password."""

    client_ca: Path | None = None
    """PEM file: with it only callers whose certificate one of these has signed get in (mutual TLS)."""

    ca: Path | None = None
    """PEM file: roots of the certificates of the services. With it, they are called over TLS."""

    client_certificate: Path | None = None
    """PEM file: the certificate this process shows to the services it calls."""

    client_key: Path | None = None
    """PEM file: the key of the client certificate."""

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("set both CERTIFICATE and KEY, or neither")
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("set both CLIENT_CERTIFICATE and CLIENT_KEY, or neither")
        if self.client_ca and not self.certificate:
            raise ValueError("CLIENT_CA needs CERTIFICATE and KEY")
        if self.client_certificate and not self.ca:
            raise ValueError("CLIENT_CERTIFICATE needs CA")
        return self

    @classmethod
    def plain(cls) -> TlsSettings:
        """No TLS, whatever the environment says: between parts of one process."""
        return cls.model_construct()

    def serving(self) -> TlsSettings:
        """The same for serving, and calls without TLS."""
        return self.model_copy(update={"ca": None, "client_certificate": None, "client_key": None})


@dataclass(frozen=True)
class _Pair:
    certificate: bytes
    key: bytes


class _Files:
    """A server's certificate and key. What is half written or does not fit together is not taken."""

    def __init__(self, settings: TlsSettings) -> None:
        assert settings.certificate and settings.key
        self._paths = (settings.certificate, settings.key)
        self._lock = threading.Lock()
        self._stamp = self._now()
        self.pair = self._read()

    def changed(self) -> bool:
        """Whether `pair` is another one than at the last call. Called for every connection: two look-ups of a file."""
        with self._lock:
            try:
                stamp = self._now()
                if stamp == self._stamp:
                    return False
                self._stamp = stamp
                self.pair = self._read()
            except TlsFilesUnusable as error:
                log.warning("certificate_not_taken", problem=error.message)
                return False
        log.info("certificate_taken", certificate=str(self._paths[0]))
        return True

    def _now(self) -> tuple[tuple[int, int], ...]:
        try:
            found = [path.stat() for path in self._paths]
        except OSError as cause:
            raise self._unusable(cause) from cause
        return tuple((each.st_mtime_ns, each.st_ino) for each in found)

    def _read(self) -> _Pair:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*self._paths, password=_no_password)
            return _Pair(*(path.read_bytes() for path in self._paths))
        except (OSError, ValueError) as cause:  # ssl.SSLError is an OSError
            raise self._unusable(cause) from cause

    def _unusable(self, cause: Exception) -> TlsFilesUnusable:
        return TlsFilesUnusable(files=", ".join(map(str, self._paths)), cause=cause)


def server_credentials(settings: TlsSettings) -> grpc.ServerCredentials:
    """For a gRPC server. Raises TlsFilesUnusable."""
    files = _Files(settings)
    roots = _read(settings.client_ca)

    def configuration() -> grpc.ServerCertificateConfiguration:
        pair = files.pair
        return grpc.ssl_server_certificate_configuration([(pair.key, pair.certificate)], roots)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        return configuration() if files.changed() else None

    # None keeps the present one, which the types do not know.
    return grpc.dynamic_ssl_server_credentials(configuration(), fetch, roots is not None)  # type: ignore[arg-type]


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """For an HTTP server. Raises TlsFilesUnusable."""
    files = _Files(settings)
    present = _context(settings)

    def choose(connection: ssl.SSLObject, _name: str | None, _asked: ssl.SSLContext) -> None:
        nonlocal present
        if files.changed():
            present = _context(settings)
        connection.context = present

    asked = _context(settings)
    asked.sni_callback = choose  # called with or without a server name
    return asked


def channel_credentials(settings: TlsSettings) -> grpc.ChannelCredentials:
    """For calls; `settings.ca` must be set. Raises TlsFilesUnusable."""
    return grpc.ssl_channel_credentials(
        _read(settings.ca), _read(settings.client_key), _read(settings.client_certificate)
    )


def _context(settings: TlsSettings) -> ssl.SSLContext:
    assert settings.certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
        if settings.client_ca:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as cause:
        raise TlsFilesUnusable(files=f"{settings.certificate}, {settings.key}", cause=cause) from cause
    return context


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as cause:
        raise TlsFilesUnusable(files=path, cause=cause) from cause


def _no_password() -> str:
    """Instead of a question on the terminal."""
    raise ValueError("the key has a password")
