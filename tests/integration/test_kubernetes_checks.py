"""Manifests before the judges of others: the schemas of Kubernetes, and Checkov's policies."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.parts.manifests import DEPLOY, EVERY, manifests, text
from tests.parts.require import binary

HOW = "run scripts/real_parts/kube_checks.sh"
VERSIONS = ("1.37.0", "1.36.0", "1.35.0")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("manifests")
    made = []
    for name in EVERY:
        made.append(folder / f"{name}.yaml")
        made[-1].write_text(text(name))
    return made


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_of_kubernetes_accept_them(version: str, files: list[Path]) -> None:
    """Strictly: a field that is not in the schema is an error too."""
    validate = binary(
        "kubernetes-validate", "SELVAGE_KUBERNETES_VALIDATE_BIN", "kube-checks-1/bin/kubernetes-validate", HOW
    )
    done = subprocess.run(
        [validate, "-k", version, "--strict", *files], capture_output=True, text=True, check=False, timeout=240
    )
    lines = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 0, done.stdout
    passed = [line for line in lines if " passed for resource " in line]
    unknown = [line for line in lines if "find schema for kind" in line]
    foreign = sum(len(manifests(name).of("ScaledObject")) for name in EVERY)
    assert len(passed) == sum(len(manifests(name).objects) for name in EVERY) - foreign
    assert len(unknown) == foreign
    assert all("kind ScaledObject " in line for line in unknown)


def test_a_wrong_field_is_refused(tmp_path: Path) -> None:
    validate = binary(
        "kubernetes-validate", "SELVAGE_KUBERNETES_VALIDATE_BIN", "kube-checks-1/bin/kubernetes-validate", HOW
    )
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text("dev").replace("terminationGracePeriodSeconds", "terminationGraceSeconds"))
    done = subprocess.run(
        [validate, "-k", VERSIONS[0], "--strict", wrong], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert "terminationGraceSeconds" in done.stdout + done.stderr


def test_checkov_finds_nothing_that_is_not_explained(files: list[Path]) -> None:
    checkov = binary("checkov", "SELVAGE_CHECKOV_BIN", "kube-checks-1/bin/checkov", HOW)
    named = [part for file in files for part in ("--file", str(file))]
    done = subprocess.run(
        [checkov, "--config-file", DEPLOY / "checkov.yaml", *named, "--output", "json"],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    report = json.loads(done.stdout)
    failed = [(each["check_id"], each["resource"], each["check_name"]) for each in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] > 4000
    assert report["summary"]["parsing_errors"] == 0
    # Skipped beside the manifest, with its reason.
    skips = [
        value
        for name in EVERY
        for each in manifests(name).objects
        for key, value in each["metadata"].get("annotations", {}).items()
        if key.startswith("checkov.io/skip")
    ]
    assert report["summary"]["skipped"] == len(skips)
    assert all(len(value.partition("=")[2]) > 20 for value in skips)
