"""Name resolution of a test's Python process, as /etc/hosts would do it: TEST_RESOLVE is "name=address:port"."""

from __future__ import annotations

import os
import socket
from typing import Any

_name, _, _where = os.environ["TEST_RESOLVE"].partition("=")
_address, _, _port = _where.partition(":")
_system = socket.getaddrinfo


def _resolve(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
    return _system(_address, int(_port), *rest, **named) if host == _name else _system(host, port, *rest, **named)


socket.getaddrinfo = _resolve
