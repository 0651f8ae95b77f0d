"""Both Python clients against a whole gateway: the same scenario, the same outcome."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import (
    EtagMismatch,
    FieldsInvalid,
    ImageNotFound,
    JobNotFound,
    ObjectsMissing,
    RequestIdReused,
)
from gateway.shoots.errors import ShootNotFound
from selvage.client import Fetched, NewImage, Photo, Progress
from selvage.errors import FileChanged, WaitTimedOut
from services.kit.errors import InvalidArgument, UnreadableFile
from tests.parts.clients import Talk
from tests.parts.cutting import cutting
from tests.parts.house import House, photo


async def test_paths_become_files_in_a_folder(house: House, talk: Talk, photos: list[Path], tmp_path: Path) -> None:
    seen: list[Progress] = []
    up: list[int] = []
    fetched: list[Fetched] = []

    def scenario(client: Any) -> None:
        job = client.submit(photos, shop="shop", label="monday", on_upload=up.append)
        assert (job.label, job.counts["total"], job.replayed) == ("monday", 2, False)
        assert client.wait(job.job_id, seen.append, timeout=60).state == "finished"
        images = list(client.images(job.job_id))
        assert [(image.sku, image.image_no, image.state) for image in images] == [
            ("TEE-1", "1", "approved"),
            ("TEE-1", "2", "approved"),
        ]
        assert client.image(images[0].image_id) == images[0]
        assert [one.job_id for one in client.jobs("shop")] == [job.job_id]
        some = client.download_all(job.job_id, tmp_path / "out", only=["cutout", "export:*"], on_file=fetched.append)
        assert {one.file.name for one in some} == {"cutout", "export:large"}
        everything = client.download_all(job.job_id, tmp_path / "out")
        assert {one.path for one in everything if not one.fresh} == {one.path for one in some}
        for one in everything:
            assert hashlib.sha256(one.path.read_bytes()).hexdigest() == one.file.sha256
        original = client.download(images[1], "original", tmp_path / "again.png")
        assert original.read_bytes() == photos[1].read_bytes()

    await talk(scenario)
    assert up == [1, 2]
    assert seen[-1].job.ended
    assert len(fetched) == 4
    assert (tmp_path / "out" / "TEE-1" / "masks").is_dir()
    assert not list((tmp_path / "out").rglob("*.part"))


async def test_the_same_submission_is_the_same_job(house: House, talk: Talk, photos: list[Path]) -> None:
    def scenario(client: Any) -> None:
        first, again = (client.submit(photos, shop="shop") for _ in range(2))
        assert (again.job_id, again.replayed) == (first.job_id, True)
        other = client.submit(photos, shop="shop", label="another wish")
        named = client.submit(photos, shop="shop", request_id="once-more")
        assert len({first.job_id, other.job_id, named.job_id}) == 3
        with pytest.raises(RequestIdReused):
            client.submit(photos[:1], shop="shop", request_id="once-more")

    await talk(scenario)


async def test_photos_come_as_bytes_as_streams_and_uploaded(talk: Talk, photos: list[Path]) -> None:
    class Pipe(io.RawIOBase):
        """Read once, from the beginning to the end."""

        left = photo(7)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            piece, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
            buffer[: len(piece)] = piece
            return len(piece)

    def scenario(client: Any) -> None:
        stored = client.upload(photos[0], shop="shop")
        assert (stored.sha256, stored.media_type) == (hashlib.sha256(photo(0)).hexdigest(), "image/png")
        assert client.upload(photo(0), shop="shop") == stored
        with photos[0].open("rb") as file:
            assert client.upload(file, shop="shop").key == stored.key
        job = client.submit(
            [
                NewImage(stored.key, "A_1.png", sku="UP"),
                Photo(photo(5), "B_1.png", sku="BYTES", tier="hero"),
                Photo(Pipe(), "C_1.png", sku="PIPE", shoot="monday"),
                str(photos[1]),
            ],
            shop="shop",
        )
        assert [image.sku for image in client.images(job.job_id)] == ["UP", "BYTES", "PIPE", "TEE-1"]
        with pytest.raises(InvalidArgument, match="needs a name"):
            client.submit([Photo(photo(5))], shop="shop")

    await talk(scenario)


async def test_a_photo_that_cannot_be_read_stops_all_or_only_itself(talk: Talk, photos: list[Path]) -> None:
    gone = photos[0].with_name("GONE_1.png")

    def scenario(client: Any) -> None:
        with pytest.raises(UnreadableFile):
            client.submit([gone, *photos], shop="shop")
        with pytest.raises(UnreadableFile):
            client.submit([gone], shop="shop", partial=True)
        job = client.submit([photos[0], gone, photos[1]], shop="shop", partial=True)
        assert job.counts["total"] == 2
        assert [(bad.index, bad.source_name, bad.error.reason) for bad in job.failed_images] == [
            (1, "GONE_1.png", "UNREADABLE_FILE")
        ]

    await talk(scenario)


async def test_what_the_server_refuses_is_told_by_its_place_among_all(talk: Talk, photos: list[Path]) -> None:
    unknown = NewImage(f"shop/{'0' * 64}/original/photo", "GONE_1.png")
    asked = [photos[0].with_name("unread.png"), photos[0], unknown, photos[1]]

    def scenario(client: Any) -> None:
        with pytest.raises(ObjectsMissing):
            client.submit(asked[1:], shop="shop")
        good = NewImage(client.upload(photos[0], shop="shop").key, "A_1.png")
        checked = client.create_job([good, unknown], shop="shop", partial=True, validate_only=True)
        assert (checked.job_id, [bad.index for bad in checked.failed_images]) == ("", [1])
        assert list(client.jobs("shop")) == []
        job = client.submit(asked, shop="shop", partial=True)
        assert [(bad.index, bad.error.reason) for bad in job.failed_images] == [
            (0, "UNREADABLE_FILE"),
            (2, "OBJECTS_MISSING"),
        ]
        assert [image.source_name for image in client.images(job.job_id)] == [photos[0].name, photos[1].name]

    await talk(scenario)


async def test_images_are_set_to_work_again(house: House, talk: Talk, photos: list[Path]) -> None:
    house.behaviour.fail["matte"] = [KeyError("once")]

    def scenario(client: Any) -> None:
        job = client.submit(photos[:1], shop="shop")
        assert client.wait(job.job_id, timeout=60).counts["failed"] == 1
        done = client.retry(job.job_id, [image.image_id for image in client.images(job.job_id)])
        assert done.images == 1
        assert client.wait(job.job_id, timeout=60).counts["approved"] == 1
        ids = [image.image_id for image in client.images(job.job_id)]
        assert client.retry(job.job_id, ids, from_stage="compose").images == 1
        assert client.wait(job.job_id, timeout=60).state == "finished"

    await talk(scenario)
    assert (house.behaviour.calls["segment"], house.behaviour.calls["compose"]) == (1, 2)


async def test_decisions_are_about_the_image_as_it_was_read(
    house: House, talk: Talk, photos: list[Path], tmp_path: Path
) -> None:
    house.doubt()

    def scenario(client: Any) -> None:
        job = client.submit(photos[:1], shop="shop")
        client.wait(job.job_id, timeout=60)
        (image,) = client.images(job.job_id, states=["needs_review"])
        assert [reason.boxes[0].width for reason in image.reasons] == [3]
        client.decide(image, "approve", reviewer="ann", seconds=4.5)
        with pytest.raises(EtagMismatch):
            client.decide(image, "reject", reviewer="bob", reason="halo")
        assert client.wait(job.job_id, timeout=60).counts["approved"] == 1
        with pytest.raises(FileChanged):
            client.download(image, "psd", tmp_path / "old" / "old.psd")
        assert list((tmp_path / "old").iterdir()) == []

    await talk(scenario)


async def test_every_verdict_is_remembered_in_order(house: House, talk: Talk, photos: list[Path]) -> None:
    house.doubt()

    def scenario(client: Any) -> None:
        job = client.submit(photos[:1], shop="shop")
        client.wait(job.job_id, timeout=60)
        image = next(iter(client.images(job.job_id)))
        image = client.decide(image, "fix", reviewer="ann", seconds=2)
        assert image.state == "in_edit"
        image = client.decide(image, "art_direction", reviewer="ann", reason="which side is the front?")
        assert (image.state, image.reasons[0].code) == ("needs_review", "ART_DIRECTION")
        image = client.decide(image, "reject", reviewer="bob", reason="halo")
        assert image.state == "rejected"
        gate, *people = client.decisions(image.image_id)
        assert (gate.actor, gate.verdict, gate.reviewer) == ("gate", "review", "")
        assert [(one.actor, one.verdict, one.reviewer, one.reason, one.seconds) for one in people] == [
            ("person", "fix", "ann", "", 2.0),
            ("person", "art_direction", "ann", "which side is the front?", 0.0),
            ("person", "reject", "bob", "halo", 0.0),
        ]
        assert {one.image_id for one in people} == {image.image_id}
        assert gate.decision_id < people[0].decision_id < people[1].decision_id
        assert gate.time <= people[0].time <= people[1].time
        with pytest.raises(ImageNotFound):
            client.decisions("01a20a60-faab-709b-9f7a-6c651182ea5a")

    await talk(scenario)


async def test_shoots_are_listed_and_take_an_empty_frame(house: House, talk: Talk, photos: list[Path]) -> None:
    names = ["friday", "monday", "the day's ÄÖ 1?"]

    def scenario(client: Any) -> None:
        for name in names:
            job = client.submit([Photo(photos[0], shoot=name)], shop="shop")
            client.wait(job.job_id, timeout=60)
        found = {one.name: one for one in client.shoots("shop")}
        assert sorted(found) == sorted(names)
        assert list(client.shoots("other")) == []
        one = client.shoot("shop", names[2])
        assert one == found[names[2]]
        assert (one.shop, one.images, one.plate_source, one.frozen) == ("shop", 1, "none", False)
        frame = client.upload(photo(90), shop="shop", media_type="image/png")
        assert client.set_empty_frame("shop", names[2], frame.key).name == names[2]
        assert client.set_empty_frame("shop", "tomorrow", frame.key).images == 0
        with pytest.raises(ShootNotFound):
            client.shoot("shop", "nobody's")
        with pytest.raises(FieldsInvalid, match="original_key"):
            client.set_empty_frame("shop", "monday", "no key")

    await talk(scenario)


async def test_a_job_is_cancelled_and_a_missing_one_named(house: House, talk: Talk, photos: list[Path]) -> None:
    held = house.behaviour.hold["segment"] = asyncio.Event()

    def scenario(client: Any) -> None:
        job = client.submit(photos, shop="shop")
        with pytest.raises(WaitTimedOut):
            client.wait(job.job_id, timeout=0.3)
        assert client.cancel(job.job_id).state == "cancelled"
        with pytest.raises(JobNotFound) as caught:
            client.job("01a20a60-faab-709b-9f7a-6c651182ea5a")
        assert caught.value.details["request_id"]

    await talk(scenario)
    held.set()


async def test_a_download_goes_on_where_the_connection_was_cut(
    house: House, talk: Talk, photos: list[Path], tmp_path: Path
) -> None:
    data = photo(3, 300, 200)  # noise does not compress: a file of many packets
    photos[0].write_bytes(data)
    to = tmp_path / "original.png"

    def prepared(client: Any) -> Any:
        job = client.submit(photos[:1], shop="shop")
        client.wait(job.job_id, timeout=60)
        return next(iter(client.images(job.job_id)))

    image = await talk(prepared)
    assert len(data) > 60_000
    async with cutting(house.gateway.rest_address) as cut:
        cut.after = [30_000, 20_000]
        pauses: list[float] = []
        await talk(lambda client: client.download(image, "original", to), cut.url, retries=2, pauses=pauses)
        asked = [line for request in cut.requests for line in request.lower().split(b"\r\n") if line[:6] == b"range:"]
    assert to.read_bytes() == data
    assert len(asked) == len(pauses) == 2
    assert 0 < int(asked[0][13:-1]) < int(asked[1][13:-1]) < len(data)


async def test_what_an_earlier_process_received_is_not_asked_for_again(
    house: House, talk: Talk, photos: list[Path], tmp_path: Path
) -> None:
    to = tmp_path / "original.png"

    def scenario(client: Any) -> None:
        job = client.submit(photos[:1], shop="shop")
        client.wait(job.job_id, timeout=60)
        image = next(iter(client.images(job.job_id)))
        part = tmp_path / f".original.png.{image.original_sha256[:16]}.part"
        part.write_bytes(photo(0)[:-1])
        assert client.download(image, "original", to).read_bytes() == photo(0)
        part.write_bytes(photo(0))
        assert client.download(image, "original", to).read_bytes() == photo(0)
        assert not part.exists()

    await talk(scenario)


async def test_progress_goes_on_over_another_connection(house: House, talk: Talk, photos: list[Path]) -> None:
    held = house.behaviour.hold["segment"] = asyncio.Event()
    loop = asyncio.get_running_loop()
    job = await talk(lambda client: client.submit(photos, shop="shop"))
    async with cutting(house.gateway.rest_address) as cut:
        cut.after = [300, 1200]
        pauses: list[float] = []

        def scenario(client: Any) -> list[Progress]:
            loop.call_soon_threadsafe(held.set)
            return list(client.watch(job.job_id))

        changes = await talk(scenario, cut.url, pauses=pauses)
        assert sum(request.count(b"/events") for request in cut.requests) >= 2
    assert pauses
    assert changes[-1].job.state == "finished"
    assert {image.state for change in changes for image in change.images if image.ended} == {"approved"}
