"""Every role against every REST operation and every gRPC method: a new one without a rule fails here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import grpc
import grpc.aio
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor

from gateway.access.principal import Role
from gateway.rest.operation import Operation
from selvage_api.access.v1 import access_service_pb2
from selvage_api.files.v1 import files_service_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from selvage_api.reports.v1 import reports_service_pb2
from selvage_api.review.v1alpha1 import review_service_pb2
from selvage_api.shoots.v1 import shoots_service_pb2
from selvage_api.webhooks.v1 import webhooks_service_pb2
from services.kit import rpc
from tests.parts.callers import Caller, operator, required

SUBMIT, READ, REVIEW, ADMIN = {Role.SUBMIT}, {Role.SUBMIT, Role.REVIEW}, {Role.REVIEW}, set[Role]()
# Who may call a method besides administrators.
METHODS = {
    "JobsService": {
        "CreateJob": SUBMIT, "GetJob": READ, "ListJobs": READ, "CancelJob": SUBMIT, "WatchJob": READ, "GetImage": READ,
        "ListImages": READ, "RetryImages": READ, "ListEvents": READ,
    },
    "ReviewService": {"Decide": REVIEW, "ListDecisions": READ},
    "FilesService": {
        "Upload": SUBMIT, "CreateUploadUrl": SUBMIT, "FinishUpload": SUBMIT, "CreateDownloadUrl": READ,
        "Download": READ,
    },
    "ShootsService": {"GetShoot": READ, "ListShoots": READ, "SetEmptyFrame": SUBMIT},
    "ReportsService": dict.fromkeys(("GetCosts", "GetBudget", "SetBudget"), ADMIN),
    "WebhooksService": dict.fromkeys(
        (
            "CreateEndpoint", "GetEndpoint", "ListEndpoints", "UpdateEndpoint", "DeleteEndpoint", "RotateSecret",
            "TestEndpoint", "ListDeliveries", "ReplayEvents",
        ),
        ADMIN,
    ),
    "AccessService": dict.fromkeys(
        ("CreateKey", "ListKeys", "RevokeKey", "RotateKey", "GetQuota", "SetQuota"), ADMIN
    ),
}  # fmt: skip
MODULES = (
    access_service_pb2, files_service_pb2, jobs_service_pb2, reports_service_pb2, review_service_pb2,
    shoots_service_pb2,
    webhooks_service_pb2,
)  # fmt: skip
# Open to everybody, with or without keys.
OPEN = {"/healthz", "/readyz", "/metrics", "/v1/openapi.json"}
NOWHERE = str(UUID(int=7))


def methods() -> Iterator[MethodDescriptor]:
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def allowed(role: Role, roles: set[Role]) -> bool:
    return role in roles or role is Role.ADMIN


def path(operation: Operation) -> str:
    return re.sub(r"{\w+}", lambda found: "shop" if found[0] == "{shop}" else NOWHERE, operation.path)


def test_every_method_has_a_rule() -> None:
    known = {(service, method) for service, rules in METHODS.items() for method in rules}
    assert known == {(method.containing_service.name, method.name) for method in methods()}


async def call(channel: grpc.aio.Channel, method: MethodDescriptor, caller: Caller) -> str:
    """Reason of the refusal of an empty request, '' for none."""
    name = f"/{method.containing_service.full_name}/{method.name}"
    request = message_factory.GetMessageClass(method.input_type)
    answer = message_factory.GetMessageClass(method.output_type)
    kinds = {
        (False, False): channel.unary_unary, (False, True): channel.unary_stream,
        (True, False): channel.stream_unary, (True, True): channel.stream_stream,
    }  # fmt: skip
    kind = kinds[method.client_streaming, method.server_streaming]
    stub = kind(name, request.SerializeToString, answer.FromString)
    sent: Any = [request()] if method.client_streaming else request()
    return await caller.code(stub, sent)


async def test_every_role_against_every_method(make_house: Callable[..., Any]) -> None:
    house = await make_house(required())
    callers = {role: await operator(house).key_for("", role) for role in Role}
    wrong = []
    async with rpc.connect(house.gateway.grpc_address) as channel:
        for method in methods():
            rule = METHODS[method.containing_service.name][method.name]
            if await call(channel, method, Caller(house)) != "KEY_MISSING":
                wrong.append((method.full_name, "nobody"))
            for role, caller in callers.items():
                reason = await call(channel, method, caller)
                if (reason == "ROLE_MISSING") == allowed(role, rule) or reason in ("INTERNAL", "METHOD_NOT_SERVED"):
                    wrong.append((method.full_name, f"{role}: {reason or 'went through'}"))
    assert not wrong


async def test_every_role_against_every_operation(make_house: Callable[..., Any]) -> None:
    house = await make_house(required())
    callers = {role: await operator(house).key_for("", role) for role in Role}
    wrong = []
    for operation in house.gateway.operations:
        named = f"{operation.method} {operation.path}"
        nobody = await Caller(house).rest(operation.method, path(operation))
        if operation.path in OPEN:
            wrong += [(named, "is not open")] if operation.roles or nobody.status_code != 200 else []
            continue
        refused = 403 if operation.path.startswith("/v1.0/") else 401
        if nobody.status_code != refused or not operation.roles:
            wrong.append((named, f"nobody: {nobody.status_code}"))
        for role, caller in callers.items():
            answer = await caller.rest(operation.method, path(operation))
            if (answer.status_code in (401, 403)) == allowed(role, set(operation.roles)) or answer.status_code == 500:
                wrong.append((named, f"{role}: {answer.status_code} {answer.text[:100]}"))
    assert not wrong


async def test_without_required_keys_nobody_is_asked(make_house: Callable[..., Any]) -> None:
    house = await make_house()
    for operation in house.gateway.operations:
        answer = await house.rest.request(operation.method, path(operation), headers={"X-Api-Key": "anything"})
        assert answer.status_code not in (401, 403), operation.path
