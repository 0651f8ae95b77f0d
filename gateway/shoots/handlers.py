"""What clients may ask about shoots: protos in, protos out. Used by gRPC and REST alike."""

from __future__ import annotations

import asyncio

from gateway import keys, paging
from gateway.access.principal import READ, Role, current, require
from gateway.db import Connection, Database
from gateway.errors import FieldsInvalid, ObjectsMissing
from gateway.intake import TEXT_LENGTH
from gateway.records import photos, shoots, uploads
from gateway.records.shoots import NONE, UNUSABLE
from selvage_api.images.v1 import images_pb2
from selvage_api.shoots.v1 import shoots_service_pb2 as pb
from services.kit.store import ObjectStore

from .errors import ShootFrozen, ShootNotFound


class Shoots:
    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def get(self, request: pb.GetShootRequest) -> pb.GetShootResponse:
        """Raises ShootNotFound, also for a shoot of a shop the caller is not for."""
        caller = require(*READ)
        _check(request.shop, request.name)
        async with self._database.transaction() as connection:
            found = await shoots.message(connection, request.shop, request.name)
        if found is None or not caller.sees(request.shop):
            raise ShootNotFound(shop=request.shop, name=request.name)
        return pb.GetShootResponse(shoot=found)

    async def list_shoots(self, request: pb.ListShootsRequest) -> pb.ListShootsResponse:
        """In order of shop and name. Without a shop: those of every shop the caller is for."""
        shop = request.shop or current().shop
        require(*READ, shop=shop or None)
        if shop:
            keys.valid_shop(shop)
        size = paging.page_size(request.page_size)
        after = paging.text(request.page_token, "shoots", shop) or "/"
        async with self._database.transaction() as connection:
            found = await shoots.page(connection, shop, (after.partition("/")[0], after.partition("/")[2]), size + 1)
        more = ""
        if len(found) > size:  # a shop's name has no '/'
            more = paging.token(f"{found[size - 1].shop}/{found[size - 1].name}", "shoots", shop)
        return pb.ListShootsResponse(shoots=found[:size], next_page_token=more)

    async def set_empty_frame(self, request: pb.SetEmptyFrameRequest) -> pb.SetEmptyFrameResponse:
        """The same frame again changes nothing. Raises FieldsInvalid, ObjectsMissing, ShootFrozen."""
        require(Role.SUBMIT, shop=request.shop)
        _check(request.shop, request.name)
        digest = keys.original_digest(request.original_key, request.shop)
        if digest is None:
            raise FieldsInvalid.of([("original_key", f"is no key of an upload of shop {request.shop!r}")])
        async with self._database.transaction() as connection:
            frame = await self._hold(connection, request.original_key)
            await shoots.remember(connection, request.shop, [request.name])
            row = await shoots.get(connection, request.shop, request.name, lock=True)
            if (row["empty_frame"] or {}).get("key") != frame.key:
                if row["source"] not in (NONE, UNUSABLE):
                    raise ShootFrozen(name=request.name)
                await shoots.set_empty_frame(connection, request.shop, request.name, frame)
            found = await shoots.message(connection, request.shop, request.name)
        return pb.SetEmptyFrameResponse(shoot=found)

    async def _hold(self, connection: Connection, key: str) -> images_pb2.ObjectRef:
        """The uploaded photo, which the sweeper of expired objects then leaves alone."""
        frame = (await uploads.find(connection, [key])).get(key)
        missing = frame is None
        if frame is not None and await photos.hold(connection, [frame]):
            missing = not await asyncio.to_thread(self._store.exists, key)
        if frame is None or missing:
            raise ObjectsMissing.of([("original_key", "is not in the store")])
        return frame


def _check(shop: str, name: str) -> None:
    keys.valid_shop(shop)
    problem = "is required" if not name else "has more than 400 characters" if len(name) > TEXT_LENGTH else ""
    if problem:
        raise FieldsInvalid.of([("name", problem)])
