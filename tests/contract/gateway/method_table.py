"""Calls to every gRPC method of the gateway. A method without a row fails tests/contract/gateway/test_methods.py.

A new service adds its rows to a file of its own beside `rows_jobs.py` and names them in `rows.py`. A row builds
requests out of a `Scene`: a house in which a job of two images has ended, so that there is something to name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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


@dataclass
class Scene:
    house: House
    job: jobs_service_pb2.Job
    images: list[images_pb2.Image]


# One message, or for a client stream the messages in order.
Request = Message | Sequence[Message]
Make = Callable[[Scene], Awaitable[Request]]


@dataclass(frozen=True)
class Refusal:
    """A request that must be refused with this code and this reason."""

    make: Make
    code: str
    reason: str


@dataclass(frozen=True)
class Row:
    """`duplicate` says what the same valid request gives a second time: "same" (an equal answer), "another" (it makes
    or reads something anew), or a Refusal's reason such as "ETAG_MISMATCH"."""

    method: str
    valid: Make
    invalid: tuple[Refusal, ...]
    duplicate: str = "same"


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
