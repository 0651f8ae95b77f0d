"""`python -m services.segment`: the service as a process of its own."""

from __future__ import annotations

import asyncio
import sys

from services.kit import logs
from services.kit.errors import SelvageError
from services.kit.rpc import run_until_stopped
from services.segment.main import start

if __name__ == "__main__":
    try:
        logs.configure()
        asyncio.run(run_until_stopped(start))
    except SelvageError as error:
        sys.exit(error.message)
