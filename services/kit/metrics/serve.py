"""/metrics of a process that serves nothing else over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from services.kit import logs
from services.kit.errors import AddressInUse
from services.kit.settings import Settings, prefix
from services.kit.version import version

from .catalogue import BUILD
from .registry import REGISTRY

log = logs.get(__name__)


class MetricsSettings(Settings):
    """Where a service that runs as a process of its own is scraped."""

    model_config = prefix("SELVAGE_METRICS_")

    address: str = ""
    """host:port a service's /metrics is served at, to everybody who reaches it. Empty: nowhere. The gateway has its
    own beside REST."""


@contextmanager
def served(address: str) -> Iterator[str]:
    """Serves from a thread; host:port with the real port, '' for nowhere. Raises AddressInUse."""
    if not address:
        yield ""
        return
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), REGISTRY)
    except (OSError, ValueError) as error:
        raise AddressInUse(address=address, cause=str(error)) from error
    try:
        bound = f"{host}:{server.server_port}"
        log.info("metrics_served", address=bound)
        yield bound
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def say_build(component: str) -> None:
    """Sets selvage_build_info of this process."""
    BUILD.labels(version(), component).set(1)
