"""A server as a process with the real model, and the commands that talk to it as processes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from selvage.client.layout import same_content
from selvage.samples import render
from tests.parts import command, photos

pytestmark = pytest.mark.slow
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A command that knows the server by SELVAGE_SERVER."""
    with command.folder() as base, command.serving(base) as url:
        env = command.environment(base / "nowhere") | {"SELVAGE_SERVER": url}

        def running(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
            whole = [*command.SELVAGE, *map(str, arguments)]
            return subprocess.run(whole, env=env, capture_output=True, text=True, timeout=command.LONGEST, check=False)

        yield running


def test_photos_become_files_and_bad_ones_are_told(run: Run, tmp_path: Path) -> None:
    folder, out = tmp_path / "photos", tmp_path / "READY"
    folder.mkdir()
    (folder / "RING_1.jpg").write_bytes(photos.jpeg(render("ring", 1, 320).rgb))
    (folder / "BAG_1.jpg").write_bytes(photos.jpeg(render("bag", 2, 320).rgb))
    (folder / "BROKEN_1.jpg").write_bytes(photos.jpeg(render("ring", 3, 320).rgb)[:2000])
    submitted = run("submit", folder, "--shop", "demo", "--label", "monday")
    assert submitted.returncode == 0, submitted.stderr
    job_id = submitted.stdout.strip()

    watched = run("watch", job_id)
    assert watched.returncode == 1, watched.stderr
    assert "3/3 " in watched.stderr
    assert "BROKEN_1.jpg" in watched.stdout
    status = json.loads(run("status", job_id, "--json").stdout)
    assert status["job"]["counts"]["failed"] == 1
    assert [image["sku"] for image in status["images"]] == ["BAG", "BROKEN", "RING"]

    fetched = json.loads(run("fetch", job_id, "--out", out, "--only", "cutout,psd,export:*", "--json").stdout)
    assert all(one["fresh"] and same_content(Path(one["path"]), one["sha256"]) for one in fetched)
    assert {one["sku"] for one in fetched} == {"BAG", "RING"}
    first = Path(fetched[0]["path"])
    first.write_bytes(first.read_bytes()[:-1])
    again = json.loads(run("fetch", job_id, "--out", out, "--only", "cutout,psd,export:*", "--json").stdout)
    assert [one["path"] for one in again if one["fresh"]] == [str(first)]

    # A broken photo stays broken: the retry is taken and ends where it was.
    broken = next(image["image_id"] for image in status["images"] if image["state"] == "failed")
    retried = run("retry", job_id, broken, "--wait")
    assert (retried.returncode, "1 failed" in retried.stdout) == (1, True), retried.stderr
    image = next(image for image in status["images"] if image["state"] != "failed")
    decided = run("decide", image["image_id"], "--reject", "--reason", "halo", "--reviewer", "ann")
    assert decided.stdout.strip() == f"{image['image_id']} rejected"


def test_a_job_is_stopped(run: Run, tmp_path: Path) -> None:
    for number in range(1, 5):
        path = tmp_path / f"RING_{number}.jpg"
        path.write_bytes(photos.jpeg(render("ring", 10 + number, 320).rgb))
    job_id = run("submit", tmp_path, "--shop", "demo", "--priority", "bulk").stdout.strip()
    cancelled = json.loads(run("cancel", job_id, "--json").stdout)
    assert cancelled["state"] == "cancelled"
    assert cancelled["counts"]["cancelled"] >= 1
    assert run("status", job_id).returncode == 1
