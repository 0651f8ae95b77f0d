"""Calls to every gRPC method of the gateway. A method without a row fails tests/contract/gateway/test_methods.py.

A new service brings a file of rows in tests/contract/gateway/methods/ and its name in SERVICES there. A row makes
requests out of a `Scene`: a house in which a job of two images has ended, so that there is something to name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from tests.parts.house import House

NOBODY = "018f0000-0000-7000-8000-000000000000"
INVALID = ("INVALID_ARGUMENT", "INVALID_ARGUMENT")
FIELDS = ("INVALID_ARGUMENT", "FIELDS_INVALID")
SAME = "same"
OTHER = "other"


@dataclass
class Scene:
    house: House
    job: jobs_service_pb2.Job
    images: list[images_pb2.Image]
    # For what rows want to remember between requests.
    notes: dict[str, Any] = field(default_factory=dict)


# One message, or for a client stream the messages in order.
Request = Message | Sequence[Message]
Make = Callable[[Scene], Awaitable[Request]]


def the_answer(answer: Any) -> Any:
    return answer


@dataclass(frozen=True)
class Row:
    """One method.

    `valid` makes a request that is served, or, with `refused`, one that is well formed but refused here with that
    (code, reason). `invalid`: pairs of a request and its (code, reason). `again`: what the same valid request gives
    a second time: SAME (compared by `compared`), OTHER, or the (code, reason) of a refusal. For a server stream the
    answer is the list of its messages.
    """

    name: str
    valid: Make
    invalid: Sequence[tuple[Make | Request, tuple[str, str]]]
    again: str | tuple[str, str] = SAME
    compared: Callable[[Any], Any] = the_answer
    refused: tuple[str, str] | None = None


async def refused(call: Any) -> tuple[str, str]:
    """(code, reason) of a call that must fail, with exactly one ErrorInfo of ours."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    assert status is not None, caught.value
    infos = [info for info in map(_info, status.details) if info is not None]
    assert [info.domain for info in infos] == ["selvage"]
    return caught.value.code().name, infos[0].reason


def _info(detail: Any) -> error_details_pb2.ErrorInfo | None:
    info = error_details_pb2.ErrorInfo()
    return info if detail.Unpack(info) else None


def always(request: Request) -> Make:
    """The same request in every scene."""

    async def make(_scene: Scene) -> Request:
        return request

    return make
