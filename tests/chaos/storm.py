"""The storm: while a job runs, one part after another is killed with kill -9 at random moments and comes back, and
workers are frozen for so long that others take their tasks for those of the dead.

`python -m tests.chaos.storm --images 2000 --kills 200` runs it for longer than the suite does.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from selvage.client import Client, Job, NewImage
from services.kit.store import StoreSettings, open_store
from tests.chaos.listener import Listener
from tests.parts import fleet
from tests.parts.fleet import WORKERS, Fleet, Process
from tests.parts.house import photo

SHOP = "shop"
# A stalled worker's images wait about eight seconds for the take-over; a dozen kills in a row may hit the same image.
LONGEST = 900.0
# Longer than the six seconds after which a worker without a heartbeat is taken for dead.
FROZEN = (7.0, 10.0)
SAID = ("tasks_taken_over", "run_superseded", "task_owed", "image_without_task", "worker_ended")
SETTINGS = {
    "GATEWAY_LOSSES": "50",
    "GATEWAY_TRIES": "100",
    "GATEWAY_LONGEST_PAUSE_SECONDS": "2",
    "GATEWAY_WORKERS": "4",
    "WEBHOOK_ALLOW_HTTP": "true",
    "WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
    "WEBHOOK_PAUSES_SECONDS": str([0.5, 1] + [2] * 30),
}


@dataclass
class Storm:
    """Kills of parts in random order, each down for a moment. Every part is killed at least once. In between
    `freezes` of a worker, during which the kills go on, and after them as many again, when all else is well."""

    fleet: Fleet
    kills: int
    freezes: int
    dice: random.Random
    killed: Counter[str]
    # When each is to thaw.
    frozen: dict[str, float] = field(default_factory=dict)
    # How often workers said so.
    said: Counter[str] = field(default_factory=Counter)

    def blow(self, ended: threading.Event) -> None:
        names = list(self.fleet.parts)
        order = self.dice.sample(names, len(names))
        order += self.dice.choices(names, k=max(0, self.kills - len(names)))
        freezes = set(self.dice.sample(range(1, len(order)), min(self.freezes, len(order) - 1)))
        try:
            for turn, name in enumerate(order):
                if ended.wait(self.dice.uniform(0.2, 1.5)):
                    return
                self._thaw(time.monotonic())
                if turn in freezes:
                    self._freeze(self.dice.choice(WORKERS))
                self.fleet.parts[name].kill()
                self.frozen.pop(name, None)
                self.killed[name] += 1
                time.sleep(self.dice.uniform(0.0, 1.0))
                self.fleet.parts[name].start()
            for name in self.dice.choices(WORKERS, k=self.freezes):
                while self.frozen and not ended.wait(0.2):
                    self._thaw(time.monotonic())
                if ended.wait(self.dice.uniform(0.2, 1.5)):
                    return
                self._freeze(name)
            while self.frozen and not ended.wait(0.2):
                self._thaw(time.monotonic())
        finally:
            self._thaw(float("inf"))

    def _freeze(self, name: str) -> None:
        self._worker(name).freeze()
        self.frozen[name] = time.monotonic() + self.dice.uniform(*FROZEN)

    def _thaw(self, now: float) -> None:
        for name in [name for name, until in self.frozen.items() if until <= now]:
            del self.frozen[name]
            self._worker(name).thaw()

    def _worker(self, name: str) -> Process:
        part = self.fleet.parts[name]
        assert isinstance(part, Process)
        return part


def run(folder: Path, *, images: int, kills: int, seed: int, freezes: int = 3) -> Storm:
    """Raises AssertionError when anything is lost, done twice or told wrongly; the storm that was."""
    with (
        Listener(fail_share=0.1, seed=seed) as listener,
        fleet.running(folder, call_seconds=0.02, **SETTINGS) as set_,
        # Retries of the client are part of what is tested: a storefront would do the same.
        Client(set_.rest, retries=60, timeout=20) as client,
    ):
        _register(set_, listener)
        new = [NewImage(client.upload(photo(number), shop=SHOP).key, f"TEE{number}_1.png") for number in range(images)]
        job = client.create_job(new, shop=SHOP, request_id=f"storm-{seed}")
        storm = Storm(set_, kills, freezes, random.Random(seed), Counter())
        ended = threading.Event()
        blowing = threading.Thread(target=storm.blow, args=(ended,))
        blowing.start()
        try:
            done = _wait(client, job.job_id)
        finally:
            ended.set()
            blowing.join()
        set_.wait_ready()
        again = client.create_job(new, shop=SHOP, request_id=f"storm-{seed}")
        assert again.job_id == job.job_id, "the same request is the same job, whoever was killed"
        check(set_, done, images)
        approved = {("image.approved", image.image_id) for image in client.images(job.job_id)}
        listener.wait_for(approved | {("job.succeeded", job.job_id)})
        storm.said = Counter({word: sum(worker.count(word) for worker in _logs(set_)) for word in SAID})
        assert storm.said["image_without_task"] == 0, "the net below the queue was needed"
        return storm


def _logs(set_: Fleet) -> list[str]:
    return [part.said() for name in WORKERS if isinstance(part := set_.parts[name], Process)]


def _register(set_: Fleet, listener: Listener) -> None:
    made = httpx.post(f"{set_.rest}/v1/webhooks", json={"shop": SHOP, "url": listener.url}, trust_env=False)
    assert made.status_code == 201, made.text


def _wait(client: Client, job_id: str) -> Job:
    until = time.monotonic() + LONGEST
    while True:
        job = client.job(job_id)
        if job.ended:
            return job
        assert time.monotonic() < until, f"the job has not ended: {job}"
        time.sleep(0.5)


def check(set_: Fleet, job: Job, images: int) -> None:
    """Every image ended exactly once, was decided once, passed each stage once, and its files are whole and alone."""
    assert job.counts["approved"] == job.counts["total"] == images
    ends = set_.query("SELECT image_id, count(*) FROM events WHERE kind = 'finished' GROUP BY 1")
    assert [count for _, count in ends] == [1] * images
    assert set_.query("SELECT count(*), count(DISTINCT image_id) FROM decisions") == [(images, images)]
    stages = dict(set_.query("SELECT stage, count(*) FROM stage_runs GROUP BY 1"))
    assert stages == dict.fromkeys(("intake", "plate", "segment", "matting", "gate", "compose"), images)
    files = set_.query(
        "SELECT file->>'file_name', file->'object'->>'key', file->'object'->>'sha256'"
        " FROM images, jsonb_array_elements(files) AS file WHERE file->>'name' LIKE 'export:%' OR file->>'name' = 'psd'"
    )
    assert len({name for name, _, _ in files}) == len(files) == 2 * images
    store = open_store(StoreSettings(url=set_.store_url))
    kept = {stored.key: stored.sha256 for stored in store.list("") if "/compose/" in stored.key}
    assert kept == {str(key): str(digest) for _, key, digest in files}, "no export is missing, torn or left over"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--freezes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="selvage-storm-", ignore_cleanup_errors=True) as folder:
        started = time.monotonic()
        storm = run(Path(folder), images=asked.images, kills=asked.kills, seed=asked.seed, freezes=asked.freezes)
    parts = ", ".join(f"{name} {count}x" for name, count in sorted(storm.killed.items()))
    said = ", ".join(f"{word} {count}x" for word, count in storm.said.items())
    print(f"{asked.images} images ended exactly once in {time.monotonic() - started:.0f} s; killed: {parts}; {said}")


if __name__ == "__main__":
    main()
