"""The routes: each reads its request, calls a handler and writes the answer."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway import words
from gateway.access.errors import QuotaExceeded
from gateway.access.principal import Role
from gateway.errors import (
    EtagMismatch,
    EtagRequired,
    ImageExpired,
    ImageNotFound,
    JobCancelled,
    JobNotFound,
    NoImageUsable,
    NotDecidable,
    ObjectsMissing,
    QueueFull,
    RequestIdReused,
)
from gateway.jobs import Jobs
from gateway.review import Review
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import InvalidArgument

from . import bodies, events
from .operation import Operation, Parameter, Raw


@dataclass(frozen=True)
class Routes:
    jobs: Jobs
    review: Review

    def table(self) -> list[Operation]:
        submit, read, review = (Role.SUBMIT,), (Role.SUBMIT, Role.REVIEW), (Role.REVIEW,)
        shop = Parameter("shop", "The shop; empty for all.")
        pages = (Parameter("page_size", "0 means 50, at most 1000.", "integer"), Parameter("page_token", "Opaque."))
        mask = Parameter("read_mask", "Fields to answer, with commas between; the others have default values.")
        held = Parameter("If-None-Match", "The ETag of what the client has.", header=True)
        return [
            Operation(
                "createJob", "POST", "/v1/jobs", self.create_job, "Submit photos", body=pb.CreateJobRequest,
                answer=pb.CreateJobResponse, status=201, also=(200,), roles=submit,
                errors=(ObjectsMissing, NoImageUsable, RequestIdReused, QuotaExceeded, QueueFull),
                parameters=(Parameter("Idempotency-Key", "The same key again answers the same job.", header=True),),
            ),
            Operation(
                "listJobs", "GET", "/v1/jobs", self.list_jobs, "Jobs, newest first", answer=pb.ListJobsResponse,
                parameters=(shop, *pages, mask), roles=read,
            ),
            Operation(
                "cancelJob", "POST", "/v1/jobs/{job_id}:cancel", self.cancel_job, "Stop a job",
                answer=pb.CancelJobResponse, roles=submit, errors=(JobNotFound,),
            ),
            Operation(
                "retryImages", "POST", "/v1/jobs/{job_id}:retry", self.retry_images, "Set ended images to work again",
                body=pb.RetryImagesRequest, without=("job_id",), answer=pb.RetryImagesResponse, roles=read,
                errors=(JobNotFound, ImageNotFound, JobCancelled),
            ),
            Operation(
                "getJob", "GET", "/v1/jobs/{job_id}", self.get_job, "A job", answer=pb.GetJobResponse, roles=read,
                also=(304,), errors=(JobNotFound,), parameters=(mask, held),
            ),
            Operation(
                "listImages", "GET", "/v1/jobs/{job_id}/images", self.list_images, "Images of a job",
                answer=pb.ListImagesResponse, roles=read, errors=(JobNotFound,),
                parameters=(*pages, mask, Parameter("states", "Only these; empty for all.", "array")),
            ),
            Operation(
                "listEvents", "GET", "/v1/jobs/{job_id}/audit", self.list_events, "What happened, oldest first",
                answer=pb.ListEventsResponse, roles=read, errors=(JobNotFound, ImageNotFound),
                parameters=(*pages, Parameter("image_id", "Only of this image; empty for all.")),
            ),
            Operation(
                "watchJob", "GET", "/v1/jobs/{job_id}/events", self.watch_job, "Progress as server-sent events",
                answer=Raw(("text/event-stream",)), roles=read, errors=(JobNotFound,),
            ),
            Operation(
                "decide", "POST", "/v1/images/{image_id}:decide", self.decide, "Record a decision",
                body=review_service_pb2.DecideRequest, without=("image_id",), answer=review_service_pb2.DecideResponse,
                parameters=(Parameter("If-Match", "The etag of the image as it was read.", header=True),),
                roles=review, tag="review",
                errors=(ImageNotFound, EtagMismatch, EtagRequired, NotDecidable, ImageExpired),
            ),
            Operation(
                "listDecisions", "GET", "/v1/images/{image_id}/decisions", self.list_decisions,
                "What machines and people decided, oldest first", answer=review_service_pb2.ListDecisionsResponse,
                roles=read, errors=(ImageNotFound,), tag="review",
            ),
            Operation(
                "getImage", "GET", "/v1/images/{image_id}", self.get_image, "An image", answer=pb.GetImageResponse,
                also=(304,), parameters=(mask, held), roles=read, errors=(ImageNotFound,), tag="images",
            ),
        ]  # fmt: skip

    async def create_job(self, request: Request) -> Response:
        message = await bodies.read(request, pb.CreateJobRequest())
        key = bodies.unquoted(request.headers.get("idempotency-key", ""))
        if key and message.request_id not in ("", key):
            raise InvalidArgument(field="request_id", problem="differs from the Idempotency-Key; send one")
        message.request_id = key or message.request_id
        made, replayed = await self.jobs.create(message)
        if message.validate_only:
            return bodies.answer(made)
        headers = {"Location": f"/v1/jobs/{made.job.job_id}"}
        if replayed:
            headers["Idempotent_Replayed"] = "true"
        return bodies.answer(made, 201, **headers)

    async def list_jobs(self, request: Request) -> Response:
        query = request.query_params
        message = pb.ListJobsRequest(
            shop=query.get("shop", ""),
            page_size=bodies.integer(request, "page_size"),
            page_token=query.get("page_token", ""),
            read_mask=bodies.mask(request),
        )
        return bodies.answer(await self.jobs.list_jobs(message))

    async def get_job(self, request: Request) -> Response:
        message = pb.GetJobRequest(job_id=request.path_params["job_id"], read_mask=bodies.mask(request))
        return bodies.tagged(request, await self.jobs.get(message))

    async def cancel_job(self, request: Request) -> Response:
        return bodies.answer(await self.jobs.cancel(pb.CancelJobRequest(job_id=request.path_params["job_id"])))

    async def retry_images(self, request: Request) -> Response:
        message = await bodies.read(request, pb.RetryImagesRequest())
        job_id = request.path_params["job_id"]
        if message.job_id not in ("", job_id):
            raise InvalidArgument(field="job_id", problem="differs from the one in the path; leave it out")
        message.job_id = job_id
        return bodies.answer(await self.jobs.retry(message))

    async def list_images(self, request: Request) -> Response:
        message = pb.ListImagesRequest(
            job_id=request.path_params["job_id"],
            page_size=bodies.integer(request, "page_size"),
            page_token=request.query_params.get("page_token", ""),
            read_mask=bodies.mask(request),
            states=[_state(state) for state in request.query_params.getlist("states")],
        )
        return bodies.answer(await self.jobs.list_images(message))

    async def list_events(self, request: Request) -> Response:
        message = pb.ListEventsRequest(
            job_id=request.path_params["job_id"],
            page_size=bodies.integer(request, "page_size"),
            page_token=request.query_params.get("page_token", ""),
            image_id=request.query_params.get("image_id", ""),
        )
        return bodies.answer(await self.jobs.list_events(message))

    async def watch_job(self, request: Request) -> Response:
        watch = self.jobs.watch(pb.WatchJobRequest(job_id=request.path_params["job_id"]))
        first = await anext(watch)  # an unknown job is told by the status, which a stream could not take back
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events.lines(first, watch), 200, headers, "text/event-stream")

    async def get_image(self, request: Request) -> Response:
        message = pb.GetImageRequest(image_id=request.path_params["image_id"], read_mask=bodies.mask(request))
        found = await self.jobs.get_image(message)
        return bodies.tagged(request, found, "" if message.read_mask.paths else f'"{found.image.etag}"')

    async def decide(self, request: Request) -> Response:
        message = await bodies.read(request, review_service_pb2.DecideRequest())
        image_id = request.path_params["image_id"]
        if message.image_id not in ("", image_id):
            raise InvalidArgument(field="image_id", problem="differs from the one in the path; leave it out")
        message.image_id = image_id
        message.etag = bodies.unquoted(request.headers.get("if-match", "")) or message.etag
        decided = await self.review.decide(message)
        return bodies.answer(decided, ETag=f'"{decided.image.etag}"')

    async def list_decisions(self, request: Request) -> Response:
        message = review_service_pb2.ListDecisionsRequest(image_id=request.path_params["image_id"])
        return bodies.answer(await self.review.list_decisions(message))


def _state(name: str) -> images_pb2.ImageState:
    word = name.upper().removeprefix(words.STATE_PREFIX)
    if word.lower() not in words.STATES:
        raise InvalidArgument(field="states", problem=f"{name!r} is not one of {', '.join(words.STATES)}")
    return words.state_enum(word)
