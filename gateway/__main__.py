"""`python -m gateway`: SELVAGE_GATEWAY_ROLE says whether it serves, works, or both. `migrate` only migrates."""

from __future__ import annotations

import asyncio
import sys

from services.kit import logs, tracing
from services.kit.errors import SelvageError
from services.kit.settings import load

from .main import run
from .migrating import migrate
from .settings import GatewaySettings

if __name__ == "__main__":
    logs.configure()
    try:
        tracing.configure("gateway")
        if sys.argv[1:] == ["migrate"]:
            asyncio.run(migrate(load(GatewaySettings)))
        elif sys.argv[1:]:
            sys.exit(f"There is no command {' '.join(sys.argv[1:])}. Use: python -m gateway [migrate]")
        else:
            asyncio.run(run())
    except KeyboardInterrupt:
        sys.exit(130)
    except SelvageError as error:
        sys.exit(error.message)
    finally:
        tracing.close()
