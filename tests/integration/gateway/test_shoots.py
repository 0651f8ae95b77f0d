"""One plate for all images of a shoot: made once, frozen, and never left out in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest

from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.segment.v1 import segment_service_pb2
from selvage_api.shoots.v1 import shoots_service_pb2 as pb
from selvage_api.shoots.v1 import shoots_service_pb2_grpc
from services.kit import rpc
from services.kit.errors import StoreUnavailable
from tests.parts.house import House, photo, reason

MONDAY = {"shop": "shop", "name": "monday"}


async def submit(house: House, *seeds: int, shoot: str = "monday") -> jobs_service_pb2.Job:
    images = [
        jobs_service_pb2.NewImage(original_key=await house.upload(seed), source_name=f"A{seed}_1.png", shoot=shoot)
        for seed in seeds
    ]
    made: jobs_service_pb2.Job = (
        await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))
    ).job
    return made


async def run(house: House, *seeds: int, shoot: str = "monday") -> jobs_service_pb2.Job:
    job = await house.ended((await submit(house, *seeds, shoot=shoot)).job_id)
    assert job.counts.approved == len(seeds), job
    return job


async def shoot_of(house: House, name: str = "monday") -> Any:
    answer = await house.rest.get(f"/v1/shoots/shop/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()["shoot"]


async def told(house: House) -> list[dict[str, Any]]:
    """What the plate stages say about the shoot, in their order."""
    rows = await house.rows("SELECT numbers -> 'shoot' FROM stage_runs WHERE stage = 'plate' ORDER BY stage_run_id")
    return [row[0] for row in rows]


async def test_two_jobs_use_one_frozen_plate_and_photos_outside_of_it_their_own(house: House) -> None:
    def darker(request: Any, numbers: segment_service_pb2.PlateNumbers) -> None:
        numbers.gain.extend([0.8, 0.81, 0.82] if request.shoot_plate.key else [])

    house.behaviour.shoot = darker
    await run(house, 1, 2, 3, 4)
    frozen = await shoot_of(house)
    assert (frozen["plate_source"], frozen["plate_photos"], frozen["images"]) == ("photos", 4, 4)
    assert house.store.stat(frozen["plate"]["key"]).sha256 == frozen["plate"]["sha256"]
    await run(house, 5, 6)
    await run(house, 7, shoot="")
    later = await shoot_of(house)
    assert later == frozen | {"images": 6}
    assert house.behaviour.calls["shoot plate"] == 1
    plates = await told(house)
    assert plates[:6] == [
        {"name": "monday", "version": 1, "plate": frozen["plate"]["sha256"], "why_not": ""} for _ in range(6)
    ]
    assert plates[6] is None
    gains = await house.rows("SELECT numbers -> 'gain' FROM stage_runs WHERE stage = 'plate' ORDER BY stage_run_id")
    assert [row[0] for row in gains] == [[0.8, 0.81, 0.82]] * 6 + [None]


async def test_one_plate_with_many_workers_in_two_gateways(make_house: Callable[..., Any]) -> None:
    house, _other = await make_house(workers=6), await make_house(workers=6)
    house.behaviour.seconds["shoot plate"] = 0.5
    jobs = await asyncio.gather(*(submit(house, *range(first, first + 6)) for first in (0, 6, 12)))
    for job in jobs:
        assert (await house.ended(job.job_id)).counts.approved == 6
    assert house.behaviour.calls["shoot plate"] == 1
    assert len({plate["plate"] for plate in await told(house)}) == 1


async def test_a_worker_lost_in_the_middle_loses_nothing(make_house: Callable[..., Any]) -> None:
    first = await make_house(workers=2)
    first.behaviour.hold["shoot plate"] = asyncio.Event()
    job = await submit(first, 1, 2, 3)
    await first.behaviour.begun["shoot plate"].wait()
    await first.gateway.stop()
    assert (await first.rows("SELECT source FROM shoots")) == [("none",)]
    first.behaviour.hold.clear()
    second = await make_house(workers=2)
    assert (await second.ended(job.job_id)).counts.approved == 3
    assert (await shoot_of(second))["plate_source"] == "photos"


async def test_an_outage_is_tried_again_and_freezes_nothing_of_no_use(house: House) -> None:
    house.behaviour.fail["shoot plate"] = [StoreUnavailable(cause="away")]
    await run(house, 1, 2, 3)
    assert house.behaviour.calls["shoot plate"] == 2
    assert (await shoot_of(house))["plate_source"] == "photos"


async def test_few_photos_have_plates_of_their_own_until_there_are_enough(house: House) -> None:
    await run(house, 1, 2)
    assert (await shoot_of(house))["plate_source"] == "none"
    assert {plate["why_not"] for plate in await told(house)} == {
        "the shoot has 2 usable photo(s) and no empty frame; 3 are needed"
    }
    await run(house, 3)
    assert (await told(house))[2]["why_not"] == ""
    assert (await shoot_of(house))["plate_photos"] == 3


async def test_an_unusable_plate_is_said_and_makes_room_for_an_empty_frame(house: House) -> None:
    def mixed(request: Any, numbers: segment_service_pb2.PlateNumbers) -> None:
        if len(request.photos) > 1:
            numbers.usable, numbers.detail = False, "the photos agree on only 4% of the background"

    house.behaviour.shoot = mixed
    await run(house, 1, 2, 3)
    made = await shoot_of(house)
    assert (made["plate_source"], "plate" in made) == ("unusable", False)
    assert made["detail"] == "the photos agree on only 4% of the background"
    assert {plate["why_not"] for plate in await told(house)} == {f"the shoot's plate is of no use: {made['detail']}"}
    assert house.behaviour.calls["shoot plate"] == 1
    body = {"original_key": await house.upload(50)}
    answer = await house.rest.put("/v1/shoots/shop/monday/empty-frame", json=body)
    assert answer.status_code == 200, answer.text
    await run(house, 4)
    assert (await shoot_of(house))["plate_source"] == "empty_frame"
    assert (await told(house))[-1]["version"] == 2


async def test_a_photo_that_does_not_fit_the_shoot_has_its_own_plate_and_the_reason(house: House) -> None:
    def odd(request: Any, numbers: segment_service_pb2.PlateNumbers) -> None:
        if request.shoot_plate.key and request.photos[0].sha256 == odd_one:
            numbers.usable, numbers.detail = False, "the photo is 1.9 stops off the shoot's exposure"

    key = await house.upload(3)
    odd_one = key.split("/")[1]
    house.behaviour.shoot = odd
    await run(house, 1, 2, 3)
    rows = await house.rows("SELECT numbers ->> 'kind', numbers -> 'shoot' ->> 'why_not' FROM stage_runs"
                            " WHERE stage = 'plate' AND key LIKE %s", f"%{odd_one}%")  # fmt: skip
    assert rows == [("photo", "the photo is 1.9 stops off the shoot's exposure")]
    assert house.behaviour.calls["plate"] == 4


async def test_a_broken_photo_spoils_its_own_image_only(house: House) -> None:
    answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=b"no photo")
    keys = [answer.json()["object"]["key"], *[await house.upload(seed) for seed in (1, 2, 3)]]
    images = [
        jobs_service_pb2.NewImage(original_key=key, source_name=f"A{number}_1.png", shoot="monday")
        for number, key in enumerate(keys)
    ]
    made = await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))
    job = await house.ended(made.job.job_id)
    assert (job.counts.approved, job.counts.failed) == (3, 1)
    assert (await shoot_of(house))["plate_photos"] == 3


async def test_an_empty_frame_is_the_plate_and_cannot_be_changed_once_used(house: House) -> None:
    async with rpc.connect(house.gateway.grpc_address) as channel:
        stub: Any = shoots_service_pb2_grpc.ShootsServiceStub(channel)
        frame = pb.SetEmptyFrameRequest(**MONDAY, original_key=await house.upload(50))
        assert (await stub.SetEmptyFrame(frame)).shoot.plate_source == "none"
        await run(house, 1)
        shoot = (await stub.GetShoot(pb.GetShootRequest(**MONDAY))).shoot
        assert (shoot.plate_source, shoot.plate_photos, shoot.empty_frame.key) == ("empty_frame", 1, frame.original_key)
        # The same again is no change.
        assert (await stub.SetEmptyFrame(frame)).shoot == shoot
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.SetEmptyFrame(pb.SetEmptyFrameRequest(**MONDAY, original_key=await house.upload(51)))
        assert reason(caught.value) == "SHOOT_FROZEN"


async def test_shoots_are_listed_in_pages(house: House) -> None:
    for name in ("b", "a", "c d"):
        await run(house, 1, shoot=name)
    names, token = [], ""
    while True:
        answer = await house.rest.get("/v1/shoots", params={"shop": "shop", "page_size": 2, "page_token": token})
        names += [shoot["name"] for shoot in answer.json()["shoots"]]
        token = answer.json()["next_page_token"]
        if not token:
            break
    assert names == ["a", "b", "c d"]
    assert (await house.rest.get("/v1/shoots/shop/c%20d")).json()["shoot"]["images"] == 1
    missing = await house.rest.get("/v1/shoots/shop/nobody")
    assert (missing.status_code, missing.json()["code"]) == (404, "SHOOT_NOT_FOUND")


async def test_photos_of_the_most_frequent_size_make_the_plate(house: House) -> None:
    images = []
    for seed, size in ((1, (48, 40)), (2, (40, 48)), (3, (48, 40)), (4, (48, 40)), (5, (40, 48))):
        answer = await house.rest.post("/v1/uploads", params={"shop": "shop"}, content=photo(seed, *size))
        key = answer.json()["object"]["key"]
        images.append(jobs_service_pb2.NewImage(original_key=key, source_name=f"A{seed}_1.png", shoot="monday"))
    made = await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))
    await house.ended(made.job.job_id)
    assert (await shoot_of(house))["plate_photos"] == 3
