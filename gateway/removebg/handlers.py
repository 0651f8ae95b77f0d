"""Account and improve: what they answer, as plain JSON values."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from gateway.access.principal import READ, Role, require
from gateway.access.quotas import Quotas
from gateway.cutouts.maker import Photo
from gateway.db import Database
from gateway.ids import uuid7
from gateway.records import improvements, quotas
from gateway.uploads import UNKNOWN_MEDIA_TYPE, plain_media_type
from selvage_api.images.v1 import images_pb2
from services.kit.store import ObjectStore

from .errors import ParameterRefused

# Said where a shop has no limit: clients want a number, and stop at 0.
PLENTY = 1_000_000
LONGEST_TAG = LONGEST_NAME = 200


class RemoveBg:
    def __init__(self, database: Database, store: ObjectStore, limits: Quotas) -> None:
        self._database = database
        self._store = store
        self._limits = limits

    async def account(self, shop: str) -> dict[str, Any]:
        """One credit is one image: what the quota of the month has left."""
        require(*READ, shop=shop)
        async with self._database.transaction() as connection:
            monthly = (await self._limits.limits(connection, shop)).images_per_month
            used = await quotas.images_this_month(connection, shop)
        left = PLENTY if monthly < 0 else max(monthly - used, 0)
        credits = {"total": left, "subscription": left, "payg": 0, "enterprise": 0}
        return {"data": {"attributes": {"credits": credits, "api": {"free_calls": left, "sizes": "all"}}}}

    async def improve(self, shop: str, photo: Photo, filename: str, tag: str) -> dict[str, Any]:
        """Keeps a photo for fine-tuning, apart from those that expire. The same one again has the same id."""
        require(Role.SUBMIT, shop=shop)
        if len(tag) > LONGEST_TAG:
            raise ParameterRefused.of("invalid_tag", "Invalid tag given", f"It has more than {LONGEST_TAG} letters")
        digest = hashlib.sha256(photo.data).hexdigest()
        async with self._database.transaction() as connection:
            await self._limits.check_bytes(connection, shop)
        stored = await asyncio.to_thread(
            self._store.put,
            f"{shop}/improvements/{digest}",
            photo.data,
            plain_media_type(photo.media_type) or UNKNOWN_MEDIA_TYPE,
        )
        reference = images_pb2.ObjectRef(
            key=stored.key, sha256=stored.sha256, size_bytes=stored.size, media_type=stored.media_type
        )
        name = (filename or photo.name).replace("\0", "")[-LONGEST_NAME:]
        async with self._database.transaction() as connection:
            kept = await improvements.add(connection, uuid7(), shop, reference, name, tag.replace("\0", ""))
        return {"id": str(kept)}
