"""Decoding in worker processes gives the same pictures and the same refusals, and can be stopped."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from services.kit import pictures
from services.kit.errors import FileTooLarge, SettingsInvalid, TooManyPixels, TruncatedFile, UnsupportedFormat
from services.kit.pictures import guarded
from services.kit.pictures.decode import decode as decode_here
from services.kit.pictures.errors import DecodeCrashed, DecodeMemory, DecodeTimeout
from services.kit.pictures.exchange import exchange
from tests.parts import photos, raws

LIMITS = {"bytes": 200_000_000, "megapixels": 120.0, "side": 20_000, "min_side": 16, "frames": 1}


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_LIMIT_DECODE", "process")


@pytest.fixture
def worker() -> Iterator[guarded.Worker]:
    made = guarded.Worker()
    yield made
    if made.alive:
        made.close()


@pytest.mark.parametrize(
    "data",
    [
        photos.jpeg(photos.quarters(), profile=photos.DISPLAY_P3, orientation=6),
        photos.png(np.dstack([photos.quarters(), np.full((48, 64), 90, np.uint8)])),
        raws.dng(np.full((64, 64, 3), 0.2, np.float32)),
    ],
    ids=["jpeg", "png", "dng"],
)
def test_a_worker_gives_the_same_picture(data: bytes, process: None) -> None:
    here, there = decode_here(data, long_side=40), pictures.decode(data, long_side=40)
    assert np.array_equal(here.rgb, there.rgb)
    assert there.rgb.flags.writeable
    assert (here.alpha is None and there.alpha is None) or np.array_equal(here.alpha, there.alpha)
    assert (here.info, here.icc) == (there.info, there.icc)
    assert pictures.probe(data) == here.info


def test_a_worker_gives_the_same_refusals(process: None) -> None:
    for data, row in (
        (photos.jpeg(photos.gradient(300, 400))[:-900], TruncatedFile),
        (photos.lying_jpeg(60_000, 60_000), TooManyPixels),
        (b"%PDF-1.7", UnsupportedFormat),
    ):
        with pytest.raises(row) as there:
            pictures.decode(data)
        with pytest.raises(row) as here:
            decode_here(data)
        assert there.value.message == here.value.message
        assert there.value.details == here.value.details


def test_workers_are_kept_and_callers_do_not_share_one(process: None) -> None:
    data, crew = photos.png(photos.quarters()), guarded._crew()
    pictures.probe(data)
    before = list(crew._idle)
    pictures.probe(data)
    assert crew._idle == before
    found: list[pictures.Picture] = []
    threads = [threading.Thread(target=lambda: found.append(pictures.decode(data))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(picture.rgb, photos.quarters()) for picture in found)
    assert len(found) == 3


def test_a_worker_that_died_idle_is_replaced(process: None) -> None:
    data = photos.png(photos.quarters())
    pictures.probe(data)
    for idle in guarded._crew()._idle:
        idle._process.kill()
        idle._process.wait()
    assert pictures.probe(data).width == 64


@pytest.mark.parametrize(
    ("seconds", "memory_mb", "row"), [(0.3, 4096, DecodeTimeout), (60.0, 1, DecodeMemory)], ids=["time", "memory"]
)
def test_a_worker_beyond_its_bound_is_killed(
    worker: guarded.Worker, tmp_path: Path, seconds: float, memory_mb: int, row: type[Exception]
) -> None:
    # Reading a pipe nobody writes to hangs as a decoder would.
    hang = tmp_path / "hang"
    os.mkfifo(hang)
    with pytest.raises(row):
        worker.ask({"data": str(hang), "limits": LIMITS, "pixels": None}, seconds, memory_mb)
    assert not worker.alive


def test_a_worker_that_breaks_down_is_told_apart(worker: guarded.Worker, tmp_path: Path) -> None:
    hang = tmp_path / "hang"
    os.mkfifo(hang)
    timer = threading.Timer(0.3, worker._process.kill)
    timer.start()
    with pytest.raises(DecodeCrashed):
        worker.ask({"data": str(hang), "limits": LIMITS, "pixels": None}, 60, 4096)
    timer.join()


def test_a_worker_holds_no_secrets_and_ends_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_STORE_SECRET_KEY", "hush")
    worker = guarded.Worker()
    assert not [name for name in psutil.Process(worker._process.pid).environ() if name.startswith("SELVAGE_")]
    assert worker.close() == 0


def test_memory_taken_from_an_exchange_outlives_it() -> None:
    with exchange() as made:
        made.write(b"pixels")
        memory = made.take()
    assert bytes(memory) == b"pixels"


@pytest.mark.parametrize("mode", ["inline", "process"])
def test_limits_come_from_the_environment(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = photos.png(photos.quarters())
    monkeypatch.setenv("SELVAGE_LIMIT_DECODE", mode)
    monkeypatch.setenv("SELVAGE_LIMIT_SIDE", "60")
    with pytest.raises(TooManyPixels, match="60 pixels a side"):
        pictures.probe(data)
    monkeypatch.setenv("SELVAGE_LIMIT_BYTES", "50")
    with pytest.raises(FileTooLarge):
        pictures.decode(data)
    assert pictures.decode(data, pictures.Limits()).info.width == 64
    monkeypatch.setenv("SELVAGE_LIMIT_BYTES", "many")
    with pytest.raises(SettingsInvalid, match="SELVAGE_LIMIT_BYTES"):
        pictures.current_limits()
