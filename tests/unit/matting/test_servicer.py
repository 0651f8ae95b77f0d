"""The service over real gRPC on loopback with the folder store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import numpy as np
import pytest

from selvage_api.images.v1.images_pb2 import ObjectRef
from selvage_api.matting.v1 import matting_service_pb2 as pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceStub
from services.kit import paper, rpc
from services.kit.errors import InvalidArgument, ObjectNotFound
from services.kit.pictures.encode import png8, png16, png_rgb, read_grey, read_rgb, read_rgba
from services.kit.settings import load
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.matting.by_name import SOLVERS
from services.matting.errors import UnknownSolver
from services.matting.main import start
from services.matting.pipeline import matte
from services.matting.settings import MattingSettings
from tests.unit.matting import scenes


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(StoreSettings(url=tmp_path.as_uri()))


@pytest.fixture
async def stub(store: ObjectStore) -> AsyncIterator[MattingServiceStub]:
    server = await start(MattingSettings(), "127.0.0.1:0", store)
    channel = rpc.connect(server.address)
    yield MattingServiceStub(channel)
    await channel.close()
    await server.stop(0)


def photo() -> tuple[scenes.Scene, scenes.F32, scenes.F32]:
    """A disc on paper with its shadow, and the model's maps."""
    scene = scenes.scene(scenes.disc(256), slope=0.0, noise=0.5)
    cast = 1 - 0.3 * np.roll(scene.alpha, 20, 1) * (1 - scene.alpha)
    rgb = (scene.rgb * np.where(scene.alpha[..., None] > 0.5, 1, cast[..., None])).astype(np.uint8)
    prior, belief = scenes.coarse(scene.alpha)
    return scenes.Scene(rgb, scene.alpha, scene.foreground, scene.background), prior, belief


def request(store: ObjectStore, *, plate: bool = True) -> pb.MatteRequest:
    scene, prior, belief = photo()
    files = {
        "photo": png_rgb(scene.rgb),
        "alpha": png16(prior),
        "confidence": png8(np.rint(belief * 255).astype(np.uint8)),
        "plate": paper.save(scenes.plate_of(scene.background)),
    }
    names = [name for name in files if plate or name != "plate"]
    references = {name: ObjectRef(key=store.put(f"in/{name}", files[name], "").key) for name in names}
    return pb.MatteRequest(output_prefix="out/matting", **references)


async def failure(call: grpc.aio.UnaryUnaryCall[object, object]) -> Exception:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return rpc.from_rpc_error(caught.value, "matting")


async def test_what_it_stores_is_what_the_pipeline_gives(stub: MattingServiceStub, store: ObjectStore) -> None:
    answer = await stub.Matte(request(store))
    scene, prior, belief = photo()
    stored_alpha = np.rint(prior * 65535).astype(np.float32) / np.float32(65535)
    stored_belief = np.rint(belief * 255).astype(np.float32) / np.float32(255)
    expected = matte(scene.rgb, stored_alpha, stored_belief, scenes.plate_of(scene.background))
    alpha = read_grey(store.get(answer.alpha.key))
    assert alpha.dtype == np.uint16
    assert np.abs(alpha / 65535 - expected.alpha).max() < 1e-4
    assert (read_grey(store.get(answer.confidence.key)) == expected.confidence).all()
    assert (read_grey(store.get(answer.trimap.key)) == expected.trimap).all()
    cut = read_rgba(store.get(answer.cutout.key))
    assert (cut[cut[..., 3] == 0] == 0).all()
    assert (cut[cut[..., 3] > 0][:, :3] == expected.foreground[cut[..., 3] > 0]).all()
    assert np.abs(cut[..., 3] / 255 - expected.alpha).max() < 0.003
    assert expected.shadow is not None
    assert (read_rgb(store.get(answer.shadow.key)) == expected.shadow).all()
    for reference in (answer.alpha, answer.confidence, answer.trimap, answer.cutout, answer.shadow):
        found = store.stat(reference.key)
        assert reference.key.startswith("out/matting/")
        assert (reference.sha256, reference.size_bytes, reference.media_type) == (found.sha256, found.size, "image/png")
    assert answer.numbers.status == "ok"
    assert answer.numbers.band_confidence == pytest.approx(expected.numbers.band_confidence)
    assert list(answer.numbers.frame_touch) == [0, 0, 0, 0]
    assert answer.numbers.subject_box.width == pytest.approx(0.6 * 256, abs=6)
    assert answer.numbers.shadow_detail == ""


async def test_without_a_plate_there_is_no_shadow_and_it_says_why(stub: MattingServiceStub, store: ObjectStore) -> None:
    answer = await stub.Matte(request(store, plate=False))
    assert not answer.HasField("shadow")
    assert "no plate" in answer.numbers.shadow_detail


async def test_describe_names_solvers_and_a_fingerprint(stub: MattingServiceStub) -> None:
    described = await stub.Describe(pb.DescribeRequest())
    assert tuple(described.solvers) == SOLVERS
    assert described.default_solver == "field"
    assert len(described.fingerprint) == 64


async def test_the_fingerprint_follows_settings_that_change_results(store: ObjectStore) -> None:
    seen = []
    for settings in (MattingSettings(), MattingSettings(confidence_threshold=0.9), MattingSettings(address="[::]:1")):
        server = await start(settings, "127.0.0.1:0", store)
        async with server:
            channel = rpc.connect(server.address)
            seen.append((await MattingServiceStub(channel).Describe(pb.DescribeRequest())).fingerprint)
            await channel.close()
    assert seen[0] != seen[1]
    assert seen[0] == seen[2]


async def test_bad_requests_come_back_as_rows(stub: MattingServiceStub, store: ObjectStore) -> None:
    good = request(store)
    for field in ("photo", "alpha", "confidence", "output_prefix"):
        lacking = pb.MatteRequest()
        lacking.CopyFrom(good)
        lacking.ClearField(field)  # type: ignore[arg-type]
        error = await failure(stub.Matte(lacking))
        assert isinstance(error, InvalidArgument)
        assert field in str(error)
    unknown = pb.MatteRequest()
    unknown.CopyFrom(good)
    unknown.options.solver = "magic"
    assert isinstance(await failure(stub.Matte(unknown)), UnknownSolver)
    crossed = pb.MatteRequest()
    crossed.CopyFrom(good)
    crossed.options.foreground_threshold = 0.3
    assert isinstance(await failure(stub.Matte(crossed)), InvalidArgument)
    gone = pb.MatteRequest()
    gone.CopyFrom(good)
    gone.alpha.key = "in/nowhere"
    assert isinstance(await failure(stub.Matte(gone)), ObjectNotFound)


def test_settings_refuse_an_unknown_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_MATTING_SOLVER", "magic")
    with pytest.raises(Exception, match="pymatting-cf"):
        load(MattingSettings)
