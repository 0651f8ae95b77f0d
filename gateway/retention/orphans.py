"""Objects no row refers to, such as those of a stage that was killed before it could record them.

Only what lies where photos and shoots have their objects ("<shop>/<sha256>/...") is looked at. The store does not say
how old an object is, so an orphan is noted when it is first seen and deleted when it is still one days later.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

from gateway import keys
from gateway.db import Connection, Database
from gateway.records import expiry, orphans
from services.kit import logs
from services.kit.store import ObjectStore

from . import kinds
from .sweeper import NOT_ENDED

log = logs.get(__name__)

# Photos between two looks whether the loop should go on.
GROUPS = 200


class Orphans:
    def __init__(self, database: Database, store: ObjectStore, seconds: float) -> None:
        """seconds: how long an object must have been one."""
        self._database = database
        self._store = store
        self._seconds = seconds

    async def sweep(self) -> int:
        """One walk over the whole store; how many were deleted."""
        async with self._database.transaction() as connection:
            began = await orphans.now(connection)
        groups, deleted = self._groups(), 0
        while batch := await asyncio.to_thread(list, itertools.islice(groups, GROUPS)):
            for (shop, digest), found in batch:
                deleted += await self._group(shop, digest, found)
        async with self._database.transaction() as connection:
            await orphans.forget(connection, began)
        if deleted:
            log.info("orphans_deleted", objects=deleted)
        return deleted

    def _groups(self) -> Iterator[tuple[tuple[str, str], list[str]]]:
        """Keys by (shop, SHA-256). The store lists in order, so a group comes in one piece."""
        ours = (
            (parts, each.key)
            for each in self._store.list("")
            if len(parts := each.key.split("/")) > 3
            and keys.SHOP.fullmatch(parts[0])
            and keys.SHA256.fullmatch(parts[1])
        )
        for group, entries in itertools.groupby(ours, key=lambda entry: (entry[0][0], entry[0][1])):
            yield group, [key for _, key in entries]

    async def _group(self, shop: str, digest: str, found: list[str]) -> int:
        original = keys.original_key(shop, digest)
        async with self._database.transaction() as connection:
            nobodys = await orphans.reserve(connection, original)
            lost = await self._lost(connection, shop, original, found, nobodys=nobodys)
            old = await orphans.seen(connection, lost, self._seconds) if lost else set[str]()
            for key in old:
                await asyncio.to_thread(self._store.delete, key)
            if nobodys:
                await expiry.forget_photo(connection, original)
        return len(old)

    async def _lost(
        self, connection: Connection, shop: str, original: str, found: list[str], *, nobodys: bool
    ) -> list[str]:
        """Those nobody refers to, with everybody kept out who may begin to."""
        if nobodys:
            plates = await orphans.plates(connection, shop)
            # Rows from before photos had rows of their own have one by now; images without one are none of ours.
            return [] if await expiry.images(connection, original) else [key for key in found if key not in plates]
        photo = await expiry.lock(connection, original)
        images = await expiry.images(connection, original)
        if photo is None or photo["sweeping"] or any(image["state"] in NOT_ENDED for image in images):
            return []
        live = kinds.live(kinds.references(images, NOT_ENDED), [original])
        return [key for key in found if not live.has(key)]
