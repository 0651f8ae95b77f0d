"""Deletes what has expired, one photo at a time, in two transactions.

The first tells the rows: images note what has expired, results that are to go are claimed by nobody any more. The
second deletes the objects, after it has looked again. Both hold the photo and its images, so what refers to it in
between is seen. A crash at any point leaves a photo marked as half swept; the next round goes on with it
(docs/adr/0018-retention.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from gateway import words
from gateway.db import Connection, Database, only_one
from gateway.records import expiry, orphans, retention
from services.kit import logs
from services.kit.errors import SelvageError
from services.kit.store import ObjectStore, StoredObject

from . import kinds
from .kinds import KINDS, ORIGINALS
from .settings import RetentionSettings

log = logs.get(__name__)

# Any number, the same in every process: one at a time sweeps.
SWEEP_LOCK = 0x5E17A70
BATCH = 100
# A person or a worker still has to do with images in these.
NOT_ENDED = (*words.OPEN, words.NEEDS_REVIEW, words.IN_EDIT)


@dataclass(frozen=True)
class _Held:
    """A photo and its images, both locked, and its objects that somebody refers to."""

    photo: dict[str, Any]
    images: list[dict[str, Any]]
    live: kinds.Live


class Sweeper:
    def __init__(self, database: Database, store: ObjectStore, settings: RetentionSettings) -> None:
        self._database = database
        self._store = store
        self._settings = settings

    async def sweep(self) -> int:
        """One round over everything that is due; how many photos lost something. 0 when another process is at it."""
        return await self.alone(self._round)

    async def alone(self, work: Callable[[], Awaitable[int]]) -> int:
        """Does the work unless another process sweeps."""
        async with self._database.transaction() as guard:
            return await work() if await only_one(guard, SWEEP_LOCK) else 0

    async def _round(self) -> int:
        swept = 0
        async with self._database.transaction() as connection:
            began = await orphans.now(connection)
        while True:
            async with self._database.transaction() as connection:
                again = self._settings.look_again_seconds
                found = await expiry.due(connection, self._settings.shortest(), again, began, BATCH)
            for key in found:
                swept += await self._photo(key)
            if len(found) < BATCH:
                return swept

    async def _photo(self, key: str) -> bool:
        """Whether the photo lost something. One whose objects the store does not give away is left for later."""
        try:
            return await self.tell(key) and await self.delete(key)
        except SelvageError as error:
            log.warning("sweep_of_photo_failed", reason=error.reason, cause=error.message)
            async with self._database.transaction() as connection:
                await connection.execute("UPDATE photos SET checked_at = now() WHERE key = %s", [key])
            return False

    async def tell(self, key: str) -> bool:
        """The first transaction; whether objects are to go."""
        shop = key.partition("/")[0]
        async with self._database.transaction() as connection:
            held = await self._hold(connection, key)
            if held is None:
                return False
            fresh = {image["image_id"]: self._newly(shop, held.photo, image) for image in held.images}
            for image in held.images:
                if fresh[image["image_id"]]:
                    image["expired"] = [*image["expired"], *fresh[image["image_id"]]]
                    await expiry.expire(
                        connection, image["job_id"], image["image_id"], image["expired"], fresh[image["image_id"]]
                    )
            leaves = self._leaves(shop, held)
            if leaves:
                await expiry.forget_upload(connection, key)
            to_go = leaves or any(fresh.values()) or held.photo["sweeping"]
            if to_go:
                held.photo["gone"] = held.photo["gone"] or leaves
                found = await asyncio.to_thread(list, self._store.list(_prefix(key)))
                await _forget_results(connection, held.images, _live(held.photo, held.images), found)
            await expiry.looked_at(connection, key, sweeping=to_go)
            return bool(to_go)

    async def delete(self, key: str) -> bool:
        """The second transaction; whether it could be done."""
        async with self._database.transaction() as connection:
            held = await self._hold(connection, key)
            if held is None or not held.photo["sweeping"]:
                return False

            def work() -> int:
                dead = [found for found in self._store.list(_prefix(key)) if not held.live.has(found.key)]
                for found in dead:
                    self._store.delete(found.key)
                return sum(found.size for found in dead)

            await retention.count(connection, key.partition("/")[0], -await asyncio.to_thread(work))
            await expiry.looked_at(connection, key, sweeping=False)
            if held.photo["gone"] and not held.images:
                await expiry.forget_photo(connection, key)
        return True

    async def _hold(self, connection: Connection, key: str) -> _Held | None:
        """None when somebody is at work on the photo: then all of it stays as it is."""
        photo = await expiry.lock(connection, key)
        if photo is None:
            return None
        images = await expiry.images(connection, key)
        if any(image["state"] in NOT_ENDED for image in images):
            await expiry.looked_at(connection, key, sweeping=photo["sweeping"])
            return None
        return _Held(photo, images, _live(photo, images))

    def _newly(self, shop: str, photo: dict[str, Any], image: dict[str, Any]) -> list[str]:
        """A photo that is posted again keeps everything: the days count from its last use."""
        unused = min(image["age"], photo["unused"])
        return [
            kind for kind in KINDS if kind not in image["expired"] and 0 < self._settings.seconds(shop, kind) < unused
        ]

    def _leaves(self, shop: str, held: _Held) -> bool:
        """Whether the original goes: nobody has used it for long, and no image or shoot refers to it."""
        photo = held.photo
        return (
            not photo["gone"]
            and not photo["framed"]
            and 0 < self._settings.seconds(shop, ORIGINALS) < photo["unused"]
            and all(ORIGINALS in image["expired"] for image in held.images)
        )


def _prefix(key: str) -> str:
    shop, digest, *_ = key.split("/")
    return f"{shop}/{digest}/"


def _live(photo: dict[str, Any], images: Iterable[dict[str, Any]]) -> kinds.Live:
    return kinds.live(kinds.references(images, NOT_ENDED), [] if photo["gone"] else [photo["key"]])


async def _forget_results(
    connection: Connection, images: Iterable[dict[str, Any]], live: kinds.Live, found: Iterable[StoredObject]
) -> None:
    """Takes back the claim that stages have results of which something is to go."""
    known = {stage["key"] for image in images for stage in image["passed"]}
    known |= {each.key.rpartition("/")[0] for each in found}  # what was drawn on request, too
    rows = await expiry.results(connection, known)
    going = [row["key"] for row in rows if any(not live.has(each["key"]) for each in row["outputs"].values())]
    await expiry.forget_results(connection, going)
