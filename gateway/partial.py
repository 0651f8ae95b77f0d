"""Partial success: images of a request that cannot be used are set aside and the others are taken (AIP-233)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2 as pb

from .errors import FieldsInvalid, NoImageUsable

T = TypeVar("T")
_OF_IMAGE = re.compile(r"images\[(\d+)\]\.(.+)")


@dataclass(frozen=True)
class Taken(Generic[T]):
    """`request` has only the images that passed `checked`, whose answer is `found`."""

    request: pb.CreateJobRequest
    found: T
    failed: list[pb.FailedImage]


async def take(request: pb.CreateJobRequest, checked: Callable[[pb.CreateJobRequest], Awaitable[T]]) -> Taken[T]:
    """Without `return_partial_success`: what `checked` answers or raises.

    With it, images `checked` names in a FieldsInvalid are left out and it is asked again about the others. Raises
    FieldsInvalid when more than images is at fault, NoImageUsable when no image is left.
    """
    kept, positions = request, list(range(len(request.images)))
    failed: dict[int, images_pb2.Problem] = {}
    while True:
        try:
            found = await checked(kept)
        except FieldsInvalid as error:
            at_fault = _by_image(error)
            if not request.return_partial_success or not at_fault:
                raise
            failed |= {positions[index]: problem for index, problem in at_fault.items()}
            positions = [position for index, position in enumerate(positions) if index not in at_fault]
            if not positions:
                problems = [(f"images[{position}]", failed[position].message) for position in sorted(failed)]
                raise NoImageUsable.of(problems) from None
            kept = _only(request, positions)
        else:
            told = [pb.FailedImage(index=position, error=failed[position]) for position in sorted(failed)]
            return Taken(kept, found, told)


def _by_image(error: FieldsInvalid) -> dict[int, images_pb2.Problem]:
    """The problem of each image by its index; empty when something else is at fault too."""
    texts: dict[int, list[str]] = defaultdict(list)
    for field, problem in error.violations:
        match = _OF_IMAGE.fullmatch(field)
        if not match:
            return {}
        texts[int(match[1])].append(f"{match[2]}: {problem}")
    return {
        index: images_pb2.Problem(reason=error.reason, message="; ".join(told) + ".", retryable=error.retryable)
        for index, told in texts.items()
    }


def _only(request: pb.CreateJobRequest, positions: list[int]) -> pb.CreateJobRequest:
    kept = pb.CreateJobRequest()
    kept.CopyFrom(request)
    del kept.images[:]
    kept.images.extend(request.images[position] for position in positions)
    return kept
