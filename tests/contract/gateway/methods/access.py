"""AccessService."""

from __future__ import annotations

from selvage_api.access.v1 import access_service_pb2 as pb
from tests.contract.gateway.method_table import FIELDS, INVALID, OTHER, Row, Scene, always
from tests.parts.house import House

NO_KEY = ("NOT_FOUND", "KEY_NOT_FOUND")
CREATE = pb.CreateKeyRequest(shop="shop", roles=[pb.ROLE_SUBMIT], label="till")


async def key(house: House) -> str:
    answer = await house.rest.post("/v1/keys", json={"shop": "shop", "roles": ["ROLE_SUBMIT"]})
    key_id: str = answer.json()["key"]["key_id"]
    return key_id


async def revoke(scene: Scene) -> pb.RevokeKeyRequest:
    return pb.RevokeKeyRequest(key_id=await key(scene.house))


async def rotate(scene: Scene) -> pb.RotateKeyRequest:
    return pb.RotateKeyRequest(key_id=await key(scene.house), overlap_seconds=60)


async def rotate_backwards(scene: Scene) -> pb.RotateKeyRequest:
    return pb.RotateKeyRequest(key_id=await key(scene.house), overlap_seconds=-1)


ROWS = (
    Row("CreateKey", always(CREATE), ((pb.CreateKeyRequest(shop="shop"), FIELDS),), again=OTHER),
    Row("ListKeys", always(pb.ListKeysRequest()), ((pb.ListKeysRequest(page_size=-1), INVALID),)),
    Row("RevokeKey", revoke, ((pb.RevokeKeyRequest(key_id="nobody"), NO_KEY),)),
    Row(
        "RotateKey", rotate, ((pb.RotateKeyRequest(key_id="nobody"), NO_KEY), (rotate_backwards, INVALID)), again=OTHER
    ),
    Row("GetQuota", always(pb.GetQuotaRequest(shop="shop")), ((pb.GetQuotaRequest(shop="No Shop"), INVALID),)),
    Row(
        "SetQuota", always(pb.SetQuotaRequest(quota=pb.Quota(shop="shop", open_images=9))),
        (
            (pb.SetQuotaRequest(), INVALID),
            (pb.SetQuotaRequest(quota=pb.Quota(shop="shop", open_images=-2)), FIELDS),
        ),
    ),
)  # fmt: skip
