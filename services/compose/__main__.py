"""`python -m services.compose`: the service as a process of its own."""

from __future__ import annotations

from services.compose.main import start
from services.kit.rpc import run_process

if __name__ == "__main__":
    run_process("compose", start)
