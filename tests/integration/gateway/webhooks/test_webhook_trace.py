"""A message about an image is part of the image's trace."""

from __future__ import annotations

from uuid import UUID

from services.kit import tracing
from tests.parts.hooks import add
from tests.parts.house import House
from tests.parts.otlp import collector
from tests.parts.receiver import Receiver


async def test_each_attempt_is_a_span_below_the_image(hooked: House, receiver: Receiver) -> None:
    await add(hooked, receiver.url("/all"))
    with collector() as sink:
        tracing.configure("gateway", tracing.TracingSettings(endpoint=sink.address))
        try:
            job = await hooked.ended((await hooked.job(1)).job_id)
            await receiver.until(lambda: len(receiver.at("/all")) == 2)
            await hooked.gateway.stop()
        finally:
            tracing.close()
    image = [each for each in sink.taken if each.name == "image"]
    told = [each for each in sink.taken if each.name == "webhook"]
    # The message about the job has no image, and so no trace.
    assert [(each.attributes["selvage.event"], each.attributes["selvage.status"]) for each in told] == [
        ("image.approved", 204)
    ]
    assert told[0].trace == image[0].trace == UUID(image[0].attributes["selvage.image_id"]).hex
    assert told[0].span.parent_span_id == image[0].span.span_id
    assert image[0].attributes["selvage.job_id"] == job.job_id
