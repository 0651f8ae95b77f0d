"""Approved images as pairs for `selvage finetune`: the same for both Python clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selvage.client import Photo
from tests.parts.clients import Talk
from tests.parts.house import House
from training.pairs import find


async def test_what_was_approved_becomes_pairs_to_learn_from(
    house: House, talk: Talk, photos: list[Path], tmp_path: Path
) -> None:
    house.doubt()
    folder = tmp_path / "labelled"

    def scenario(client: Any) -> None:
        twice = Photo(photos[0], sku="TEE-1", image_no="3")
        job = client.submit([*photos, twice], shop="shop")
        client.wait(job.job_id, timeout=60)
        assert client.download_pairs(job.job_id, folder) == []
        first, _second, again = client.images(job.job_id)
        for image in (first, again):
            client.decide(image, "approve", reviewer="ann")
        client.wait(job.job_id, timeout=60)
        files = client.download_pairs(job.job_id, folder)
        assert [(one.file.name, one.fresh) for one in files] == [("alpha", True), ("original", True)]
        there = client.download_pairs(job.job_id, folder)
        assert [(one.path, one.fresh) for one in there] == [(one.path, False) for one in files]

    await talk(scenario)
    (pair,) = find(folder)
    assert pair.sku == "TEE-1"
    assert pair.image.read_bytes() == photos[0].read_bytes()
    assert not list(folder.rglob("*.part"))
