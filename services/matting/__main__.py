"""`python -m services.matting`: the service as a process of its own."""

from __future__ import annotations

from services.kit.rpc import run_process
from services.matting.main import start

if __name__ == "__main__":
    run_process("matting", start)
