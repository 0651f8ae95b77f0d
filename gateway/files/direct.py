"""Uploads that go straight into the object store: an address, the client's PUT, then the finish."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from gateway import background
from gateway.access.principal import Role, current, require
from gateway.access.quotas import Quotas
from gateway.db import Database
from gateway.errors import UploadTooLarge
from gateway.ids import uuid7
from gateway.keys import valid_shop
from gateway.records import convert, pending, uploads
from gateway.uploads import Uploads, plain_media_type
from selvage_api.files.v1 import files_service_pb2 as pb
from selvage_api.images.v1 import images_pb2
from services.kit.errors import InvalidArgument, ObjectNotFound
from services.kit.store import ObjectStore, Presigning

from .errors import AddressesUnavailable, UploadExpired, UploadMissing, UploadNotFound
from .settings import FilesSettings

# Uploads forgotten in one transaction of the sweeper.
SWEPT = 100


def pending_key(shop: str, upload_id: UUID) -> str:
    """Where the client puts the photo; no content key, because nobody has read the bytes yet."""
    return f"{shop}/pending/{upload_id}"


class DirectUploads:
    def __init__(
        self, database: Database, store: ObjectStore, uploads: Uploads, quotas: Quotas, settings: FilesSettings
    ) -> None:
        self._database = database
        self._store = store
        self._uploads = uploads
        self._quotas = quotas
        self._settings = settings

    async def promise(self, request: pb.CreateUploadUrlRequest) -> pb.CreateUploadUrlResponse:
        """Raises AddressesUnavailable, QuotaExceeded, InvalidArgument."""
        require(Role.SUBMIT, shop=request.shop)
        valid_shop(request.shop)
        if request.media_type and not plain_media_type(request.media_type):
            raise InvalidArgument(field="media_type", problem="is no media type; use one such as image/jpeg")
        upload_id, seconds = uuid7(), self._settings.upload_seconds
        url = await asyncio.to_thread(signer(self._store).presign_put, pending_key(request.shop, upload_id), seconds)
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        async with self._database.transaction() as connection:
            await self._quotas.check_bytes(connection, request.shop)
            await pending.insert(connection, upload_id, request.shop, request.media_type, expires)
        return pb.CreateUploadUrlResponse(upload_id=str(upload_id), url=url, expire_time=convert.timestamp(expires))

    async def finish(self, request: pb.FinishUploadRequest) -> pb.FinishUploadResponse:
        """Twice is once, also at the same time. Raises UploadNotFound, UploadExpired, UploadMissing, UploadTooLarge,
        EmptyFile, QuotaExceeded."""
        require(Role.SUBMIT)
        upload_id = _uuid(request.upload_id)
        row, photo = await self._state(upload_id)
        if photo is None:
            if row["expired"]:
                raise UploadExpired(upload_id=upload_id, expired=f"{row['expires_at']:%Y-%m-%d %H:%M:%S %Z}")
            async with self._database.transaction() as connection:
                await self._quotas.check_bytes(connection, row["shop"])
            try:
                photo = await self._take(upload_id, row["shop"], row["media_type"])
            except ObjectNotFound:
                # Whoever finished it in the meantime has removed what lay there.
                _, photo = await self._state(upload_id)
                if photo is None:
                    raise UploadMissing(upload_id=upload_id) from None
        return pb.FinishUploadResponse(object=photo)

    async def sweep_forever(self) -> None:
        """Forgets uploads nobody finished and removes what lies at their addresses, until cancelled."""
        await background.forever(self._sweep_all, self._settings.sweep_seconds, "sweep_of_uploads_failed")

    async def _sweep_all(self) -> None:
        while await self.sweep() == SWEPT:
            pass

    async def sweep(self) -> int:
        """One transaction of it; how many were forgotten."""
        async with self._database.transaction() as connection:
            found = await pending.forgotten(connection, self._settings.remember_seconds, SWEPT)
            for upload_id, shop in found:
                await asyncio.to_thread(self._store.delete, pending_key(shop, upload_id))
            await pending.delete(connection, [upload_id for upload_id, _ in found])
        return len(found)

    async def _state(self, upload_id: UUID) -> tuple[dict[str, Any], images_pb2.ObjectRef | None]:
        """(the row, the photo if it is finished)."""
        async with self._database.transaction() as connection:
            row = await pending.get(connection, upload_id)
            if row is None or not current().sees(row["shop"]):
                raise UploadNotFound(upload_id=upload_id)
            return row, (await uploads.find(connection, [row["key"]])).get(row["key"]) if row["key"] else None

    async def _take(self, upload_id: UUID, shop: str, media_type: str) -> images_pb2.ObjectRef:
        """Reads the bytes, names them by their content and removes the pending object. Raises ObjectNotFound."""
        source = pending_key(shop, upload_id)
        stored = await asyncio.to_thread(self._store.stat, source)
        if stored.size > self._uploads.limit:
            await asyncio.to_thread(self._store.delete, source)
            raise UploadTooLarge(limit=self._uploads.limit)
        with tempfile.TemporaryDirectory(prefix="selvage-upload-") as folder:
            path = Path(folder) / "photo"
            await asyncio.to_thread(self._store.get_file, source, path)
            digest = await asyncio.to_thread(_digest, path)
            photo, _new = await self._uploads.keep(
                shop, path, digest, path.stat().st_size, media_type or stored.media_type
            )
        async with self._database.transaction() as connection:
            await pending.finish(connection, upload_id, photo.key)
        await asyncio.to_thread(self._store.delete, source)
        return photo


def signer(store: ObjectStore) -> Presigning:
    """Raises AddressesUnavailable."""
    if not isinstance(store, Presigning):
        raise AddressesUnavailable
    return store


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise (
            UploadNotFound(upload_id=text) if text else InvalidArgument(field="upload_id", problem="is required")
        ) from None
