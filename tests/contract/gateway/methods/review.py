"""ReviewService."""

from __future__ import annotations

from selvage_api.review.v1alpha1 import review_service_pb2 as pb
from tests.contract.gateway.method_table import FIELDS, INVALID, NOBODY, Row, Scene

NO_IMAGE = ("NOT_FOUND", "IMAGE_NOT_FOUND")


async def decide(scene: Scene) -> pb.DecideRequest:
    image = (await scene.house.images(scene.job.job_id))[0]
    return pb.DecideRequest(
        image_id=image.image_id, verdict=pb.VERDICT_REJECT, reason="blurred", seconds=2, etag=image.etag
    )


async def decide_on_a_past_image(scene: Scene) -> pb.DecideRequest:
    request = await decide(scene)
    request.etag = "0"
    return request


async def list_decisions(scene: Scene) -> pb.ListDecisionsRequest:
    return pb.ListDecisionsRequest(image_id=scene.images[0].image_id)


ROWS = (
    Row(
        "Decide", decide,
        (
            (pb.DecideRequest(), ("INVALID_ARGUMENT", "ETAG_REQUIRED")),
            (pb.DecideRequest(image_id=NOBODY, etag="1"), FIELDS),
            (pb.DecideRequest(image_id=NOBODY, etag="1", verdict=pb.VERDICT_APPROVE), NO_IMAGE),
            (decide_on_a_past_image, ("ABORTED", "ETAG_MISMATCH")),
        ),
        again=("ABORTED", "ETAG_MISMATCH"),
    ),
    Row(
        "ListDecisions", list_decisions,
        ((pb.ListDecisionsRequest(), INVALID), (pb.ListDecisionsRequest(image_id=NOBODY), NO_IMAGE)),
    ),
)  # fmt: skip
