"""A window of a stored matte solved again, over real gRPC and the folder store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import numpy as np
import pytest

from selvage_api.images.v1.images_pb2 import Box, ObjectRef
from selvage_api.matting.v1 import matting_service_pb2 as pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceStub
from services.kit import paper, rpc
from services.kit.errors import InvalidArgument, ObjectNotFound
from services.kit.pictures.encode import png8, png16, png_rgb, read_grey, read_rgb, read_rgba
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.matting.errors import MapsDoNotFit, NothingPainted
from services.matting.main import start
from services.matting.settings import MattingSettings
from tests.unit.matting import scenes

SIZE = 512
# A bite out of the disc that the model is certain of and wrong about, and the stroke that mends it.
LOST = np.s_[240:280, 140:190]
STROKE = pb.Stroke(label=pb.STROKE_LABEL_FOREGROUND, points=[pb.Point(x=150, y=258), pb.Point(x=180, y=258)], radius=8)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(StoreSettings(url=tmp_path.as_uri()))


@pytest.fixture
async def stub(store: ObjectStore) -> AsyncIterator[MattingServiceStub]:
    async with await start(MattingSettings(), "127.0.0.1:0", store) as server:
        channel = rpc.connect(server.address)
        yield MattingServiceStub(channel)
        await channel.close()


def maps(store: ObjectStore) -> dict[str, ObjectRef]:
    """A disc on paper, its plate, and what the model says of it."""
    scene = scenes.scene(scenes.disc(SIZE), noise=0.5)
    prior, belief = scenes.coarse(scene.alpha)
    half = np.s_[LOST[0].start // 2 : LOST[0].stop // 2, LOST[1].start // 2 : LOST[1].stop // 2]
    prior[half], belief[half] = 0, 1
    files = {
        "photo": png_rgb(scene.rgb),
        "alpha": png16(prior),
        "confidence": png8(np.rint(belief * 255).astype(np.uint8)),
        "plate": paper.save(scenes.plate_of(scene.background)),
    }
    return {name: ObjectRef(key=store.put(f"in/{name}", data, "").key) for name, data in files.items()}


async def solved(stub: Any, store: ObjectStore, solver: str = "") -> tuple[pb.MatteResponse, pb.ResolveWindowRequest]:
    """The matte before any stroke, and a request to solve a window of it."""
    given = maps(store)
    options = pb.MatteOptions(solver=solver)
    before = await stub.Matte(pb.MatteRequest(output_prefix="out/before", options=options, **given))
    layers = pb.MatteLayers(
        alpha=before.alpha, confidence=before.confidence, trimap=before.trimap, cutout=before.cutout
    )
    options.light = before.numbers.light
    request = pb.ResolveWindowRequest(
        output_prefix="out/after", options=options, matte=layers, strokes=[STROKE], whole=True, **given
    )
    return before, request


async def failure(call: grpc.aio.UnaryUnaryCall[object, object]) -> Exception:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return rpc.from_rpc_error(caught.value, "matting")


def pixels(store: ObjectStore, answer: Any) -> dict[str, np.ndarray]:
    found = {name: read_grey(store.get(getattr(answer, name).key)) for name in ("alpha", "confidence", "trimap")}
    return found | {"cutout": read_rgba(store.get(answer.cutout.key))}


def place(box: Box, inner: int = 0) -> tuple[slice, slice]:
    rows = slice(box.top + inner, box.top + box.height - inner)
    return rows, slice(box.left + inner, box.left + box.width - inner)


@pytest.mark.parametrize("solver", ["field", "fine"])
async def test_a_stroke_gives_what_the_whole_solve_gives(stub: Any, store: ObjectStore, solver: str) -> None:
    before, request = await solved(stub, store, solver)
    answer = await stub.ResolveWindow(request)
    whole = await stub.Matte(
        pb.MatteRequest(
            photo=request.photo, alpha=request.alpha, confidence=request.confidence, plate=request.plate,
            output_prefix="out/whole", options=request.options, strokes=[STROKE],
        )
    )  # fmt: skip
    old, new, told = (pixels(store, each) for each in (before, answer.matte, whole))
    outside = np.ones((SIZE, SIZE), bool)
    outside[place(answer.window)] = False
    for name, layer in new.items():
        assert (layer[outside] == old[name][outside]).all(), name
    # Nor does the whole solve change anything out there that could be seen.
    beyond = np.abs(told["alpha"][outside] / 65535 - new["alpha"][outside] / 65535)
    assert (beyond.max() < 0.05, beyond.mean() < 0.0005) == (True, True)
    inside = place(answer.window, 8)
    assert (new["trimap"][inside] == told["trimap"][inside]).all()
    apart = np.abs(new["alpha"][inside] / 65535 - told["alpha"][inside] / 65535)
    assert apart.max() < (0.05 if solver == "field" else 0.1)
    assert apart.mean() < 0.001
    truth = scenes.disc(SIZE)
    assert np.abs(old["alpha"] / 65535 - truth)[LOST].mean() > 0.4
    assert np.abs(new["alpha"] / 65535 - truth)[LOST].mean() < 0.02
    assert answer.matte.numbers.solver == solver
    assert answer.matte.numbers.light == before.numbers.light
    assert answer.matte.numbers.foreground_share > before.numbers.foreground_share
    assert answer.use.cpu_seconds > 0


async def test_the_window_alone_is_its_part_of_the_whole(stub: Any, store: ObjectStore) -> None:
    _, request = await solved(stub, store)
    answer = await stub.ResolveWindow(request)
    part, whole = pixels(store, answer.layers), pixels(store, answer.matte)
    for name, layer in part.items():
        assert (layer == whole[name][place(answer.window)]).all(), name
    request.whole = False
    request.output_prefix = "out/quick"
    quick = await stub.ResolveWindow(request)
    assert not quick.HasField("matte")
    assert quick.window == answer.window
    assert [quick.layers.alpha.sha256, quick.layers.cutout.sha256] == [
        answer.layers.alpha.sha256, answer.layers.cutout.sha256,
    ]  # fmt: skip
    assert not [each.key for each in store.list("out/quick/") if "/window/" not in each.key]


async def test_a_window_that_is_asked_for_is_cut_to_the_photo(stub: Any, store: ObjectStore) -> None:
    _, request = await solved(stub, store)
    request.window.CopyFrom(Box(left=-40, top=200, width=400, height=120))
    answer = await stub.ResolveWindow(request)
    assert answer.window == Box(left=0, top=200, width=360, height=120)
    truth = scenes.disc(SIZE)
    assert np.abs(pixels(store, answer.matte)["alpha"] / 65535 - truth)[LOST].mean() < 0.02


async def test_strokes_after_strokes_are_solved_on_what_was_mended(stub: Any, store: ObjectStore) -> None:
    """The second call gets the first one's matte and all strokes; it is as if both had been painted at once."""
    _, request = await solved(stub, store)
    further = pb.Stroke(label=pb.STROKE_LABEL_UNKNOWN, points=[pb.Point(x=360, y=300)], radius=10)
    first = await stub.ResolveWindow(request)
    once = pb.ResolveWindowRequest()
    once.CopyFrom(request)
    once.strokes.append(further)
    once.output_prefix = "out/once"
    once.window.CopyFrom(Box(left=90, top=190, width=330, height=170))
    once_answer = await stub.ResolveWindow(once)
    request.strokes.append(further)
    request.matte.CopyFrom(pb.MatteLayers(
        alpha=first.matte.alpha, confidence=first.matte.confidence, trimap=first.matte.trimap,
        cutout=first.matte.cutout,
    ))  # fmt: skip
    request.window.CopyFrom(Box(left=300, top=240, width=120, height=120))
    request.output_prefix = "out/second"
    second = await stub.ResolveWindow(request)
    one, two = pixels(store, once_answer.matte), pixels(store, second.matte)
    assert (one["trimap"] == two["trimap"]).all()
    apart = np.abs(one["alpha"] / 65535 - two["alpha"] / 65535)
    assert (apart.max() < 0.05, apart.mean() < 0.0005) == (True, True)


async def test_the_shadow_is_taken_anew(stub: Any, store: ObjectStore) -> None:
    before, request = await solved(stub, store)
    answer = await stub.ResolveWindow(request)
    # The bite was taken for a shadow on paper; now it is product, and the paper shows none.
    assert read_rgb(store.get(before.shadow.key))[LOST].mean() < 200
    assert not answer.matte.HasField("shadow")
    assert answer.matte.numbers.shadow_detail == "the paper shows no shadow"


async def test_bad_requests_come_back_as_rows(stub: Any, store: ObjectStore) -> None:
    _, good = await solved(stub, store)

    def changed(change: Any) -> pb.ResolveWindowRequest:
        request = pb.ResolveWindowRequest()
        request.CopyFrom(good)
        change(request)
        return request

    for field in ("photo", "alpha", "confidence", "output_prefix"):
        error = await failure(stub.ResolveWindow(changed(lambda request, name=field: request.ClearField(name))))
        assert isinstance(error, InvalidArgument), field
        assert field in str(error)
    for field in ("alpha", "confidence", "trimap", "cutout"):
        error = await failure(stub.ResolveWindow(changed(lambda request, name=field: request.matte.ClearField(name))))
        assert isinstance(error, InvalidArgument), field
        assert f"matte.{field}" in str(error)
    strokes = {
        "strokes[0].label": pb.Stroke(points=[pb.Point(x=1, y=1)], radius=3),
        "strokes[0].points": pb.Stroke(label=pb.STROKE_LABEL_FOREGROUND, radius=3),
        "strokes[0].radius": pb.Stroke(label=pb.STROKE_LABEL_UNKNOWN, points=[pb.Point(x=1, y=1)], radius=float("nan")),
    }
    strokes["strokes[1].points"] = pb.Stroke(
        label=pb.STROKE_LABEL_UNKNOWN, points=[pb.Point(x=float("inf"), y=0)], radius=1
    )
    for name, stroke in strokes.items():

        def paint(request: pb.ResolveWindowRequest, name: str = name, stroke: pb.Stroke = stroke) -> None:
            if "[0]" in name:
                request.ClearField("strokes")
            request.strokes.append(stroke)

        error = await failure(stub.ResolveWindow(changed(paint)))
        assert isinstance(error, InvalidArgument), name
        assert name in str(error)
    flat = changed(lambda request: request.window.CopyFrom(Box(left=10, top=10, width=0, height=5)))
    assert "window" in str(await failure(stub.ResolveWindow(flat)))
    away = changed(lambda request: request.window.CopyFrom(Box(left=SIZE, top=0, width=9, height=9)))
    assert isinstance(await failure(stub.ResolveWindow(away)), NothingPainted)
    unpainted = changed(lambda request: request.ClearField("strokes"))
    assert isinstance(await failure(stub.ResolveWindow(unpainted)), NothingPainted)
    gone = changed(lambda request: setattr(request.matte.trimap, "key", "out/nowhere"))
    assert isinstance(await failure(stub.ResolveWindow(gone)), ObjectNotFound)
    small = store.put("in/small", png8(np.zeros((8, 8), np.uint8)), "image/png")
    foreign = changed(lambda request: setattr(request.matte.trimap, "key", small.key))
    assert isinstance(await failure(stub.ResolveWindow(foreign)), MapsDoNotFit)
    assert not list(store.list("out/after/")), "nothing is left of calls that failed"


async def test_a_call_past_its_deadline_leaves_nothing(stub: Any, store: ObjectStore) -> None:
    _, request = await solved(stub, store)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ResolveWindow(request, timeout=0.001)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert not list(store.list("out/after/"))
