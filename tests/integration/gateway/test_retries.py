"""Transient errors are tried again, others are final at once, and a retry goes on where the last try ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc.aio
import pytest

from services.kit.errors import InvalidArgument, Overloaded, ServiceUnavailable, TruncatedFile
from tests.parts.house import House


async def test_a_service_that_is_away_twice_costs_two_tries_of_that_stage_only(house: House) -> None:
    # grpc itself tries UNAVAILABLE up to four times within one call
    house.behaviour.fail["matte"] = [ServiceUnavailable(service="matting", cause="starting") for _ in range(8)]
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.approved == 1
    stages = {run.stage: run for run in (await house.images(job.job_id))[0].stages}
    assert stages["matting"].attempt == 3
    assert stages["compose"].attempt == 1
    assert house.behaviour.calls["segment"] == 1
    assert house.behaviour.calls["matte"] == 9
    retries = await house.rows("SELECT detail ->> 'reason' FROM events WHERE kind = 'retry'")
    assert retries == [("SERVICE_UNAVAILABLE",)] * 2


async def test_overload_is_tried_again(house: House) -> None:
    house.behaviour.fail["segment"] = [Overloaded(seconds=1)]
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.approved == 1
    assert house.behaviour.calls["segment"] == 2


async def test_an_error_of_the_photo_is_final_at_once_and_keeps_its_row(house: House) -> None:
    house.behaviour.fail["segment"] = [TruncatedFile(cause="ends at row 3")]
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.failed == 1
    image = (await house.images(job.job_id))[0]
    assert image.error.reason == "TRUNCATED_FILE"
    assert "ends at row 3" in image.error.message
    assert house.behaviour.calls["segment"] == 1
    assert house.behaviour.calls["matte"] == 0


async def test_an_invalid_argument_is_final_at_once(house: House) -> None:
    house.behaviour.fail["compose"] = [InvalidArgument(field="template", problem="is gone")]
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    assert (image.error.reason, image.error.message) == ("INVALID_ARGUMENT", "template: is gone")
    assert house.behaviour.calls["compose"] == 1


async def test_a_bug_in_a_service_ends_as_internal_without_its_details(house: House) -> None:
    house.behaviour.fail["matte"] = [KeyError("secret path")]
    job = await house.ended((await house.job(1)).job_id)
    image = (await house.images(job.job_id))[0]
    assert image.error.reason == "INTERNAL"
    assert "secret" not in image.error.message


async def test_tries_are_bounded_and_the_last_error_stays(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(busy_tries=3)
    house.behaviour.fail["segment"] = [Overloaded(seconds=1) for _ in range(5)]
    job = await house.ended((await house.job(1)).job_id)
    assert job.counts.failed == 1
    image = (await house.images(job.job_id))[0]
    assert image.error.reason == "OVERLOADED"
    assert image.error.retryable
    assert house.behaviour.calls["segment"] == 3


async def test_an_unknown_profile_or_template_is_refused_with_the_names_there_are(house: House) -> None:
    for fields, offered in (({"profile": "best"}, "threshold"), ({"template": "neon"}, "plain")):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await house.job(1, **fields)
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert offered in caught.value.details()
