"""selvage_api.files.v1.FilesService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from gateway.files.handlers import Files
from selvage_api.files.v1 import files_service_pb2 as pb
from selvage_api.files.v1 import files_service_pb2_grpc


class FilesServicer(files_service_pb2_grpc.FilesServiceServicer):
    def __init__(self, files: Files) -> None:
        self._files = files

    async def Upload(self, request_iterator: AsyncIterator[pb.UploadRequest], context: Any) -> pb.UploadResponse:
        return await self._files.upload(request_iterator)

    async def CreateUploadUrl(self, request: pb.CreateUploadUrlRequest, context: Any) -> pb.CreateUploadUrlResponse:
        return await self._files.direct.promise(request)

    async def FinishUpload(self, request: pb.FinishUploadRequest, context: Any) -> pb.FinishUploadResponse:
        return await self._files.direct.finish(request)

    async def CreateDownloadUrl(
        self, request: pb.CreateDownloadUrlRequest, context: Any
    ) -> pb.CreateDownloadUrlResponse:
        return await self._files.download_url(request)

    async def Download(self, request: pb.DownloadRequest, context: Any) -> AsyncIterator[pb.DownloadResponse]:
        async for message in self._files.download(request):
            yield message
