"""RenderCutout over real gRPC and a folder store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.compose.v1.compose_service_pb2_grpc import ComposeServiceStub
from selvage_api.images.v1 import images_pb2
from services.compose.main import start
from services.compose.settings import ComposeSettings
from services.kit.pictures import decode
from services.kit.pictures.encode import png16, png_rgb, png_rgba, read_rgba
from services.kit.rpc import connect, from_rpc_error
from services.kit.store.folder import FolderStore
from tests.parts.cutouts import ellipse


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "store")
    cutout = ellipse()
    alpha8 = np.rint(cutout.alpha * 255).astype(np.uint8)
    store.put("shop/m/cutout.png", png_rgba(np.dstack([cutout.foreground, alpha8])), "image/png")
    store.put("shop/m/alpha.png", png16(cutout.alpha), "image/png")
    store.put("shop/m/grass.png", png_rgb(np.full((30, 30, 3), (30, 160, 20), np.uint8)), "image/png")
    return store


@pytest.fixture
async def compose(store: FolderStore) -> AsyncIterator[Any]:
    server = await start(ComposeSettings(), "127.0.0.1:0", store)
    channel = connect(server.address)
    yield ComposeServiceStub(channel)
    await channel.close()
    await server.stop(0)


def request(style: pb.CutoutStyle, **changes: Any) -> pb.RenderCutoutRequest:
    values: dict[str, Any] = {
        "cutout": images_pb2.ObjectRef(key="shop/m/cutout.png"),
        "alpha": images_pb2.ObjectRef(key="shop/m/alpha.png"),
        "output_prefix": "shop/r/",
    }
    return pb.RenderCutoutRequest(style=style, **(values | changes))


async def test_a_crop_comes_as_a_file_with_its_numbers(compose: Any, store: FolderStore) -> None:
    style = pb.CutoutStyle(
        crop=True,
        format=pb.CUTOUT_FORMAT_PNG,
        margins=pb.CutoutMargins(top=pb.CutoutLength(share=0.1)),
        max_pixels=9000,
    )
    answer = await compose.RenderCutout(request(style))
    assert (answer.foreground.width, answer.foreground.height) == (203, 163)
    assert (answer.full_width, answer.full_height) == (203, 163 + 16)
    assert answer.file.object.key == "shop/r/cutout.png" and answer.file.object.media_type == "image/png"
    rgba = read_rgba(store.get(answer.file.object.key))
    assert rgba.shape == (answer.file.height, answer.file.width, 4)
    assert 8800 <= answer.file.width * answer.file.height <= 9000


async def test_a_backdrop_lies_behind(compose: Any, store: FolderStore) -> None:
    answer = await compose.RenderCutout(
        request(pb.CutoutStyle(), backdrop=images_pb2.ObjectRef(key="shop/m/grass.png"))
    )
    assert answer.file.object.media_type == "image/jpeg"
    rgb = decode(store.get(answer.file.object.key)).rgb
    assert np.abs(rgb[2, 2].astype(int) - (30, 160, 20)).max() <= 3


@pytest.mark.parametrize(
    ("style", "field"),
    [
        (pb.CutoutStyle(scale=0.05), "style.scale"),
        (pb.CutoutStyle(scale=float("nan")), "style.scale"),
        (pb.CutoutStyle(max_pixels=-1), "style.max_pixels"),
        (pb.CutoutStyle(format=99), "style.format"),  # type: ignore[arg-type]
        (pb.CutoutStyle(shadow=99), "style.shadow"),  # type: ignore[arg-type]
        (pb.CutoutStyle(shadow_opacity=2), "style.shadow_opacity"),
        (pb.CutoutStyle(region=images_pb2.Box(left=1, width=300, height=1)), "style.region"),
        (pb.CutoutStyle(region=images_pb2.Box(width=0, height=1)), "style.region"),
        (pb.CutoutStyle(background=pb.Colour(red=256)), "style.background"),
        (pb.CutoutStyle(position=pb.CutoutPosition(x=-0.1)), "style.position.x"),
        (pb.CutoutStyle(margins=pb.CutoutMargins(top=pb.CutoutLength(pixels=-1))), "style.margins"),
    ],
)
async def test_what_cannot_be_drawn_is_told(compose: Any, style: pb.CutoutStyle, field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await compose.RenderCutout(request(style))
    error = from_rpc_error(refused.value)
    assert (error.reason, error.details["field"]) == ("INVALID_ARGUMENT", field)


async def test_what_is_missing_is_told(compose: Any) -> None:
    for changes, field in (
        ({"cutout": None}, "cutout"),
        ({"alpha": None}, "alpha"),
        ({"output_prefix": ""}, "output_prefix"),
        ({"backdrop": images_pb2.ObjectRef(key="shop/m/grass.png")}, "backdrop"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await compose.RenderCutout(request(pb.CutoutStyle(background=pb.Colour(alpha=255)), **changes))
        assert from_rpc_error(refused.value).details["field"] == field


async def test_an_empty_region_says_that_no_product_is_there(compose: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await compose.RenderCutout(request(pb.CutoutStyle(region=images_pb2.Box(width=10, height=10))))
    assert from_rpc_error(refused.value).reason == "CUTOUT_EMPTY"
