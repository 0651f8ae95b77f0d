"""The segment service over real gRPC and the folder store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest
import pytest_asyncio

from selvage_api.images.v1.images_pb2 import ObjectRef
from selvage_api.segment.v1 import segment_service_pb2 as pb
from selvage_api.segment.v1.segment_service_pb2_grpc import SegmentServiceStub
from services.kit import paper, rpc
from services.kit.pictures.encode import png_rgb, read_grey
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.segment.main import start
from services.segment.settings import SegmentSettings


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(StoreSettings(url=tmp_path.as_uri()))


@pytest_asyncio.fixture
async def stub(store: ObjectStore) -> AsyncIterator[Any]:
    async with await start(SegmentSettings(), "127.0.0.1:0", store) as server:
        channel = rpc.connect(server.address)
        yield SegmentServiceStub(channel)
        await channel.close()


def photo(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rgb = np.full((240, 320, 3), 222, np.uint8)
    y, x = rng.integers(20, 120), rng.integers(20, 180)
    rgb[y : y + 100, x : x + 110] = (150, 40, 40)
    return np.clip(rgb + rng.normal(0, 1.5, rgb.shape), 0, 255).astype(np.uint8)


def put(store: ObjectStore, key: str, data: bytes) -> ObjectRef:
    kept = store.put(key, data, "image/png")
    return ObjectRef(key=kept.key, sha256=kept.sha256, size_bytes=kept.size, media_type=kept.media_type)


async def test_it_says_what_runs(stub: Any) -> None:
    about = await stub.Describe(pb.DescribeRequest())
    assert {row.name: row.kind for row in about.profiles} == {"fused": "fused", "model": "onnx", "paper": "paper"}
    assert about.default_profile in {row.name for row in about.profiles}
    assert len(about.fingerprint) == 64
    assert all(row.licence for row in about.profiles if row.kind != "paper")


@pytest.mark.parametrize("profile", ["", "model", "paper", "fused"])
async def test_a_photo_goes_in_and_two_maps_come_out(stub: Any, store: ObjectStore, profile: str) -> None:
    rgb = photo()
    ref = put(store, "shop/photo.png", png_rgb(rgb))
    plate = await stub.EstimatePlate(pb.EstimatePlateRequest(photos=[ref], output_prefix="shop/plate"))
    assert plate.numbers.usable and plate.numbers.kind == "photo"
    assert plate.plate.key == "shop/plate/plate.npz"
    assert paper.load(store.get(plate.plate.key)).usable
    answer = await stub.Segment(
        pb.SegmentRequest(photo=ref, plate=plate.plate, profile=profile, output_prefix="shop/segment")
    )
    alpha, confidence = read_grey(store.get(answer.alpha.key)), read_grey(store.get(answer.confidence.key))
    assert alpha.dtype == np.uint16 and confidence.dtype == np.uint8
    assert alpha.shape == confidence.shape
    assert abs(alpha.shape[1] / alpha.shape[0] - 320 / 240) < 0.02
    assert answer.profile == (profile or "fused")
    truth = 100 * 110 / (240 * 320)
    assert abs(answer.numbers.foreground_share - truth) < 0.02
    assert 0 < answer.numbers.edge_confidence <= 1


async def test_a_product_that_is_small_in_its_photo_is_looked_at_again(stub: Any, store: ObjectStore) -> None:
    rgb = np.full((1600, 2400, 3), 214, np.uint8)
    cv2.ellipse(rgb, ((1500, 700), (260, 420), 20), (150, 40, 40), -1, cv2.LINE_AA)
    truth = np.zeros((1600, 2400), np.uint8)
    cv2.ellipse(truth, ((1500, 700), (260, 420), 20), 255, -1, cv2.LINE_AA)
    rgb = np.clip(rgb + np.random.default_rng(5).normal(0, 1.5, rgb.shape), 0, 255).astype(np.uint8)
    ref = put(store, "shop/small.png", png_rgb(rgb))
    plate = await stub.EstimatePlate(pb.EstimatePlateRequest(photos=[ref], output_prefix="shop/small/plate"))
    answer = await stub.Segment(pb.SegmentRequest(photo=ref, plate=plate.plate, output_prefix="shop/small"))
    alpha = read_grey(store.get(answer.alpha.key))
    assert 1024 < max(alpha.shape) <= 2400
    found = cv2.resize(alpha, truth.shape[::-1], interpolation=cv2.INTER_LINEAR) / 65535
    assert np.abs(found - truth / 255).mean() < 0.0005


async def test_a_shoot_has_one_plate(stub: Any, store: ObjectStore) -> None:
    refs = [put(store, f"shop/{number}.png", png_rgb(photo(number))) for number in range(6)]
    answer = await stub.EstimatePlate(pb.EstimatePlateRequest(photos=refs, output_prefix="shop/shoot"))
    assert answer.numbers.kind == "shoot" and answer.numbers.usable, answer.numbers.detail


async def test_the_shoots_plate_comes_at_the_photos_exposure(stub: Any, store: ObjectStore) -> None:
    refs = [put(store, f"shop/{n}", png_rgb(photo(n))) for n in range(5)]
    shoot = await stub.EstimatePlate(pb.EstimatePlateRequest(photos=refs, output_prefix="shop/shoot"))
    darker = np.clip(photo(7).astype(np.float32) * 0.9, 0, 255).astype(np.uint8)
    request = pb.EstimatePlateRequest(
        photos=[put(store, "shop/darker", png_rgb(darker))], shoot_plate=shoot.plate, output_prefix="shop/fitted"
    )
    answer = await stub.EstimatePlate(request)
    assert (answer.numbers.kind, answer.numbers.usable) == ("shoot", True), answer.numbers.detail
    fitted, clean = (paper.load(store.get(each.plate.key)).linear for each in (answer, shoot))
    np.testing.assert_allclose(np.median(fitted / clean, (0, 1)), answer.numbers.gain, rtol=0.02)
    assert all(0.7 < gain < 0.9 for gain in answer.numbers.gain)  # 0.9 of the code is 0.79 of the light


async def test_an_empty_frame_is_a_plate(stub: Any, store: ObjectStore) -> None:
    frame = put(store, "shop/empty", png_rgb(np.full((240, 320, 3), 222, np.uint8)))
    request = pb.EstimatePlateRequest(photos=[frame], empty_frame=True, output_prefix="shop/plate")
    answer = await stub.EstimatePlate(request)
    assert (answer.numbers.kind, answer.numbers.usable, list(answer.numbers.gain)) == ("shoot", True, [])
    request.photos.append(frame)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.EstimatePlate(request)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"profile": "magic"}, "UNKNOWN_PROFILE"),
        ({"profile": "paper"}, "PLATE_MISSING"),
        ({"photo": ObjectRef(key="shop/nowhere.png")}, "OBJECT_NOT_FOUND"),
        ({"photo": ObjectRef()}, "INVALID_ARGUMENT"),
        ({"output_prefix": ""}, "INVALID_ARGUMENT"),
        ({"plate": ObjectRef(key="shop/photo.png")}, "PLATE_INVALID"),
    ],
)
async def test_what_cannot_be_done_names_its_row(
    stub: Any, store: ObjectStore, change: dict[str, Any], reason: str
) -> None:
    fields: dict[str, Any] = {"photo": put(store, "shop/photo.png", png_rgb(photo())), "output_prefix": "shop/out"}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Segment(pb.SegmentRequest(**(fields | change)))
    assert rpc.from_rpc_error(caught.value).reason == reason
