"""The images and the compose set, really built and run: scripts/real_parts/docker_set.sh."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.parts.require import absent, asked

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "docker"
NO_ENGINE = 3
PROOFS = (
    "passed with MinIO, PostgreSQL and Triton as containers: tests/contract/store",
    "compose set is up and healthy",
    "gateway, worker, segment, matting, compose, postgres, store: user not root, no capabilities, read-only root",
    "SBOM (CycloneDX 1.6)",
    "a caller without a key is refused",
    "the doctor finds",
    "job over REST, model by onnx: 3 photos",
    "compose.gpu.yaml but for its GPU: triton and segment are healthy",
    "triton, segment: user not root, no capabilities, read-only root",
    "job over REST, model by triton: 3 photos",
    "Triton's own metrics: 3 pictures more after that job",
    "nothing written outside /tmp",
    "every part of ours ended with code 0",
    "taken down",
)


@pytest.mark.docker
@pytest.mark.slow
def test_the_whole_set_runs_from_images_built_here() -> None:
    if "docker" not in asked():
        pytest.skip("builds every image, which takes minutes; SELVAGE_REQUIRED_PARTS=docker asks for it")
    if not os.environ.get("DOCKER_HOST") and not shutil.which("dockerd"):
        absent("docker", "set DOCKER_HOST, or apt-get install docker.io debootstrap")
    done = subprocess.run(
        [ROOT / "scripts/real_parts/docker_set.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == NO_ENGINE:
        absent("docker", done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-6000:] + done.stdout
    assert [proof for proof in PROOFS if proof not in done.stdout] == []


def test_compose_hardens_every_service() -> None:
    """Read-only roots, no capabilities, no new privileges, limits and no floating tags, for ours and for others."""
    for file in ("compose.yaml", "compose.gpu.yaml"):
        services = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))["services"]
        for name, service in services.items():
            if "image" not in service:  # an override adds to one described before
                continue
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
            if name not in ("migrate", "bucket"):  # they end within seconds
                assert "limits" in service["deploy"]["resources"], name
            if not service["image"].startswith("${SELVAGE_REGISTRY"):
                assert ":" in service["image"].partition(":-")[2], (name, service["image"])


def test_secrets_are_fresh_each_time_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        subprocess.run([FOLDER / "secrets.sh", file], check=True, capture_output=True)
        assert file.stat().st_mode & 0o777 == 0o600
    first, second = (dict(line.split("=", 1) for line in file.read_text().splitlines()) for file in files)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] == second[name]] == ["SELVAGE_STORE_ACCESS_KEY"]
    again = subprocess.run([FOLDER / "secrets.sh", files[0]], check=False, capture_output=True)
    assert again.returncode == 1, "secrets in use must not be replaced"
