"""JobsService."""

from __future__ import annotations

import asyncio

from selvage_api.jobs.v1 import jobs_service_pb2 as pb
from tests.contract.gateway.method_table import FIELDS, INVALID, NOBODY, Row, Scene, always

NO_JOB = ("NOT_FOUND", "JOB_NOT_FOUND")
NO_IMAGE = ("NOT_FOUND", "IMAGE_NOT_FOUND")
MASK = {"paths": ["colour"]}


async def create(scene: Scene) -> pb.CreateJobRequest:
    images = [pb.NewImage(original_key=await scene.house.upload(7), source_name="LATE_1.png")]
    return pb.CreateJobRequest(shop="shop", images=images, request_id="one")


async def create_of_a_missing_photo(_scene: Scene) -> pb.CreateJobRequest:
    return pb.CreateJobRequest(shop="shop", images=[pb.NewImage(original_key=f"shop/{'0' * 64}/original/photo")])


async def get(scene: Scene) -> pb.GetJobRequest:
    return pb.GetJobRequest(job_id=scene.job.job_id)


async def get_with_an_unknown_mask(scene: Scene) -> pb.GetJobRequest:
    return pb.GetJobRequest(job_id=scene.job.job_id, read_mask=MASK)


async def cancel(scene: Scene) -> pb.CancelJobRequest:
    """A job that stands still in its segment stage."""
    if "held" not in scene.notes:
        behaviour = scene.house.behaviour
        behaviour.hold["segment"], behaviour.begun["segment"] = asyncio.Event(), asyncio.Event()
        scene.notes["held"] = (await scene.house.job(9)).job_id
        await behaviour.begun["segment"].wait()
    return pb.CancelJobRequest(job_id=scene.notes["held"])


async def watch(scene: Scene) -> pb.WatchJobRequest:
    return pb.WatchJobRequest(job_id=scene.job.job_id)


async def get_image(scene: Scene) -> pb.GetImageRequest:
    return pb.GetImageRequest(image_id=scene.images[0].image_id)


async def list_images(scene: Scene) -> pb.ListImagesRequest:
    return pb.ListImagesRequest(job_id=scene.job.job_id, page_size=1)


async def list_images_in_no_state(scene: Scene) -> pb.ListImagesRequest:
    return pb.ListImagesRequest(job_id=scene.job.job_id, states=[0])


async def retry(scene: Scene) -> pb.RetryImagesRequest:
    return pb.RetryImagesRequest(job_id=scene.job.job_id)


async def retry_from_nowhere(scene: Scene) -> pb.RetryImagesRequest:
    return pb.RetryImagesRequest(job_id=scene.job.job_id, from_stage="dream")


async def list_events(scene: Scene) -> pb.ListEventsRequest:
    return pb.ListEventsRequest(job_id=scene.job.job_id)


ROWS = (
    Row(
        "CreateJob", create, ((pb.CreateJobRequest(), FIELDS), (create_of_a_missing_photo,
        ("FAILED_PRECONDITION", "OBJECTS_MISSING"))), compared=lambda answer: answer.job.job_id,
    ),
    Row(
        "GetJob", get,
        ((pb.GetJobRequest(), INVALID), (pb.GetJobRequest(job_id=NOBODY), NO_JOB), (get_with_an_unknown_mask, INVALID)),
    ),
    Row(
        "ListJobs", always(pb.ListJobsRequest(shop="shop")),
        (
            (pb.ListJobsRequest(page_size=-1), INVALID), (pb.ListJobsRequest(page_token="?"), INVALID),
            (pb.ListJobsRequest(read_mask=MASK), INVALID),
        ),
    ),
    Row(
        "CancelJob", cancel, ((pb.CancelJobRequest(), INVALID), (pb.CancelJobRequest(job_id=NOBODY), NO_JOB)),
        compared=lambda answer: (answer.job.job_id, answer.job.counts),
    ),
    Row("WatchJob", watch, ((pb.WatchJobRequest(), INVALID), (pb.WatchJobRequest(job_id=NOBODY), NO_JOB))),
    Row(
        "GetImage", get_image,
        (
            (pb.GetImageRequest(), INVALID), (pb.GetImageRequest(image_id=NOBODY), NO_IMAGE),
            (pb.GetImageRequest(image_id=NOBODY, read_mask=MASK), INVALID),
        ),
    ),
    Row(
        "ListImages", list_images,
        (
            (pb.ListImagesRequest(), INVALID), (pb.ListImagesRequest(job_id=NOBODY), NO_JOB),
            (list_images_in_no_state, INVALID), (pb.ListImagesRequest(job_id=NOBODY, read_mask=MASK), INVALID),
        ),
    ),
    Row(
        "RetryImages", retry,
        (
            (pb.RetryImagesRequest(), INVALID), (pb.RetryImagesRequest(job_id=NOBODY), NO_JOB),
            (retry_from_nowhere, INVALID),
        ),
    ),
    Row(
        "ListEvents", list_events,
        (
            (pb.ListEventsRequest(), INVALID), (pb.ListEventsRequest(job_id=NOBODY), NO_JOB),
            (pb.ListEventsRequest(job_id=NOBODY, page_size=-1), INVALID),
            (pb.ListEventsRequest(job_id=NOBODY, image_id="x"), NO_IMAGE),
        ),
    ),
)  # fmt: skip
