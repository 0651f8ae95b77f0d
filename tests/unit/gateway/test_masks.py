"""Read masks: which fields an answer has."""

from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from gateway import masks
from selvage_api.images.v1 import images_pb2
from services.kit.errors import InvalidArgument

IMAGE = images_pb2.Image(
    image_id="1", sku="TEE", original=images_pb2.ObjectRef(key="k", size_bytes=3),
    files=[images_pb2.ImageFile(name="alpha", width=2)],
)  # fmt: skip


def test_only_what_is_named_is_kept() -> None:
    table = [
        (["sku"], images_pb2.Image(sku="TEE")),
        (["image_id", "original.key"], images_pb2.Image(image_id="1", original=images_pb2.ObjectRef(key="k"))),
        (["files"], images_pb2.Image(files=IMAGE.files)),
        (["category"], images_pb2.Image()),
        ([], IMAGE),
        (["*"], IMAGE),
    ]
    for paths, expected in table:
        mask = FieldMask(paths=paths)
        masks.check(mask, images_pb2.Image)
        assert masks.apply(mask, IMAGE) == expected


@pytest.mark.parametrize("path", ["colour", "sku.length", "original.colour", "files.name", "", ".", "sku.", "imageId"])
def test_a_path_that_is_no_field_is_refused(path: str) -> None:
    with pytest.raises(InvalidArgument, match="read_mask"):
        masks.check(FieldMask(paths=["sku", path]), images_pb2.Image)
