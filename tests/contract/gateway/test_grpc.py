"""JobsService and ReviewService as a gRPC client sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit import rpc
from tests.parts.house import House

NOBODY = "018f0000-0000-7000-8000-000000000000"


async def refused(call: Any) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo]:
    """(code, the one ErrorInfo) of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    infos = []
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            infos.append(info)
    assert len(infos) == 1
    assert infos[0].domain == "selvage"
    return caught.value.code(), infos[0]


async def test_every_method_refuses_what_does_not_exist(house: House) -> None:
    not_found = grpc.StatusCode.NOT_FOUND
    calls = [
        (house.jobs.GetJob(pb.GetJobRequest(job_id=NOBODY)), "JOB_NOT_FOUND"),
        (house.jobs.CancelJob(pb.CancelJobRequest(job_id=NOBODY)), "JOB_NOT_FOUND"),
        (house.jobs.ListImages(pb.ListImagesRequest(job_id=NOBODY)), "JOB_NOT_FOUND"),
        (house.jobs.GetImage(pb.GetImageRequest(image_id=NOBODY)), "IMAGE_NOT_FOUND"),
        (house.jobs.GetImage(pb.GetImageRequest(image_id="no-uuid")), "IMAGE_NOT_FOUND"),
        (
            house.review.Decide(
                review_service_pb2.DecideRequest(image_id=NOBODY, verdict=review_service_pb2.VERDICT_APPROVE, etag="1")
            ),
            "IMAGE_NOT_FOUND",
        ),
    ]
    for call, reason in calls:
        code, info = await refused(call)
        assert (code, info.reason) == (not_found, reason)


async def test_every_method_refuses_what_makes_no_sense(house: House) -> None:
    job_id = (await house.job(1)).job_id
    calls = [
        house.jobs.CreateJob(pb.CreateJobRequest()),
        house.jobs.CreateJob(pb.CreateJobRequest(shop="shop", images=[pb.NewImage(original_key="x")])),
        house.jobs.GetJob(pb.GetJobRequest()),
        house.jobs.GetImage(pb.GetImageRequest()),
        house.jobs.ListJobs(pb.ListJobsRequest(page_size=-1)),
        house.jobs.ListJobs(pb.ListJobsRequest(page_token="?")),
        house.jobs.ListImages(pb.ListImagesRequest(job_id=job_id, states=[0])),
        house.jobs.ListImages(pb.ListImagesRequest(job_id=job_id, states=[77])),
        house.review.Decide(review_service_pb2.DecideRequest(image_id=NOBODY)),
        house.review.Decide(review_service_pb2.DecideRequest(image_id=NOBODY, etag="1")),
    ]
    for call in calls:
        code, _ = await refused(call)
        assert code == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_request_id_answers_the_job_made_first(house: House) -> None:
    first = await house.job(1, request_id="7e57")
    assert (await house.job(1, request_id="7e57")).job_id == first.job_id
    images = [pb.NewImage(original_key=await house.upload(1), source_name="TEE1_1.png")]
    code, info = await refused(
        house.jobs.CreateJob(pb.CreateJobRequest(shop="shop", images=images, label="other", request_id="7e57"))
    )
    assert (code, info.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_without_a_request_id_every_call_makes_a_job(house: House) -> None:
    assert (await house.job(1)).job_id != (await house.job(1)).job_id


async def test_thousands_of_images_are_one_transaction(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve")
    key = await house.upload(1)
    images = [pb.NewImage(original_key=key, source_name=f"A{index}_1.png", tier=1 + index % 2) for index in range(3000)]
    job = (await house.jobs.CreateJob(pb.CreateJobRequest(shop="shop", images=images), timeout=60)).job
    assert (job.counts.total, job.counts.received) == (3000, 3000)
    assert await house.rows("SELECT count(DISTINCT xmin::text) FROM images") == [(1,)]
    # Each image has the task that carries its id, the hero tier before the bulk tier.
    assert await house.rows(
        "SELECT tier, -max(priority), -min(priority), count(*) FROM images i JOIN procrastinate_jobs t"
        " ON t.id = i.task_id AND t.args ->> 'image_id' = i.image_id::text GROUP BY 1 ORDER BY 1"
    ) == [("bulk", 1500, 2999, 1500), ("hero", 0, 1499, 1500)]
    cancelled = (await house.jobs.CancelJob(pb.CancelJobRequest(job_id=job.job_id), timeout=60)).job
    assert cancelled.counts.cancelled == 3000
    assert await house.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


async def test_more_images_than_allowed_are_refused(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(role="serve", images_per_job=2)
    key = await house.upload(1)
    images = [pb.NewImage(original_key=key)] * 3
    code, info = await refused(house.jobs.CreateJob(pb.CreateJobRequest(shop="shop", images=images)))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELDS_INVALID")


async def test_health_names_both_services(house: House) -> None:
    channel = rpc.connect(house.gateway.grpc_address)
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", "selvage_api.jobs.v1.JobsService", "selvage_api.review.v1alpha1.ReviewService"):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    await channel.close()
