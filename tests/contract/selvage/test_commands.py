"""`selvage submit` and its companions as processes, against a whole gateway."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.parts import command
from tests.parts.house import House, photo

Run = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@pytest.fixture
def run(house: House, tmp_path: Path) -> Run:
    """A command of its own process that knows the gateway by SELVAGE_SERVER."""
    env = command.environment(tmp_path / "home") | {"SELVAGE_SERVER": f"http://{house.gateway.rest_address}"}

    async def running(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        whole = [*command.SELVAGE, *map(str, arguments)]
        return await asyncio.to_thread(
            subprocess.run, whole, env=env, capture_output=True, text=True, timeout=command.LONGEST
        )

    return running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "photos"
    path.mkdir()
    for number in (1, 2):
        (path / f"TEE-1_{number}.png").write_bytes(photo(number))
    (path / "notes.txt").write_text("no photo")
    return path


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


async def test_a_folder_goes_through(house: House, run: Run, folder: Path, tmp_path: Path) -> None:
    submitted = await run("submit", folder, "--shop", "shop", "--label", "monday", "--priority", "rush")
    assert submitted.returncode == 0, submitted.stderr
    job_id = submitted.stdout.strip()
    assert "notes.txt" in submitted.stderr
    again = await run("submit", folder, "--shop", "shop", "--label", "monday", "--priority", "rush", "--json")
    told = json.loads(again.stdout)
    assert (told["job_id"], told["replayed"], told["priority"]) == (job_id, True, "rush")

    watched = await run("watch", job_id)
    assert watched.returncode == 0, watched.stderr
    assert "2/2 TEE-1_" in watched.stderr
    assert "2 approved of 2" in watched.stdout
    status = json.loads((await run("status", job_id, "--json")).stdout)
    assert [image["state"] for image in status["images"]] == ["approved", "approved"]

    some = await run("fetch", job_id, "--out", tmp_path / "READY", "--only", "cutout,export:*")
    assert "4 file(s) fetched, 0 were there" in some.stdout
    everything = await run("fetch", job_id, "--out", tmp_path / "READY", "--json")
    fetched = json.loads(everything.stdout)
    assert {Path(one["path"]) for one in fetched} == await asyncio.to_thread(files, tmp_path / "READY")
    assert {one["name"] for one in fetched if not one["fresh"]} == {"cutout", "export:large"}
    pairs = await run("fetch", job_id, "--out", tmp_path / "labelled", "--pairs")
    assert "4 file(s) fetched, 0 were there" in pairs.stdout
    assert {path.name for path in (tmp_path / "labelled").iterdir()} == {"images", "alpha"}
    both = await run("fetch", job_id, "--out", tmp_path / "labelled", "--pairs", "--only", "psd")
    assert (both.returncode, "leave --only out" in both.stderr) == (2, True)
    lines = (await run("watch", job_id, "--json")).stdout.splitlines()
    assert json.loads(lines[-1])["job"]["state"] == "finished"


async def test_a_list_names_the_photos_and_bad_ones_are_told(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "TEE-1_2.png").unlink()
    (folder / "TEE-1_2.png").symlink_to(folder / "gone")
    listed = tmp_path / "list.csv"
    listed.write_text("file;sku;image_no;shoot\nTEE-1_1.png;SHIRT;7;monday\n", encoding="utf-8")
    done = await run("submit", folder, "--shop", "shop", "--csv", listed, "--wait")
    assert done.returncode == 1
    assert "TEE-1_2.png: The file cannot be read" in done.stderr
    assert "1 approved of 1" in done.stdout
    job_id = done.stdout.split()[0]
    (image,) = json.loads((await run("status", job_id, "--json")).stdout)["images"]
    assert (image["sku"], image["image_no"]) == ("SHIRT", "7")


async def test_decisions_and_cancelling(house: House, run: Run, folder: Path) -> None:
    house.doubt()
    ended = await run("submit", folder, "--shop", "shop", "--wait")
    assert ended.returncode == 0
    assert "2 needs review of 2" in ended.stdout
    ids = [line.split()[0] for line in ended.stdout.splitlines()[1:3]]
    approved = await run("decide", ids[0], "--approve", "--reviewer", "ann")
    assert approved.stdout.strip() == f"{ids[0]} processing"
    rejected = await run("decide", ids[1], "--reject", "--reason", "halo", "--reviewer", "ann", "--json")
    assert json.loads(rejected.stdout)["state"] == "rejected"
    for verdict, state in ((("--fix",), "in_edit"), (("--art-direction", "--reason", "front?"), "needs_review")):
        decided = await run("decide", ids[1], *verdict, "--reviewer", "ann")
        assert decided.stdout.strip() == f"{ids[1]} {state}", decided.stderr
    unsaid = await run("decide", ids[1], "--reviewer", "ann")
    assert (unsaid.returncode, "--approve" in unsaid.stderr) == (2, True)

    house.behaviour.hold["segment"] = asyncio.Event()
    other = folder / "OTHER_1.png"
    other.write_bytes(photo(9))
    job_id = (await run("submit", other, "--shop", "shop")).stdout.strip()
    cancelled = await run("cancel", job_id)
    assert cancelled.stdout.startswith(f"{job_id} cancelled")
    assert (await run("status", job_id)).returncode == 1
    house.behaviour.hold["segment"].set()


async def test_errors_end_with_their_sentence(run: Run, tmp_path: Path) -> None:
    unknown = await run("status", "01a20a60-faab-709b-9f7a-6c651182ea5a")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("Error: There is no job")
    nobody = await run("status", "x", "--server", "http://127.0.0.1:9")
    assert (nobody.returncode, "Nothing answers at http://127.0.0.1:9" in nobody.stderr) == (2, True)
    empty = tmp_path / "empty"
    await asyncio.to_thread(empty.mkdir)
    assert (await run("submit", empty)).returncode == 2


async def test_an_interrupted_watch_leaves_the_job_alone(house: House, run: Run, folder: Path) -> None:
    held = house.behaviour.hold["segment"] = asyncio.Event()
    job_id = (await run("submit", folder, "--shop", "shop")).stdout.strip()
    process = await asyncio.create_subprocess_exec(
        *command.SELVAGE, "watch", job_id, "--json", "--server", f"http://{house.gateway.rest_address}",
        env=command.environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    assert (process.returncode, b"goes on at the server" in said) == (130, True)
    held.set()
    assert (await house.ended(job_id)).counts.approved == 2
