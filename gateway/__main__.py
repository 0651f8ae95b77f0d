"""`python -m gateway`; SELVAGE_GATEWAY_ROLE says whether it serves, works, or both."""

from __future__ import annotations

import asyncio
import sys

from services.kit import logs
from services.kit.errors import SelvageError

from .main import run

if __name__ == "__main__":
    logs.configure()
    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        sys.exit(130)
    except SelvageError as error:
        sys.exit(error.message)
