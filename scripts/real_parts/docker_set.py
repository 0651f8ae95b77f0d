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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from selvage import Client
from selvage.client import Image
from selvage.samples.write import write
from tests.parts.server import free_ports

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "docker"
PARTS = ("gateway", "worker", "segment", "matting", "compose")
LASTING = (*PARTS, "postgres", "store")
# The whole of compose.gpu.yaml but the GPU.
NO_GPU = "services: {triton: {deploy: {resources: {reservations: {devices: !reset []}}}}}\n"
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
    files: tuple[Path, ...] = (FOLDER / "compose.yaml",)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['SELVAGE_REST_PORT']}"

    def compose(self, *arguments: str, check: bool = True) -> str:
        files = [part for file in self.files for part in ("-f", str(file))]
        return run([os.environ["COMPOSE"], "-p", self.name, *files, *arguments], self.environment, check=check)

    def container(self, part: str) -> str:
        (found,) = self.compose("ps", "-q", part).split()
        return found

    def up(self, *parts: str) -> None:
        """Starts or changes them, and waits until they are healthy."""
        self.compose("up", "--detach", "--no-build", "--wait-timeout", str(WAIT_SECONDS), "--wait", *parts)

    def inside(self, part: str, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        told = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        return subprocess.run(
            ["docker", "exec", *told, self.container(part), *command], capture_output=True, text=True, check=False
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
            "SELVAGE_TRITON_CPUS": "2",  # an engine refuses more than there are
        },
        key,
    )
    try:
        one.up(*LASTING)
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
            say(began, one.inside("postgres", "postgres", "--version").stdout.strip())
            containers(one, LASTING, began)
            images_of(one, began)
            refused(one, began)
            examined(one, began)
            job(one, folder, "onnx", began)
            with_triton = on_triton(one, folder, began)
            unwritten(one, began)
            stopped(with_triton, began)
    say(began, "taken down: containers, network and volumes")


def containers(one: Set, parts: tuple[str, ...], began: float) -> None:
    """Users, roots, capabilities and limits of the running containers."""
    for part in parts:
        seen = one.inspect(part)
        host = seen["HostConfig"]
        user = seen["Config"]["User"].partition(":")[0]
        assert user == ("999" if part == "postgres" else "10001"), (part, user)
        assert host["ReadonlyRootfs"], part
        assert host["CapDrop"] == ["ALL"], (part, host["CapDrop"])
        assert any(each.startswith("no-new-privileges") for each in host["SecurityOpt"]), part
        assert host["Memory"] > 0, part
        assert host["RestartPolicy"]["Name"] == "unless-stopped", part
    for part in set(parts) & {*PARTS, "triton"}:
        status = one.inside(part, "cat", "/proc/1/status").stdout
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Uid"].split() == ["10001"] * 4, (part, fields["Uid"])
        assert int(fields["CapEff"], 16) == 0, (part, fields["CapEff"])
        for path in ("/opt/selvage/x", "/models/x", "/etc/x", "/x"):
            assert one.inside(part, "touch", path).returncode != 0, (part, path)
        assert one.inside(part, "touch", "/tmp/x").returncode == 0, part
    about = "user not root, no capabilities, read-only root (writing tried), memory limit, restart"
    say(began, f"{', '.join(parts)}: {about}")


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


def examined(one: Set, began: float, more: tuple[str, ...] = (), **variables: str) -> None:
    """The doctor, asked in the gateway's container about everything its settings and the variables name."""
    doctor = ("selvage", "doctor", "--deployed", "--server", "http://127.0.0.1:7480", "--json")
    told = one.inside("gateway", *doctor, **variables)
    found = {each["part"]: each for each in json.loads(told.stdout)}
    wanted = {"store", "database", "schema", "segment", "matting", "compose", "gateway", "clock", *more}
    assert wanted <= found.keys(), found
    wrong = {part: each["detail"] for part, each in found.items() if not each["well"]}
    assert told.returncode == 0 and not wrong, wrong
    say(began, f"the doctor finds {len(found)} parts well ({', '.join(found)}): {found['clock']['detail']}")


def on_triton(one: Set, folder: Path, began: float) -> Set:
    """compose.gpu.yaml on top of the set that runs, its GPU left out: the model moves to Triton's image, and works."""
    without = folder / "no-gpu.yaml"
    without.write_text(NO_GPU, encoding="utf-8")
    more = replace(one, files=(*one.files, FOLDER / "compose.gpu.yaml", without))
    more.up("triton", "segment")
    say(began, "compose.gpu.yaml but for its GPU: triton and segment are healthy")
    containers(more, ("triton", "segment"), began)
    labels = more.inspect("triton")["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "selvage/triton", labels
    asked = {"SELVAGE_SEGMENT_BACKEND": "triton", "SELVAGE_SEGMENT_TRITON_URL": "triton:8001"}
    examined(more, began, ("triton",), **asked)
    before = inferences(more)
    job(more, folder, "triton", began)
    done = inferences(more) - before
    assert done >= IMAGES, done
    say(began, f"Triton's own metrics: {done} pictures more after that job")
    return more


def inferences(one: Set) -> int:
    """Pictures that the model in Triton's container has answered."""
    asked = "exec 3<>/dev/tcp/127.0.0.1/8002 && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"
    lines = one.inside("triton", "bash", "-c", asked).stdout.splitlines()
    (count,) = [line.split()[-1] for line in lines if line.startswith("nv_inference_count{")]
    return int(float(count))


def job(one: Set, folder: Path, shop: str, began: float) -> None:
    """A few photos through upload, every stage and download, over REST. A shop is not given another's results."""
    photos, ready = folder / f"photos-{shop}", folder / f"READY-{shop}"
    paths = list(write(photos, count=IMAGES, size=PIXELS, truth=True))
    with Client(one.url, api_key=one.key, retries=5) as client:
        made = client.submit(paths, shop=shop)
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
        f"job over REST, model by {shop}: {len(images)} photos {', '.join(states)}; {len(files)} files, "
        f"{total / 1e6:.1f} MB fetched; mean errors of alpha against the truth: "
        f"{', '.join(f'{each:.4f}' for each in errors)}",
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
    built, now = (
        set(one.inside("matting", "find", at, "-name", "*.nbc", "-printf", "%P\\n").stdout.split())
        for at in ("/opt/selvage/numba", "/tmp/numba")
    )
    # A module is seeded when it is first imported: what nobody needed stays where it was.
    assert now and not now - built, f"matting compiled at run time: {sorted(now - built)}"
    say(
        began,
        f"nothing written outside /tmp; matting used {len(now)} of {len(built)} functions compiled into its image",
    )


def stopped(one: Set, began: float) -> None:
    """SIGTERM ends every part of ours by itself, within its grace."""
    for part in (*PARTS, "triton"):
        container = one.container(part)
        one.compose("stop", "--timeout", "40", part)
        (seen,) = json.loads(run(["docker", "inspect", container]))
        assert seen["State"]["ExitCode"] == 0, (part, seen["State"])
    say(began, "SIGTERM: every part of ours ended with code 0")


def say(began: float, text: str) -> None:
    print(f"[{time.monotonic() - began:5.0f} s] {text}", flush=True)


if __name__ == "__main__":
    main()
