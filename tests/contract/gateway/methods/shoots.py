"""ShootsService."""

from __future__ import annotations

from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.shoots.v1 import shoots_service_pb2 as pb
from tests.contract.gateway.method_table import FIELDS, INVALID, Row, Scene, always

NO_SHOOT = ("NOT_FOUND", "SHOOT_NOT_FOUND")


async def get(scene: Scene) -> pb.GetShootRequest:
    new = jobs_service_pb2.NewImage(
        original_key=await scene.house.upload(1), source_name="A_1.png", shoot="the day's \N{CAMERA}"
    )
    made = await scene.house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=[new]))
    await scene.house.ended(made.job.job_id)
    return pb.GetShootRequest(shop="shop", name=new.shoot)


async def empty_frame(scene: Scene) -> pb.SetEmptyFrameRequest:
    return pb.SetEmptyFrameRequest(shop="shop", name="monday", original_key=await scene.house.upload(90))


ROWS = (
    Row(
        "GetShoot", get,
        (
            (pb.GetShootRequest(), INVALID),
            (pb.GetShootRequest(shop="shop"), FIELDS),
            (pb.GetShootRequest(shop="shop", name="n" * 401), FIELDS),
            (pb.GetShootRequest(shop="shop", name="nobody's"), NO_SHOOT),
        ),
        compared=lambda answer: (answer.shoot.shop, answer.shoot.name, answer.shoot.create_time.seconds),
    ),
    Row(
        "ListShoots", always(pb.ListShootsRequest(shop="shop")),
        (
            (pb.ListShootsRequest(page_size=-1), INVALID),
            (pb.ListShootsRequest(shop="No Shop"), INVALID),
            (pb.ListShootsRequest(page_token="x"), INVALID),
        ),
    ),
    Row(
        "SetEmptyFrame", empty_frame,
        (
            (pb.SetEmptyFrameRequest(), INVALID),
            (pb.SetEmptyFrameRequest(shop="shop", name="monday", original_key="no key"), FIELDS),
            (
                pb.SetEmptyFrameRequest(shop="shop", name="m", original_key=f"shop/{'0' * 64}/original/photo"),
                ("FAILED_PRECONDITION", "OBJECTS_MISSING"),
            ),
        ),
    ),
)  # fmt: skip
