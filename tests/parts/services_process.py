"""The small services of tests/parts/services.py as a process, which stops as ours do and can be killed.

`python -m tests.parts.services_process ADDRESS SECONDS`, SECONDS being what each call takes at least; the store is
that of SELVAGE_STORE_*.
"""

from __future__ import annotations

import sys

from services.kit import rpc
from services.kit.settings import load
from services.kit.store import StoreSettings, open_store
from tests.parts.services import Behaviour, serve


def main(address: str, seconds: float) -> None:
    behaviour = Behaviour(seconds=dict.fromkeys(("plate", "segment", "matte", "compose"), seconds))

    async def start() -> rpc.Server:
        return await serve(open_store(load(StoreSettings)), behaviour, address)

    rpc.run_process("services", start)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
