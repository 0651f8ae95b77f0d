"""Hero images are matted with the finer solver; the numbers of their matte say so. Segment and matting are real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit.store import ObjectStore
from services.matting import main as matting
from services.matting.settings import MattingSettings
from services.segment import main as segment
from services.segment.settings import SegmentSettings
from tests.parts.house import House

TIERS = {"hero": images_pb2.TIER_HERO, "bulk": images_pb2.TIER_BULK, "": images_pb2.TIER_UNSPECIFIED}


@pytest.fixture
async def real(store: ObjectStore) -> AsyncIterator[dict[str, str]]:
    async with (
        await segment.start(SegmentSettings(), "127.0.0.1:0", store) as finding,
        await matting.start(MattingSettings(), "127.0.0.1:0", store) as cutting,
    ):
        yield {"segment_address": finding.address, "matting_address": cutting.address}


async def solvers(house: House) -> dict[str, Any]:
    """Of one photo submitted at each tier: the solver in the numbers of its matte."""
    key = await house.upload(1)
    images = [
        jobs_service_pb2.NewImage(original_key=key, source_name=f"TEE{number}_1.png", tier=tier)
        for number, tier in enumerate(TIERS.values())
    ]
    job = (await house.jobs.CreateJob(jobs_service_pb2.CreateJobRequest(shop="shop", images=images))).job
    await house.ended(job.job_id)
    rows = await house.rows(
        "SELECT tier, numbers->>'solver' FROM images JOIN stage_runs USING (image_id)"
        " WHERE job_id = %s AND stage = 'matting'",
        job.job_id,
    )
    return dict(rows)


async def test_a_hero_has_the_finer_solver_and_others_the_services_own(
    make_house: Callable[..., Any], real: dict[str, str]
) -> None:
    house = await make_house(**real)
    assert await solvers(house) == {"hero": "fine", "bulk": "field", "": "field"}


async def test_a_setting_names_the_solver_of_heroes(make_house: Callable[..., Any], real: dict[str, str]) -> None:
    house = await make_house(**real, hero_solver="pymatting-sm")
    assert await solvers(house) == {"hero": "pymatting-sm", "bulk": "field", "": "field"}


async def test_without_one_heroes_are_like_all_others(make_house: Callable[..., Any], real: dict[str, str]) -> None:
    house = await make_house(**real, hero_solver="")
    assert await solvers(house) == {"hero": "field", "bulk": "field", "": "field"}


async def test_a_solver_that_the_service_has_not_fails_the_hero_alone(
    make_house: Callable[..., Any], real: dict[str, str]
) -> None:
    house = await make_house(**real, hero_solver="magic")
    assert await solvers(house) == {"bulk": "field", "": "field"}
    rows = await house.rows("SELECT tier, error->>'reason' FROM images WHERE error IS NOT NULL")
    assert rows == [("hero", "UNKNOWN_SOLVER")]
