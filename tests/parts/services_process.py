"""The small services of tests/parts/services.py as a process that can be killed.

`python -m tests.parts.services_process ADDRESS SECONDS`, SECONDS being what each call takes at least; the store is
that of SELVAGE_STORE_*.
"""

from __future__ import annotations

import asyncio
import sys

from services.kit.settings import load
from services.kit.store import StoreSettings, open_store
from tests.parts.services import Behaviour, services


async def main(address: str, seconds: float) -> None:
    behaviour = Behaviour(seconds=dict.fromkeys(("plate", "segment", "matte", "compose"), seconds))
    async with services(open_store(load(StoreSettings)), behaviour, address):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
