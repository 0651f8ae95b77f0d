"""Backup and restore as deploy/k8s/README.md has them: its own commands, on a real PostgreSQL and two real stores.

`kubectl exec` becomes a call of the same program here, stopping pods a SIGTERM to processes; what the other commands do
do to objects of Kubernetes is seen in test_kubernetes_operation.py. The tests are one story, told in their order.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from gateway import embedded
from selvage.client import Client, Job, NewImage
from services.kit.metrics import STAGES
from services.kit.store import ObjectStore, open_store
from tests.parts import command, fleet
from tests.parts import minio as minio_part
from tests.parts.fleet import Fleet, Process
from tests.parts.house import photo
from tests.parts.kube_readme import block
from tests.parts.minio import ACCESS_KEY, SECRET_KEY, Minio
from tests.parts.require import absent

pytestmark = [pytest.mark.minio, pytest.mark.slow]
SHOP = "shop"
SCALED = ("gateway", "worker-1", "worker-2")
FINISHED, HALF, LATER = 5, 16, 3
"""Images of the job that is finished when the backup is taken, of the one that runs then, and of a later one."""
PATIENCE = 300.0
KUBECTL = """#!/bin/bash
# kubectl -n selvage exec [-i] postgresql-0 -- COMMAND
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
Files = dict[str, tuple[str, str]]
"""By photo and name of the file: SHA-256 and media type, as a browser gets them."""


@dataclass
class Site:
    """A set with its database and store, a store elsewhere for copies, and where the README's commands are typed."""

    fleet: Fleet
    folder: Path
    environment: dict[str, str]

    @property
    def store(self) -> ObjectStore:
        return open_store(self.fleet.store)

    def type(self, lines: list[str]) -> None:
        """Those for Kubernetes itself are left out."""
        for line in lines:
            if " exec " in line or line.startswith("rclone"):
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", line],
                    cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
                    timeout=PATIENCE,
                )  # fmt: skip
                assert (done.returncode, done.stderr) == (0, ""), line
            elif " scale " in line:
                self.scale(up="--replicas=0" not in line)

    def scale(self, *, up: bool) -> None:
        for name in SCALED:
            part = self.fleet.parts[name]
            assert isinstance(part, Process)
            if up:
                part.start()
            else:
                assert part.stop() == 0, part.said()[-2000:]
        if up:
            self.fleet.wait_ready()

    def files(self, client: Client, job: Job) -> Files:
        """Fetched from the store by their addresses, and what they say of themselves is true."""
        found = {}
        with httpx.Client(trust_env=False, timeout=60) as http:
            for image in client.images(job.job_id):
                assert image.state == "approved", image
                for file in image.files:
                    offer = http.get(f"{self.fleet.rest}/v1/images/{image.image_id}/files/{file.name}/url")
                    answer = http.get(offer.json()["url"]).raise_for_status()
                    assert hashlib.sha256(answer.content).hexdigest() == file.sha256
                    found[f"{image.source_name} {file.name}"] = (file.sha256, answer.headers["content-type"])
        return found

    def stage_runs(self) -> set[tuple[object, ...]]:
        return set(self.fleet.query("SELECT image_id, stage, attempt, reused, finished_at FROM stage_runs"))


@dataclass
class Backup:
    """What there was when it was taken, and the commands to restore it."""

    finished: Job
    half: Job
    later: Job
    files: Files
    objects: dict[str, tuple[str, int, str]]
    before: list[str]
    after: list[str]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    if not shutil.which("rclone"):
        absent("rclone", "apt-get install rclone")
    with (
        command.folder() as folder,
        minio_part.running(folder / "elsewhere") as elsewhere,
        fleet.running(folder, minio=True, call_seconds=0.2, GATEWAY_GRACE_SECONDS="5") as made,
    ):
        here = made.parts["minio"]
        assert isinstance(here, Minio)
        (folder / "bin").mkdir()
        (folder / "bin" / "kubectl").write_text(KUBECTL)
        (folder / "bin" / "kubectl").chmod(0o755)
        database = {name.upper(): str(value) for name, value in conninfo_to_dict(made.postgres.url).items()}
        programs = f"{folder / 'bin'}:{embedded.binaries()}:{os.environ['PATH']}"
        environment = {"PATH": programs, "HOME": str(folder), "RCLONE_CONFIG": str(folder / "rclone.conf")}
        environment |= {f"PG{name}": database[name] for name in ("HOST", "PORT", "PASSWORD")}
        (folder / "rclone.conf").write_text(_remote("store", here) + _remote("backup", elsewhere))
        yield Site(made, folder, environment)


def _remote(name: str, server: Minio) -> str:
    return (
        f"[{name}]\ntype = s3\nprovider = Minio\nendpoint = http://{server.endpoint}\n"
        f"access_key_id = {ACCESS_KEY}\nsecret_access_key = {SECRET_KEY}\n"
    )


@pytest.fixture(scope="module")
def backup(site: Site) -> Backup:
    """Taken in the middle of a job; then work goes on."""
    commands = block("Backup and restore")
    stop = next(index for index, line in enumerate(commands) if "--replicas=0" in line)
    assert [line.split()[0] for line in commands[:2]] == ["kubectl", "rclone"]
    with client_of(site) as client:
        finished = submit(client, 0, FINISHED)
        client.wait(finished.job_id, timeout=PATIENCE)
        files = site.files(client, finished)
        half = submit(client, 100, HALF)
        until(lambda: client.job(half.job_id).counts["approved"] > 1)
        site.type(commands[:2])
        # Up to here, and nothing later, things may lie in the copy. `restored` sees that the dump is from mid-job.
        objects = objects_of(site)
        client.wait(half.job_id, timeout=PATIENCE)
        later = submit(client, 200, LATER)
        client.wait(later.job_id, timeout=PATIENCE)
    return Backup(finished, half, later, files, objects, commands[2 : stop + 1], commands[stop + 1 :])


def client_of(site: Site) -> Client:
    return Client(site.fleet.rest, timeout=60, retries=5)


def submit(client: Client, first: int, count: int) -> Job:
    numbers = range(first, first + count)
    new = [NewImage(client.upload(photo(number), shop=SHOP).key, f"TEE{number}_1.png") for number in numbers]
    return client.create_job(new, shop=SHOP)


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end
        time.sleep(0.05)


def objects_of(site: Site) -> dict[str, tuple[str, int, str]]:
    return {each.key: (each.sha256, each.size, each.media_type) for each in site.store.list("")}


def restored(site: Site, backup: Backup) -> None:
    """Follows the README from the stopped set on, and looks at the state before and after pods start again."""
    start = next(index for index, line in enumerate(backup.after) if " apply " in line)
    site.type(backup.after[:start])
    there = objects_of(site)
    assert {key: there[key] for key in backup.objects if key in there} == {
        key: about for key, about in backup.objects.items() if key in there
    }
    assert there.keys() <= backup.objects.keys()
    named = site.fleet.query(
        "SELECT file->'object'->>'key', file->'object'->>'sha256' FROM images, jsonb_array_elements(files) AS file"
        " UNION SELECT original->>'key', original->>'sha256' FROM images"
        " UNION SELECT object->>'key', object->>'sha256' FROM stage_runs, jsonb_path_query(outputs, '$.**') AS object"
        " WHERE jsonb_typeof(object) = 'object' AND object ? 'key' AND object ? 'sha256'"
    )
    assert len(named) > 12 * FINISHED
    assert [key for key, digest in named if there.get(str(key), ("",))[0] != digest] == []
    recorded = site.stage_runs()
    assert FINISHED * len(STAGES) < len(recorded) < (FINISHED + HALF) * len(STAGES)
    site.type(backup.after[start:])
    with client_of(site) as client:
        assert client.job(backup.finished.job_id).counts["approved"] == FINISHED
        assert site.files(client, backup.finished) == backup.files
        assert client.wait(backup.half.job_id, timeout=PATIENCE).counts["approved"] == HALF
        assert len(site.files(client, backup.half)) == HALF * len(backup.files) // FINISHED
        assert {job.job_id for job in client.jobs()} == {backup.finished.job_id, backup.half.job_id}
        again = submit(client, 300, LATER)
        assert client.wait(again.job_id, timeout=PATIENCE).counts["approved"] == LATER
    runs = site.stage_runs()
    assert recorded <= runs, "what was recorded is not done again"
    assert len(runs) == (FINISHED + HALF + LATER) * len(STAGES)
    assert site.fleet.query("SELECT count(*) FROM events WHERE kind = 'finished'") == [(FINISHED + HALF + LATER,)]


def test_a_set_goes_back_to_the_backup(site: Site, backup: Backup) -> None:
    """Onto a newer database and bucket: what came later is gone."""
    site.type(backup.before)
    restored(site, backup)


def test_a_lost_set_comes_back(site: Site, backup: Backup) -> None:
    """Into an empty database and an empty bucket."""
    site.type(backup.before)
    for key in objects_of(site):
        site.store.delete(key)
    with psycopg.connect(site.fleet.postgres.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    restored(site, backup)
