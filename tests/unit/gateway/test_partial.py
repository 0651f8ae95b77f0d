"""Partial success: images at fault are set aside, the others are taken."""

from __future__ import annotations

import pytest

from gateway import partial
from gateway.errors import FieldsInvalid, NoImageUsable, ObjectsMissing
from selvage_api.jobs.v1 import jobs_service_pb2 as pb


def request(names: str, *, allowed: bool = True) -> pb.CreateJobRequest:
    images = [pb.NewImage(sku=name) for name in names]
    return pb.CreateJobRequest(shop="shop", images=images, return_partial_success=allowed)


async def names(asked: pb.CreateJobRequest) -> str:
    """Refuses x at first sight, y once there is no x, and the label."""
    for letter, row in (("x", FieldsInvalid), ("y", ObjectsMissing)):
        at_fault = [(f"images[{i}].sku", f"is {letter}") for i, image in enumerate(asked.images) if image.sku == letter]
        if asked.label:
            at_fault.append(("label", "is wrong"))
        if at_fault:
            raise row.of(at_fault)
    return "".join(image.sku for image in asked.images)


async def test_each_image_keeps_its_place_in_the_request() -> None:
    taken = await partial.take(request("axbyxcy"), names)
    assert taken.found == "abc"
    assert [image.sku for image in taken.request.images] == list("abc")
    told = [(failed.index, failed.error.reason, failed.error.message) for failed in taken.failed]
    assert told == [
        (1, "FIELDS_INVALID", "sku: is x."),
        (3, "OBJECTS_MISSING", "sku: is y."),
        (4, "FIELDS_INVALID", "sku: is x."),
        (6, "OBJECTS_MISSING", "sku: is y."),
    ]


async def test_nothing_at_fault_is_nothing_set_aside() -> None:
    asked = request("abc")
    taken = await partial.take(asked, names)
    assert (taken.request, taken.failed) == (asked, [])


async def test_without_the_wish_one_image_stops_all() -> None:
    with pytest.raises(FieldsInvalid) as caught:
        await partial.take(request("axb", allowed=False), names)
    assert caught.value.violations == (("images[1].sku", "is x"),)


async def test_what_concerns_the_whole_job_is_never_set_aside() -> None:
    asked = request("ax")
    asked.label = "wrong"
    with pytest.raises(FieldsInvalid) as caught:
        await partial.take(asked, names)
    assert caught.value.reason == "FIELDS_INVALID"


async def test_a_job_of_nothing_is_no_job() -> None:
    with pytest.raises(NoImageUsable) as caught:
        await partial.take(request("yx"), names)
    assert caught.value.violations == (("images[0]", "sku: is y."), ("images[1]", "sku: is x."))
