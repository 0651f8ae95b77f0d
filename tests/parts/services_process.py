"""The small services of tests/parts/services.py as a process that can be killed.

`python -m tests.parts.services_process ADDRESS STORE_URL SECONDS`, SECONDS being what each call takes at least.
"""

from __future__ import annotations

import asyncio
import sys

from services.kit.store import StoreSettings, open_store
from tests.parts.services import Behaviour, services


async def main(address: str, store_url: str, seconds: float) -> None:
    behaviour = Behaviour(seconds=dict.fromkeys(("plate", "segment", "matte", "compose"), seconds))
    async with services(open_store(StoreSettings(url=store_url)), behaviour, address):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
