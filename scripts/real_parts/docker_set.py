"""Runs the compose set from images that lie on the engine, and proves what docs/docker.md says of it.

    DOCKER_HOST=... COMPOSE=docker-compose python -m scripts.real_parts.docker_set

Started by docker_set.sh. Every proof is a printed line; the first that fails ends the run with exit code 1, after the
containers' last words. Containers, networks and volumes are removed in any case.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from selvage import Client
from selvage.client import Image
from selvage.samples.write import write
from tests.parts.triton import free_ports

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "docker"
PARTS = ("gateway", "worker", "segment", "matting", "compose")
LASTING = (*PARTS, "postgres", "store")
IMAGES = 3
PIXELS = 1200
MAE = 0.01
WAIT_SECONDS = 300


@dataclass(frozen=True)
class Set:
    """One compose project."""

    name: str
    environment: dict[str, str]
    key: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['SELVAGE_REST_PORT']}"

    def compose(self, *arguments: str, check: bool = True) -> str:
        command = [os.environ["COMPOSE"], "-p", self.name, "-f", str(FOLDER / "compose.yaml"), *arguments]
        return run(command, self.environment, check=check)

    def container(self, part: str) -> str:
        (found,) = self.compose("ps", "-q", part).split()
        return found

    def inside(self, part: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", "exec", self.container(part), *command], capture_output=True, text=True, check=False
        )

    def inspect(self, part: str) -> dict[str, Any]:
        (found,) = json.loads(run(["docker", "inspect", self.container(part)]))
        return dict(found)


def run(command: list[str], environment: dict[str, str] | None = None, *, check: bool = True) -> str:
    done = subprocess.run(
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False, timeout=900
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def up(folder: Path) -> Iterator[Set]:
    """The set with fresh secrets on free ports; taken down with its volumes."""
    secrets = folder / "env"
    key = run([str(FOLDER / "secrets.sh"), str(secrets)]).strip().partition("=")[2]
    rest, grpc, store = free_ports(3)
    given = dict(line.split("=", 1) for line in secrets.read_text(encoding="utf-8").splitlines())
    one = Set(
        f"selvage-proof-{os.getpid()}",
        given
        | {
            "SELVAGE_REST_PORT": str(rest),
            "SELVAGE_GRPC_PORT": str(grpc),
            "SELVAGE_STORE_PORT": str(store),
            "SELVAGE_STORE_PUBLIC_ENDPOINT": f"127.0.0.1:{store}",
            "SELVAGE_POSTGRES_IMAGE": "selvage-local/postgres",
            "SELVAGE_STORE_IMAGE": "selvage-local/minio",
            "SELVAGE_WORKERS": "2",
        },
        key,
    )
    try:
        one.compose("up", "--detach", "--no-build", "--wait-timeout", str(WAIT_SECONDS), "--wait", *LASTING)
        yield one
    except BaseException:
        print(one.compose("ps", "--all", check=False), file=sys.stderr)
        print(one.compose("logs", "--no-color", "--tail", "25", check=False), file=sys.stderr)
        raise
    finally:
        one.compose("down", "--volumes", "--timeout", "30", check=False)


def main() -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with up(folder) as one:
            say(began, f"compose set is up and healthy: {', '.join(LASTING)}; bucket and migrations ended with 0")
            containers(one, began)
            images_of(one, began)
            refused(one, began)
            examined(one, began)
            job(one, folder, began)
            unwritten(one, began)
            stopped(one, began)
    say(began, "taken down: containers, network and volumes")


def containers(one: Set, began: float) -> None:
    """Users, roots, capabilities and limits of the running containers."""
    for part in LASTING:
        seen = one.inspect(part)
        host = seen["HostConfig"]
        user = seen["Config"]["User"].partition(":")[0]
        assert user == ("999" if part == "postgres" else "10001"), (part, user)
        assert host["ReadonlyRootfs"], part
        assert host["CapDrop"] == ["ALL"], (part, host["CapDrop"])
        assert any(each.startswith("no-new-privileges") for each in host["SecurityOpt"]), part
        assert host["Memory"] > 0, part
        assert host["RestartPolicy"]["Name"] == "unless-stopped", part
    for part in PARTS:
        status = one.inside(part, "cat", "/proc/1/status").stdout
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Uid"].split() == ["10001"] * 4, (part, fields["Uid"])
        assert int(fields["CapEff"], 16) == 0, (part, fields["CapEff"])
        for path in ("/opt/selvage/x", "/etc/x", "/x"):
            assert one.inside(part, "touch", path).returncode != 0, (part, path)
        assert one.inside(part, "touch", "/tmp/x").returncode == 0, part
    say(began, "every container: user not root, no capabilities, read-only root (writing tried), memory limit, restart")


def images_of(one: Set, began: float) -> None:
    """Labels and the bill of materials of each image."""
    for part in PARTS:
        labels = one.inspect(part)["Config"]["Labels"]
        assert labels["org.opencontainers.image.licenses"] == "Apache-2.0", part
        assert labels["org.opencontainers.image.title"] in ("selvage/gateway", f"selvage/{part}"), part
    bill = json.loads(one.inside("matting", "cat", "/opt/selvage/sbom.cdx.json").stdout)
    names = {each["name"] for each in bill["components"]}
    imports = one.inside(
        "matting", "python", "-c", "import importlib.metadata as m; print(*{d.name for d in m.distributions()})"
    )
    missing = set(imports.stdout.split()) - names - {"selvage"}
    assert bill["specVersion"] == "1.6", bill["specVersion"]
    assert not missing, missing
    say(began, f"OCI labels; SBOM (CycloneDX 1.6) names all of {len(names)} packages")


def refused(one: Set, began: float) -> None:
    """Nobody gets in without a key."""
    got = httpx.get(f"{one.url}/v1/jobs", trust_env=False)
    assert got.status_code == 401, got.text
    say(began, "a caller without a key is refused")


def examined(one: Set, began: float) -> None:
    """The doctor, asked in the gateway's container about everything its settings name."""
    told = one.inside("gateway", "selvage", "doctor", "--deployed", "--server", "http://127.0.0.1:7480", "--json")
    found = {each["part"]: each for each in json.loads(told.stdout)}
    assert {"store", "database", "schema", "segment", "matting", "compose", "gateway", "clock"} <= found.keys(), found
    wrong = {part: each["detail"] for part, each in found.items() if not each["well"]}
    assert told.returncode == 0 and not wrong, wrong
    say(began, f"the doctor finds {len(found)} parts well: {found['clock']['detail']}")


def job(one: Set, folder: Path, began: float) -> None:
    """A few photos through upload, every stage and download, over REST."""
    photos, ready = folder / "photos", folder / "READY"
    paths = list(write(photos, count=IMAGES, size=PIXELS, truth=True))
    with Client(one.url, api_key=one.key, retries=5) as client:
        made = client.submit(paths, shop="proof")
        client.wait(made.job_id, timeout=WAIT_SECONDS)
        images: list[Image] = list(client.images(made.job_id))
        states = sorted(image.state for image in images)
        assert len(images) == len(paths), states
        assert set(states) <= {"approved", "needs_review", "published"}, [(each.state, each.error) for each in images]
        client.download_all(made.job_id, ready)
    files = [path for path in ready.rglob("*") if path.is_file()]
    assert sum(path.suffix == ".psd" for path in files) == len(images), files
    alphas = [path for path in files if "alpha" in path.name]
    assert len(alphas) == len(images), files
    # What is hard for the model is no matter of containers: most must be right, and all are told.
    errors = sorted(error(path, photos) for path in alphas)
    assert errors[len(errors) // 2] < MAE, errors
    total = sum(path.stat().st_size for path in files)
    say(
        began,
        f"job over REST: {len(images)} photos {', '.join(states)}; {len(files)} files, {total / 1e6:.1f} MB fetched; "
        f"mean errors of alpha against the truth: {', '.join(f'{each:.4f}' for each in errors)}",
    )


def error(path: Path, photos: Path) -> float:
    """Mean absolute difference of a fetched 16-bit alpha and the rendered truth, in [0, 1]."""
    (truth,) = photos.glob(f"truth/{path.parent.parent.name}_*.png")
    made, true = (cv2.imread(str(each), cv2.IMREAD_UNCHANGED) for each in (path, truth))
    assert made is not None and true is not None and made.dtype == np.uint16, (path, truth)
    return float(np.abs(made.astype(np.float32) - true).mean() / 65535)


def unwritten(one: Set, began: float) -> None:
    """What the run left behind lies in /tmp and nowhere else; numba compiled nothing that the image could have held."""
    for part in PARTS:
        changed = run(["docker", "diff", one.container(part)]).split()
        # The engine itself mounts its init there.
        mounted = ("/usr", "/usr/sbin", "/usr/sbin/docker-init")
        outside = [path for path in changed if path.startswith("/") and path not in mounted and path[:4] != "/tmp"]
        assert not outside, (part, outside)
    count = "find {} -name '*.nbc' | wc -l"
    built, now = (
        int(one.inside("matting", "sh", "-c", count.format(at)).stdout) for at in ("/opt/selvage/numba", "/tmp/numba")
    )
    assert built > 0, built
    assert now == built, f"matting compiled {now - built} functions at run time"
    say(began, f"nothing written outside /tmp; matting used the {built} functions compiled into its image")


def stopped(one: Set, began: float) -> None:
    """SIGTERM ends every part of ours by itself, within its grace."""
    for part in PARTS:
        container = one.container(part)
        one.compose("stop", "--timeout", "40", part)
        (seen,) = json.loads(run(["docker", "inspect", container]))
        assert seen["State"]["ExitCode"] == 0, (part, seen["State"])
    say(began, "SIGTERM: every part of ours ended with code 0")


def say(began: float, text: str) -> None:
    print(f"[{time.monotonic() - began:5.0f} s] {text}", flush=True)


if __name__ == "__main__":
    main()
