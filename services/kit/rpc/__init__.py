"""gRPC between our services: serve, connect, errors that keep their row, CPU work off the loop."""

from __future__ import annotations

from services.kit.rpc.client import connect, pass_on
from services.kit.rpc.context import remaining
from services.kit.rpc.cpu import CpuPool, checkpoint, run_cpu, run_picture
from services.kit.rpc.interceptors import Around, Call
from services.kit.rpc.server import Server, run_process, run_until_stopped, serve, stop_asked
from services.kit.rpc.settings import CpuSettings, RpcSettings
from services.kit.rpc.status import from_rpc_error, to_status
from services.kit.rpc.tls import TlsSettings
from services.kit.rpc.traces import first_span
from services.kit.rpc.usage import metered, settled

__all__ = [
    "Around",
    "Call",
    "CpuPool",
    "CpuSettings",
    "RpcSettings",
    "Server",
    "TlsSettings",
    "checkpoint",
    "connect",
    "first_span",
    "from_rpc_error",
    "metered",
    "pass_on",
    "remaining",
    "run_cpu",
    "run_picture",
    "run_process",
    "run_until_stopped",
    "serve",
    "settled",
    "stop_asked",
    "to_status",
]
