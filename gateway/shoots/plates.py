"""The plate a shoot's images share: made at the first image's plate stage, then frozen.

Whoever makes it holds the lock of the shoot's row; others wait and find it made. A worker that is killed loses
the lock and nothing else: the next one makes the same plate under the same content key.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from gateway import keys, policies
from gateway.db import Connection, Database
from gateway.records import convert, retention, shoots
from gateway.records.shoots import EMPTY_FRAME, NONE, PHOTOS, UNUSABLE, Frozen, Row
from gateway.services import Services
from selvage_api.images.v1 import images_pb2
from selvage_api.segment.v1 import segment_service_pb2
from services.kit import logs
from services.kit.errors import SelvageError
from services.kit.store import ObjectStore

from .choice import LEAST, choose

log = logs.get(__name__)

STAGE = "shoot"


@dataclass(frozen=True)
class Shared:
    """The plate of a shoot; without one `why_not` says why a photo's own serves."""

    version: int
    plate: images_pb2.ObjectRef | None = None
    why_not: str = ""


class Plates:
    def __init__(self, database: Database, services: Services, store: ObjectStore) -> None:
        self._database = database
        self._services = services
        self._store = store
        # Of many images of a shoot in one process one asks the database, so that one connection waits for the lock.
        self._asking: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def of(self, shop: str, name: str) -> Shared:
        """The frozen plate of a shoot, made now if it is not yet. Raises what the services and the store raise."""
        asking = self._asking.setdefault((shop, name), asyncio.Lock())
        async with asking:
            async with self._database.transaction() as connection:
                row = await shoots.get(connection, shop, name)
                found = _settled(row)
                photos = [] if found else await shoots.photos(connection, shop, name)
            if found:
                return found
            if not row["empty_frame"] and len(photos) < LEAST:
                return _too_few(row, len(photos))
            async with self._database.transaction() as connection:
                row = await shoots.get(connection, shop, name, lock=True)
                return _settled(row) or await self._make(connection, row)

    async def _make(self, connection: Connection, row: Row) -> Shared:
        """Freezes the plate, or that there can be none."""
        shop, name = row["shop"], row["name"]
        if row["empty_frame"]:
            source, chosen = EMPTY_FRAME, [convert.object_ref(row["empty_frame"])]
        else:
            photos = await shoots.photos(connection, shop, name)
            source, chosen = PHOTOS, await choose(self._store, photos)
            if len(chosen) < LEAST:
                # Few photos may still become more; of many it is known that they do not fit together.
                if len(photos) < 2 * LEAST:
                    return _too_few(row, len(chosen))
                why = f"only {len(chosen)} of the photos looked at are readable and of one size"
                return await self._freeze(connection, row, Frozen(UNUSABLE, None, len(chosen), why, {}))
        return await self._freeze(connection, row, await self._estimate(row, source, chosen))

    async def _estimate(self, row: Row, source: str, chosen: Sequence[images_pb2.ObjectRef]) -> Frozen:
        described = await self._services.describe_segment()
        inputs = {f"photo-{number}": photo.sha256 for number, photo in enumerate(chosen)}
        identity = hashlib.sha256(row["name"].encode()).hexdigest()
        prefix = keys.stage_key(row["shop"], identity, STAGE, described.fingerprint, {"source": source}, inputs)
        request = segment_service_pb2.EstimatePlateRequest(
            photos=chosen, output_prefix=prefix, empty_frame=source == EMPTY_FRAME
        )
        try:
            answer = await self._services.call("segment", self._services.segment.EstimatePlate, request)
        except SelvageError as error:
            if policies.transient(error):
                raise
            return Frozen(UNUSABLE, None, len(chosen), error.message, {})
        numbers = convert.to_json(answer.numbers)
        if not answer.numbers.usable:
            return Frozen(UNUSABLE, None, len(chosen), answer.numbers.detail, numbers)
        good = f"explains {answer.numbers.inlier_share:.0%} of the background, residual {answer.numbers.residual:.4f}"
        return Frozen(source, answer.plate, len(chosen), good, numbers)

    async def _freeze(self, connection: Connection, row: Row, frozen: Frozen) -> Shared:
        await shoots.freeze(connection, row["shop"], row["name"], frozen)
        if frozen.plate is not None:
            await retention.count(connection, row["shop"], frozen.plate.size_bytes)
        log.info("shoot_frozen", shop=row["shop"], source=frozen.source, photos=frozen.photos, detail=frozen.detail)
        return Shared(row["version"], frozen.plate, "" if frozen.plate else _unusable(frozen.detail))


def _settled(row: Row) -> Shared | None:
    """None while it is still to be made."""
    if row["source"] == NONE:
        return None
    if row["source"] == UNUSABLE:
        return Shared(row["version"], None, _unusable(row["detail"]))
    return Shared(row["version"], convert.object_ref(row["plate"]))


def _too_few(row: Row, count: int) -> Shared:
    return Shared(row["version"], None, f"the shoot has {count} usable photo(s) and no empty frame; {LEAST} are needed")


def _unusable(detail: str) -> str:
    return f"the shoot's plate is of no use: {detail}"
