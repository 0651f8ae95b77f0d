"""Photos on their way in: streamed to a file while they are hashed, then put under the key of their content."""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from selvage_api.images.v1 import images_pb2
from services.kit.errors import EmptyFile, ObjectExists
from services.kit.store import ObjectStore

from .access.principal import Role, require
from .access.quotas import Quotas
from .db import Database
from .errors import UploadTooLarge
from .keys import original_key, valid_shop
from .records import uploads

MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
# Written to disk in pieces of about this size.
PIECE = 1 << 20


def plain_media_type(text: str) -> str:
    """`type/subtype` in lower case without parameters; "" for what is none."""
    plain = text.partition(";")[0].strip().lower()
    return plain if MEDIA_TYPE.fullmatch(plain) else ""


class Uploads:
    def __init__(self, database: Database, store: ObjectStore, limit: int, quotas: Quotas) -> None:
        self._database = database
        self._store = store
        self.limit = limit
        self._quotas = quotas

    async def receive(
        self, shop: str, chunks: AsyncIterator[bytes], media_type: str = ""
    ) -> tuple[images_pb2.ObjectRef, bool]:
        """(the stored photo, whether it is new). The same bytes again are the same object.

        Raises UploadTooLarge as soon as the limit is passed, EmptyFile, InvalidArgument for the shop, QuotaExceeded
        when it stores too much already, and what the store raises.
        """
        require(Role.SUBMIT, shop=shop)
        valid_shop(shop)
        async with self._database.transaction() as connection:
            await self._quotas.check_bytes(connection, shop)
        with tempfile.TemporaryDirectory(prefix="selvage-upload-") as folder:
            path = Path(folder) / "photo"
            digest, size = await self._receive(chunks, path)
            return await self.keep(shop, path, digest, size, media_type)

    async def keep(
        self, shop: str, path: Path, digest: str, size: int, media_type: str
    ) -> tuple[images_pb2.ObjectRef, bool]:
        """Puts a file under the key of its content; (the stored photo, whether it is new). Raises EmptyFile."""
        if not size:
            raise EmptyFile
        plain = plain_media_type(media_type) or UNKNOWN_MEDIA_TYPE
        key = original_key(shop, digest)
        try:
            await asyncio.to_thread(self._store.put_file, key, path, plain, only_new=True)
            new = True
        except ObjectExists:
            new = False
        photo = images_pb2.ObjectRef(key=key, sha256=digest, size_bytes=size, media_type=plain)
        async with self._database.transaction() as connection:
            await uploads.remember(connection, photo)
            photo = (await uploads.find(connection, [key]))[key]
        if not await asyncio.to_thread(self._store.exists, key):  # an expired one was swept away meanwhile
            await asyncio.to_thread(self._store.put_file, key, path, plain)
        return photo, new

    async def _receive(self, chunks: AsyncIterator[bytes], path: Path) -> tuple[str, int]:
        digest = hashlib.sha256()
        size = 0
        piece = bytearray()
        with await asyncio.to_thread(path.open, "wb") as file:

            def keep(data: bytes) -> None:
                digest.update(data)
                file.write(data)

            async for chunk in chunks:
                size += len(chunk)
                if size > self.limit:
                    raise UploadTooLarge(limit=self.limit)
                piece += chunk
                if len(piece) >= PIECE:
                    await asyncio.to_thread(keep, bytes(piece))
                    piece.clear()
            await asyncio.to_thread(keep, bytes(piece))
        return digest.hexdigest(), size
