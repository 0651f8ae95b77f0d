"""What `kubectl kustomize` makes of deploy/k8s: built once, looked at by many tests."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.parts.require import binary

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "k8s"
OVERLAYS = ("dev", "cpu", "gpu")
INSIDE = ("object-store-silo", "postgresql", "network-policies")
OUTSIDE = (
    "external-s3", "network-policies", "network-policies/external-s3", "network-policies/external-postgresql",
)  # fmt: skip
# Components of the README that no overlay uses, each with what it stands on.
COMPOSITIONS: dict[str, tuple[str, ...]] = {
    "seaweedfs": ("object-store-seaweedfs", "postgresql", "network-policies"),
    "tls": (*INSIDE, "tls"),
    "mig": (*OUTSIDE, "gpu", "gpu-mig"),
    "scale-to-zero": (*OUTSIDE, "gpu", "keda", "gpu-scale-to-zero", "network-policies/monitoring"),
    "hpa-gpu": (*INSIDE, "gpu", "hpa", "monitoring", "network-policies/monitoring"),
    "bare": ("external-s3",),
}
EVERY = (*OVERLAYS, *COMPOSITIONS)
SETS = {"Deployment", "StatefulSet", "Job"}

Object = dict[str, Any]


@dataclass(frozen=True)
class Pods:
    """Pods of one controller."""

    kind: str
    name: str
    labels: dict[str, str]
    spec: Object
    owner: Object

    @property
    def container(self) -> Object:
        (container,) = self.spec["containers"]
        return dict(container)

    @property
    def ports(self) -> dict[str, int]:
        """By name."""
        return {port["name"]: port["containerPort"] for port in self.container.get("ports", [])}


@dataclass(frozen=True)
class Manifests:
    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        (found,) = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    def pods(self) -> Iterator[Pods]:
        for each in self.of(*SETS):
            template = each["spec"]["template"]
            yield Pods(each["kind"], each["metadata"]["name"], template["metadata"]["labels"], template["spec"], each)

    def environment(self, pods: Pods, secrets: dict[str, str]) -> dict[str, str]:
        """What the container sees. `secrets` has a value for each "secret/key"."""
        container = pods.container
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            found |= self.named("ConfigMap", source["configMapRef"]["name"])["data"]
        for variable in container.get("env", []):
            if "value" in variable:
                found[variable["name"]] = variable["value"]
            elif "secretKeyRef" in variable["valueFrom"]:
                reference = variable["valueFrom"]["secretKeyRef"]
                found[variable["name"]] = secrets[f"{_without_hash(reference['name'])}/{reference['key']}"]
            else:
                _, _, resource = variable["valueFrom"]["resourceFieldRef"]["resource"].partition(".")
                found[variable["name"]] = str(container["resources"]["limits"][resource])
        return found


def _without_hash(name: str) -> str:
    """Of a generated secret, whose name ends in a hash."""
    return "-".join(name.split("-")[:2])


@functools.cache
def text(name: str) -> str:
    """The YAML of an overlay or composition. Skips when kustomize is not here."""
    kustomize = binary(
        "kustomize", "SELVAGE_KUSTOMIZE_BIN", "bin/kustomize-v5.8.1", "run scripts/real_parts/kustomize.sh"
    )
    if name in OVERLAYS:
        return _build(kustomize, DEPLOY / "overlays" / name)
    with tempfile.TemporaryDirectory() as folder:
        write(name, Path(folder), "selvage")
        return _build(kustomize, Path(folder).resolve())


def write(name: str, folder: Path, namespace: str) -> None:
    """A kustomization in `folder` that stands on an overlay, or puts a composition together, in that namespace."""
    up = os.path.relpath(DEPLOY, folder.resolve())
    if name in OVERLAYS:
        parts = {"resources": [f"{up}/overlays/{name}"]}
    else:
        components = [f"{up}/components/{each}" for each in COMPOSITIONS[name]]
        parts = {"resources": [f"{up}/base"], "components": components}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"namespace": namespace} | parts))


@functools.cache
def manifests(name: str) -> Manifests:
    return Manifests(tuple(yaml.safe_load_all(text(name))))


def _build(kustomize: Path, folder: Path) -> str:
    done = subprocess.run([kustomize, "build", folder], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # warnings: deprecated fields
    return done.stdout
