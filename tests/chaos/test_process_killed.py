"""`selvage process` interrupted, killed with kill -9, and started again: every photo ends exactly once."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from selvage.samples.write import write
from tests.parts import command

# Enough work that a fast machine is still at it when the signal comes, at 1 and at 6 of them.
PHOTOS, SIZE = 12, 640


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="process groups and signals of POSIX")
def test_interrupted_and_killed_runs_are_taken_up() -> None:
    with command.folder() as base:
        _three_runs(base / "home", base / "photos", base / "READY")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="process groups and signals of POSIX")
def test_sigterm_twice_as_make_sends_it_leaves_no_database_running() -> None:
    with command.folder() as base:
        list(write(base / "photos", count=PHOTOS, size=SIZE, seed=9))
        started = command.start(base / "home", "process", base / "photos", "--out", base / "READY", "--workers", "1")
        started.wait_for(f"1/{PHOTOS} ")
        assert list((base / "home").rglob("postmaster.pid"))
        os.killpg(started.process.pid, signal.SIGTERM)
        time.sleep(0.2)
        assert started.send(signal.SIGTERM) == 130
        assert not list((base / "home").rglob("postmaster.pid"))


def _three_runs(home: Path, photos: Path, out: Path) -> None:
    list(write(photos, count=PHOTOS, size=SIZE, seed=9))
    asked = ("process", photos, "--out", out, "--workers", "1")

    interrupted = command.start(home, *asked)
    interrupted.wait_for(f"1/{PHOTOS} ")
    assert interrupted.send(signal.SIGINT) == 130
    assert "run the same command again" in "".join(interrupted.lines)
    assert not (out / "manifest.json").exists()

    killed = command.start(home, *asked)
    killed.wait_for(f"6/{PHOTOS} ")
    assert killed.send(signal.SIGKILL) == -signal.SIGKILL

    last = command.run(home, *asked)
    assert last.returncode == 0, last.stderr
    images = command.manifest(out)["images"]
    assert [image["source"] for image in images] == sorted(path.name for path in photos.iterdir())
    assert {image["status"] for image in images} <= {"approved", "needs_review"}
    assert all((out / image["files"]["alpha"]).is_file() for image in images)

    (jobs,) = command.query(home, "SELECT count(*), count(*) FILTER (WHERE cancelled_at IS NULL) FROM jobs")
    assert jobs == (1, 1), "every run found the same job"
    ends = command.query(
        home,
        "SELECT image_id, count(*) FROM events WHERE to_state IN ('approved', 'needs_review', 'failed')"
        " GROUP BY image_id",
    )
    assert [count for _, count in ends] == [1] * PHOTOS
    decided = command.query(home, "SELECT image_id, count(*) FROM decisions WHERE actor = 'gate' GROUP BY image_id")
    assert [count for _, count in decided] == [1] * PHOTOS
    assert not list(out.rglob("*.part")), "a download that was cut off leaves nothing"
