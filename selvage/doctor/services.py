"""The three services and the gateway: reachable, of this version, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
import httpx

import selvage
from selvage_api.compose.v1 import compose_service_pb2 as compose_pb
from selvage_api.compose.v1.compose_service_pb2_grpc import ComposeServiceStub
from selvage_api.matting.v1 import matting_service_pb2 as matting_pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceStub
from selvage_api.segment.v1 import segment_service_pb2 as segment_pb
from selvage_api.segment.v1.segment_service_pb2_grpc import SegmentServiceStub
from services.kit import rpc

from .chart import Chart, Unwell

ANSWER_SECONDS = 20.0
VERSIONS = f"Bring every part to one version; this is {selvage.__version__}."


async def check(chart: Chart, addresses: dict[str, str], tls: rpc.TlsSettings, repair: str) -> None:
    """`repair`: of a service that does not answer; {NAME} is filled in."""
    for name, ask in _QUESTIONS.items():
        with chart.watch(name, repair.format(NAME=name.upper())):
            version, said = await _asked(name, addresses[name], tls, ask)
            with chart.watch(name, VERSIONS):
                if version != selvage.__version__:
                    raise Unwell(f"the one at {addresses[name]} is of version {version}")
                chart.add(name, f"{version}, {said}")


async def check_gateway(chart: Chart, http: httpx.AsyncClient, repair: str) -> None:
    with chart.watch("gateway", repair):
        before = chart.now()
        answer = await http.get("/readyz")
        chart.compare_header("gateway", answer.headers.get("date", ""), before)
        try:
            ready = answer.json()
            version, wrong = ready.get("version", ""), {at: said for at, said in ready["parts"].items() if said != "ok"}
        except (ValueError, KeyError, AttributeError):
            raise Unwell(f"{answer.url} answered {answer.status_code}, but not as a gateway does") from None
        if version != selvage.__version__:
            with chart.watch("gateway", VERSIONS):
                raise Unwell(f"the one at {http.base_url} is of version {version or 'unknown'}")
            return
        if wrong:
            raise Unwell("; ".join(f"{part}: {state}" for part, state in wrong.items()))
        chart.add("gateway", f"{version}, ready")


async def _asked(
    name: str, address: str, tls: rpc.TlsSettings, ask: Callable[[grpc.aio.Channel], Awaitable[tuple[str, str]]]
) -> tuple[str, str]:
    channel = rpc.connect(address, tls=tls)
    try:
        return await ask(channel)
    except grpc.aio.AioRpcError as error:
        raise rpc.from_rpc_error(error, name) from error
    finally:
        await channel.close()


async def _segment(channel: grpc.aio.Channel) -> tuple[str, str]:
    answer = await SegmentServiceStub(channel).Describe(segment_pb.DescribeRequest(), timeout=ANSWER_SECONDS)
    names = ", ".join(f"{each.name} ({each.model_version or each.kind})" for each in answer.profiles)
    licences = dict.fromkeys(
        f"{each.model_version.split(' ')[0]}: {each.licence}" for each in answer.profiles if each.licence
    )
    said = f"default profile {answer.default_profile}; loaded: {names}"
    return answer.version, "\n".join([said, *(f"licence of {line}" for line in licences)])


async def _matting(channel: grpc.aio.Channel) -> tuple[str, str]:
    answer = await MattingServiceStub(channel).Describe(matting_pb.DescribeRequest(), timeout=ANSWER_SECONDS)
    return answer.version, f"default solver {answer.default_solver} of {', '.join(answer.solvers)}"


async def _compose(channel: grpc.aio.Channel) -> tuple[str, str]:
    answer = await ComposeServiceStub(channel).Describe(compose_pb.DescribeRequest(), timeout=ANSWER_SECONDS)
    names = ", ".join(each.name for each in answer.templates)
    return answer.version, f"default template {answer.default_template} of {names}"


_QUESTIONS: dict[str, Callable[[grpc.aio.Channel], Awaitable[Any]]] = {
    "segment": _segment,
    "matting": _matting,
    "compose": _compose,
}
