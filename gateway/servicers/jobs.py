"""selvage_api.jobs.v1.JobsService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from gateway.jobs import Jobs
from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from selvage_api.jobs.v1 import jobs_service_pb2_grpc


class JobsServicer(jobs_service_pb2_grpc.JobsServiceServicer):
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def CreateJob(self, request: pb.CreateJobRequest, context: Any) -> pb.CreateJobResponse:
        made, _replayed = await self._jobs.create(request)
        return made

    async def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.GetJobResponse:
        return await self._jobs.get(request)

    async def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        return await self._jobs.list_jobs(request)

    async def CancelJob(self, request: pb.CancelJobRequest, context: Any) -> pb.CancelJobResponse:
        return await self._jobs.cancel(request)

    async def WatchJob(self, request: pb.WatchJobRequest, context: Any) -> AsyncIterator[pb.WatchJobResponse]:
        async for message in self._jobs.watch(request):
            yield message

    async def GetImage(self, request: pb.GetImageRequest, context: Any) -> pb.GetImageResponse:
        return await self._jobs.get_image(request)

    async def ListEvents(self, request: pb.ListEventsRequest, context: Any) -> pb.ListEventsResponse:
        return await self._jobs.list_events(request)

    async def ListImages(self, request: pb.ListImagesRequest, context: Any) -> pb.ListImagesResponse:
        return await self._jobs.list_images(request)

    async def RetryImages(self, request: pb.RetryImagesRequest, context: Any) -> pb.RetryImagesResponse:
        return await self._jobs.retry(request)
