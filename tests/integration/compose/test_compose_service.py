"""The compose service over real gRPC on loopback and a folder store."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import numpy as np
import pytest
import yaml
from psd_tools import PSDImage

from selvage_api.compose.v1 import compose_service_pb2 as pb
from selvage_api.compose.v1.compose_service_pb2_grpc import ComposeServiceStub
from selvage_api.images.v1 import images_pb2
from services.compose import naming
from services.compose.main import start
from services.compose.settings import ComposeSettings
from services.kit.pictures import decode, display_p3_profile, probe, srgb_to_display_p3
from services.kit.pictures.encode import export, png16, png_rgb, png_rgba
from services.kit.rpc import connect, from_rpc_error
from services.kit.store.folder import FolderStore
from tests.parts.cutouts import ellipse

TEMPLATE = {
    "schema": "selvage/template@1",
    "name": "small",
    "revision": 4,
    "canvas": {"width": 200, "height": 160},
    "background": {"type": "paper", "colour": "#f0f0ee"},
    "shadow": {"mode": "auto"},
    "exports": [{"name": "con", "width": 200, "format": "jpeg"}, {"name": "half", "width": 100, "format": "webp"}],
}
MARKET = {
    "schema": "selvage/template@1",
    "name": "market",
    "revision": 1,
    "canvas": {"width": 200, "height": 160},
    "psd": False,
    "exports": [{"name": "main", "preset": "aboutyou_bust"}],
}


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "store")
    cutout = ellipse()
    store.put("s/photo.png", png_rgb(cutout.photo), "image/png")
    alpha = np.rint(cutout.alpha * 255).astype(np.uint8)
    store.put("s/cutout.png", png_rgba(np.dstack([cutout.foreground, alpha])), "image/png")
    store.put("s/alpha.png", png16(cutout.alpha), "image/png")
    shadow = np.full((120, 150, 3), 255, np.uint8)
    shadow[80:100, 40:110] = 150
    store.put("s/shadow.png", png_rgb(shadow), "image/png")
    return store


@pytest.fixture
async def stub(store: FolderStore, tmp_path: Path) -> AsyncIterator[ComposeServiceStub]:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "small.yaml").write_text(yaml.safe_dump(TEMPLATE))
    (folder / "market.yaml").write_text(yaml.safe_dump(MARKET))
    settings = ComposeSettings(templates=folder, template="small", scratch=tmp_path)
    async with await start(settings, "127.0.0.1:0", store) as server:
        channel = connect(server.address)
        yield ComposeServiceStub(channel)
        await channel.close()


def request(**changes: object) -> pb.ComposeRequest:
    values = {
        "photo": images_pb2.ObjectRef(key="s/photo.png"),
        "cutout": images_pb2.ObjectRef(key="s/cutout.png"),
        "alpha": images_pb2.ObjectRef(key="s/alpha.png"),
        "naming": pb.Naming(
            sku="TEE_1", image_no="2", date="20261123", state=images_pb2.ImageState.IMAGE_STATE_NEEDS_REVIEW
        ),
        "output_prefix": "s/compose/1",
    }
    return pb.ComposeRequest(**(values | changes))  # type: ignore[arg-type]


async def test_describe_lists_templates_and_the_default(stub: ComposeServiceStub) -> None:
    answer = await stub.Describe(pb.DescribeRequest())
    assert answer.default_template == "small"
    assert {"small": 4, "studio-white": 1}.items() <= {t.name: t.revision for t in answer.templates}.items()
    assert len(answer.fingerprint) == 64
    digest = hashlib.sha256(yaml.safe_dump(TEMPLATE).encode()).hexdigest()
    assert next(t.digest for t in answer.templates if t.name == "small") == digest


async def test_compose_stores_what_it_names(stub: ComposeServiceStub, store: FolderStore, tmp_path: Path) -> None:
    answer = await stub.Compose(request())
    files = {file.name: file for file in answer.files}
    assert {name: (file.file_name, file.width, file.height) for name, file in files.items()} == {
        "psd": ("TEE~5f1_2_20261123_needs-review.psd", 200, 160),
        "export:con": ("TEE~5f1_2_20261123_needs-review_con.jpg", 200, 160),
        "export:half": ("TEE~5f1_2_20261123_needs-review_half.webp", 100, 80),
    }
    for file in files.values():
        data = store.get(file.object.key)
        assert file.object.key.startswith("s/compose/1/")
        assert (file.object.sha256, file.object.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert probe(store.get(files["export:half"].object.key)).format == "webp"
    parsed = naming.parse(files["psd"].file_name.removesuffix(".psd"))
    assert (parsed.sku, parsed.state) == ("TEE_1", "needs_review")
    store.get_file(files["psd"].object.key, tmp_path / "a.psd")
    assert [layer.name for layer in PSDImage.open(tmp_path / "a.psd")] == ["Background", "Product"]
    numbers = answer.numbers
    assert (numbers.template, numbers.shadow) == ("small", "standard")
    assert numbers.shadow_detail == "the photo's own shadow could not be extracted"
    assert numbers.placed.height == 136  # 85 % of 160
    assert numbers.scale == pytest.approx(136 / 165, abs=0.005)


async def test_the_original_shadow_is_used_when_given(stub: ComposeServiceStub) -> None:
    answer = await stub.Compose(request(shadow=images_pb2.ObjectRef(key="s/shadow.png")))
    assert (answer.numbers.shadow, answer.numbers.shadow_detail) == ("original", "")


async def test_a_preview_is_a_small_picture_and_stores_nothing(stub: ComposeServiceStub, store: FolderStore) -> None:
    before = {entry.key for entry in store.list("s/")}
    asked = pb.PreviewRequest(
        cutout=images_pb2.ObjectRef(key="s/cutout.png"), shadow=images_pb2.ObjectRef(key="s/shadow.png"), sku="TEE_1"
    )
    answer = await stub.Preview(asked)
    assert (answer.media_type, answer.width, answer.height) == (
        "image/jpeg",
        200,
        160,
    )
    assert {entry.key for entry in store.list("s/")} == before
    await stub.Compose(request(shadow=images_pb2.ObjectRef(key="s/shadow.png")))
    full = decode(store.get("s/compose/1/export-con.jpg")).rgb
    assert np.abs(decode(answer.image).rgb.astype(int) - full).mean() < 1.5


async def test_a_preview_needs_a_cutout(stub: ComposeServiceStub) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Preview(pb.PreviewRequest(template="small"))
    assert from_rpc_error(caught.value).reason == "INVALID_ARGUMENT"


async def test_what_a_person_decided_is_said_in_the_files(stub: ComposeServiceStub, store: FolderStore) -> None:
    await stub.Compose(request(reviewed=True))
    assert b"digitalsourcetype/humanEdits" in store.get("s/compose/1/export-con.jpg")
    assert b"digitalsourcetype/humanEdits" in store.get("s/compose/1/layers.psd")


async def test_calls_side_by_side_give_the_same_bytes(stub: ComposeServiceStub) -> None:
    answers = await asyncio.gather(*(stub.Compose(request(output_prefix=f"s/run{n}")) for n in range(3)))
    digests = [[file.object.sha256 for file in answer.files] for answer in answers]
    assert digests[0] == digests[1] == digests[2]


async def test_an_export_of_a_preset_comes_with_its_report(stub: ComposeServiceStub, store: FolderStore) -> None:
    answer = await stub.Compose(request(template="market"))
    files = {file.name: file for file in answer.files}
    assert set(files) == {"export:main", "compliance"}
    assert (files["compliance"].file_name, files["compliance"].object.media_type) == (
        "TEE~5f1_2_20261123_needs-review_compliance.json",
        "application/json",
    )
    kept = json.loads(store.get(files["compliance"].object.key))["reports"]
    (told,) = answer.compliance
    assert (told.preset, told.revision, told.export, told.verdict) == ("aboutyou_bust", 1, "main", "pass")
    assert told.file == files["export:main"].file_name
    assert [rule["rule"] for rule in kept[0]["rules"]] == [rule.rule for rule in told.rules]
    assert {rule.verdict for rule in told.rules} == {"pass"}
    assert all(rule.measured and rule.limit and rule.detail for rule in told.rules)


async def test_the_rendering_intent_is_recorded(stub: ComposeServiceStub, store: FolderStore) -> None:
    plain = (await stub.Compose(request())).numbers
    assert (plain.source_profile, plain.rendering_intent) == ("sRGB IEC61966-2.1", "")
    wide = export(srgb_to_display_p3(ellipse().photo), "png", quality=100, profile=display_p3_profile())
    store.put("s/wide.png", wide, "image/png")
    numbers = (await stub.Compose(request(photo=images_pb2.ObjectRef(key="s/wide.png")))).numbers
    assert numbers.source_profile == "Display P3"
    assert numbers.rendering_intent == "relative colorimetric with black point compensation"


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"template": "nope"}, grpc.StatusCode.NOT_FOUND, "TEMPLATE_UNKNOWN"),
        ({"alpha": None}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        ({"output_prefix": ""}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        ({"photo": images_pb2.ObjectRef(key="s/none.png")}, grpc.StatusCode.NOT_FOUND, "OBJECT_NOT_FOUND"),
        ({"naming": pb.Naming(sku="A", image_no="1")}, grpc.StatusCode.INVALID_ARGUMENT, "NAME_INVALID"),
        ({"alpha": images_pb2.ObjectRef(key="s/empty.png")}, grpc.StatusCode.FAILED_PRECONDITION, "CUTOUT_EMPTY"),
        ({"alpha": images_pb2.ObjectRef(key="s/other.png")}, grpc.StatusCode.INVALID_ARGUMENT, "CUTOUT_MISMATCH"),
    ],
)  # fmt: skip
async def test_errors_keep_their_row(
    stub: ComposeServiceStub, store: FolderStore, changes: dict[str, object], code: grpc.StatusCode, reason: str
) -> None:
    store.put("s/empty.png", png16(np.zeros((240, 300), np.float32)), "image/png")
    store.put("s/other.png", png16(np.ones((24, 30), np.float32)), "image/png")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Compose(request(**changes))
    assert caught.value.code() == code
    assert from_rpc_error(caught.value).reason == reason
