"""WebhooksService. The endpoint's host has a name that never leads anywhere (RFC 2606)."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from selvage_api.webhooks.v1 import webhooks_service_pb2 as pb
from tests.contract.gateway.method_table import FIELDS, INVALID, NOBODY, OTHER, Row, Scene, always

NO_ENDPOINT = ("NOT_FOUND", "WEBHOOK_ENDPOINT_NOT_FOUND")
URL = "https://shop.invalid/hook"
SINCE = Timestamp(seconds=1_700_000_000)


async def endpoint(scene: Scene) -> str:
    answer = await scene.house.rest.post("/v1/webhooks", json={"shop": "shop", "url": URL})
    endpoint_id: str = answer.json()["endpoint"]["endpoint_id"]
    return endpoint_id


async def get(scene: Scene) -> pb.GetEndpointRequest:
    return pb.GetEndpointRequest(endpoint_id=await endpoint(scene))


async def update(scene: Scene) -> pb.UpdateEndpointRequest:
    changed = pb.Endpoint(endpoint_id=await endpoint(scene), label="till")
    return pb.UpdateEndpointRequest(endpoint=changed, update_mask=["label"])


async def update_of_another_field(scene: Scene) -> pb.UpdateEndpointRequest:
    request = await update(scene)
    request.update_mask[:] = ["shop"]
    return request


async def delete(scene: Scene) -> pb.DeleteEndpointRequest:
    return pb.DeleteEndpointRequest(endpoint_id=await endpoint(scene))


async def rotate(scene: Scene) -> pb.RotateSecretRequest:
    return pb.RotateSecretRequest(endpoint_id=await endpoint(scene))


async def test(scene: Scene) -> pb.TestEndpointRequest:
    return pb.TestEndpointRequest(endpoint_id=await endpoint(scene))


async def deliveries(scene: Scene) -> pb.ListDeliveriesRequest:
    return pb.ListDeliveriesRequest(endpoint_id=await endpoint(scene))


async def replay(scene: Scene) -> pb.ReplayEventsRequest:
    return pb.ReplayEventsRequest(endpoint_id=await endpoint(scene), since=SINCE)


ROWS = (
    Row(
        "CreateEndpoint", always(pb.CreateEndpointRequest(shop="shop", url=URL)),
        ((pb.CreateEndpointRequest(), FIELDS), (pb.CreateEndpointRequest(shop="shop", url="ftp://x"), FIELDS)),
        again=OTHER,
    ),
    Row(
        "GetEndpoint", get,
        ((pb.GetEndpointRequest(), INVALID), (pb.GetEndpointRequest(endpoint_id=NOBODY), NO_ENDPOINT)),
    ),
    Row("ListEndpoints", always(pb.ListEndpointsRequest()), ((pb.ListEndpointsRequest(page_size=-1), INVALID),)),
    Row(
        "UpdateEndpoint", update,
        (
            (pb.UpdateEndpointRequest(), INVALID), (update_of_another_field, FIELDS),
            (pb.UpdateEndpointRequest(endpoint=pb.Endpoint(endpoint_id=NOBODY)), NO_ENDPOINT),
        ),
        compared=lambda answer: answer.endpoint.label,
    ),
    Row("DeleteEndpoint", delete, ((pb.DeleteEndpointRequest(), INVALID),), again=NO_ENDPOINT),
    Row(
        "RotateSecret", rotate,
        (
            (pb.RotateSecretRequest(endpoint_id=NOBODY, overlap_seconds=-1), INVALID),
            (pb.RotateSecretRequest(endpoint_id=NOBODY), NO_ENDPOINT),
        ),
        again=OTHER,
    ),
    Row("TestEndpoint", test, ((pb.TestEndpointRequest(endpoint_id=NOBODY), NO_ENDPOINT),), again=OTHER),
    Row(
        "ListDeliveries", deliveries,
        (
            (pb.ListDeliveriesRequest(endpoint_id=NOBODY), NO_ENDPOINT),
            (pb.ListDeliveriesRequest(endpoint_id=NOBODY, states=["lost"]), INVALID),
        ),
    ),
    Row(
        "ReplayEvents", replay,
        (
            (pb.ReplayEventsRequest(endpoint_id=NOBODY), INVALID),
            (pb.ReplayEventsRequest(endpoint_id=NOBODY, since=SINCE), NO_ENDPOINT),
            (pb.ReplayEventsRequest(endpoint_id=NOBODY, since=SINCE, until=SINCE), INVALID),
        ),
    ),
)  # fmt: skip
