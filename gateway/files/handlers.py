"""What clients may ask about files: protos in, protos out. Used by gRPC and REST alike."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway import lookups
from gateway.access.principal import READ, Role, require
from gateway.db import Database
from gateway.errors import FileExpired, FileNotInImage, RangeNotSatisfiable
from gateway.ledger.downloads import Downloads
from gateway.records import convert
from gateway.uploads import Uploads
from selvage_api.files.v1 import files_service_pb2 as pb
from selvage_api.images.v1 import images_pb2
from services.kit.errors import InvalidArgument
from services.kit.store import ObjectStore, keys

from . import local
from .direct import DirectUploads, signer
from .settings import FilesSettings

ORIGINAL = "original"
LONGEST_CHUNK = 1 << 20


class Files:
    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        uploads: Uploads,
        direct: DirectUploads,
        settings: FilesSettings,
        downloads: Downloads,
    ) -> None:
        self._database = database
        self._settings = settings
        self.store = store
        self.uploads = uploads
        self.direct = direct
        self.downloads = downloads

    async def upload(self, requests: AsyncIterator[pb.UploadRequest]) -> pb.UploadResponse:
        """A header, then chunks. Raises InvalidArgument for any other order, and what `Uploads.receive` raises."""
        require(Role.SUBMIT)
        first = await anext(aiter(requests), pb.UploadRequest())
        if first.WhichOneof("part") != "header":
            raise InvalidArgument(field="header", problem="must be in the first message of the stream")
        stored, _new = await self.uploads.receive(first.header.shop, _chunks(requests), first.header.media_type)
        return pb.UploadResponse(object=stored)

    async def find(self, image_id: str, name: str) -> tuple[images_pb2.ObjectRef, str]:
        """(object, file name) of a file of an image.

        Raises ImageNotFound, FileNotInImage, FileExpired, InvalidArgument.
        """
        require(*READ)
        if not name:
            raise InvalidArgument(field="name", problem="is required; an image's files are listed in Image.files")
        async with self._database.transaction() as connection:
            image = await lookups.image(connection, lookups.image_uuid(image_id))
        expired = [file.name for file in image.files if file.expired] + [ORIGINAL] * image.original_expired
        if name in expired:
            raise FileExpired(image_id=image_id, name=name)
        if name == ORIGINAL:
            return image.original, Path(image.source_name).name or ORIGINAL
        for file in image.files:
            if file.name == name:
                return file.object, file.file_name
        names = ", ".join([ORIGINAL, *(file.name for file in image.files)])
        raise FileNotInImage(image_id=image_id, name=name, names=names)

    async def download_url(self, request: pb.CreateDownloadUrlRequest) -> pb.CreateDownloadUrlResponse:
        """Raises AddressesUnavailable beside what `find` raises."""
        found, file_name = await self.find(request.image_id, request.name)
        seconds = self._settings.download_seconds
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        signed = signer(self.store).presign_get
        url = await asyncio.to_thread(signed, found.key, seconds, file_name=header_safe(file_name))
        # Nobody tells us whether and how often it is used.
        self.downloads.note(request.image_id, found.size_bytes)
        return pb.CreateDownloadUrlResponse(url=url, expire_time=convert.timestamp(expires))

    async def download(self, request: pb.DownloadRequest) -> AsyncIterator[pb.DownloadResponse]:
        """Raises RangeNotSatisfiable, ObjectNotFound beside what `find` raises."""
        if request.offset < 0:
            raise InvalidArgument(field="offset", problem="must not be negative")
        found, _ = await self.find(request.image_id, request.name)
        if request.offset > found.size_bytes:
            raise RangeNotSatisfiable(range=f"from {request.offset}", size=found.size_bytes)
        if request.offset == found.size_bytes:  # a client that goes on and had it all
            yield pb.DownloadResponse(object=found)
            return
        async with local.fetched(self.store, found.key, request.offset) as path:
            yield pb.DownloadResponse(object=found)
            async for piece in self.downloads.counted(request.image_id, local.pieces(path)):
                yield pb.DownloadResponse(chunk=piece)


async def _chunks(requests: AsyncIterator[pb.UploadRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidArgument(field="header", problem="must be in the first message of the stream, and only there")
        if len(request.chunk) > LONGEST_CHUNK:
            raise InvalidArgument(field="chunk", problem=f"has more than {LONGEST_CHUNK} bytes; send smaller pieces")
        yield request.chunk


def header_safe(name: str) -> str:
    """The name as S3 may repeat it in a header and any system may store it; "" when nothing is left of it."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-150:].strip(".-")
    return f"_{safe}" if keys.DEVICES.fullmatch(safe) else safe
