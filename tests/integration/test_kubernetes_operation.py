"""What deploy/k8s/README.md says to do, done on a real API server with controllers, and what happens to pods then.

The tests are one story, told in the order of the file: a set is installed, upgraded, rolled back, restored and removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parts import kube, kube_ground
from tests.parts.kube import Cluster
from tests.parts.kube_readme import block, follow, run
from tests.parts.kube_watch import watching
from tests.parts.manifests import DEPLOY

pytestmark = [pytest.mark.kube_apiserver, pytest.mark.slow]
ROLLING = ("gateway", "worker", "segment", "matting", "compose")
PODS = 3
"""Of each kind that rolls."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with kube.running(tmp_path_factory.mktemp("kubernetes")) as started:
        kube_ground.prepare(started)
        started.kubectl("create", "namespace", "ingress-nginx")
        yield started


@pytest.fixture(scope="module")
def home(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kustomization of the README in `my`, standing on `selvage`; secrets made and all installed."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "my").mkdir()
    (folder / "selvage").symlink_to(DEPLOY.parents[1])
    lines = block("Overlays")
    _write(folder, yaml.safe_load("\n".join(lines[lines.index("# my/kustomization.yaml") :])))
    follow(cluster, folder, "Secrets")
    follow(cluster, folder, "Install")
    _rolled_out(cluster)
    return folder


def test_the_developers_overlay_is_tried_as_said(cluster: Cluster) -> None:
    follow(cluster, DEPLOY.parents[1], "Try it")
    for job in ("migrate", "bucket"):
        cluster.kubectl("-n", "selvage", "wait", "--for=condition=Complete", f"job/{job}", "--timeout=300s")
    _rolled_out(cluster, "postgresql", "silo", kind="statefulset")


def test_a_disk_is_made_larger_and_the_pod_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    """The API server refuses the way of an apply alone."""
    larger = [
        {"op": "replace", "path": "/spec/volumeClaimTemplates/0/spec/resources/requests/storage", "value": "50Gi"}
    ]
    (tmp_path / "selvage").symlink_to(DEPLOY.parents[1])
    (tmp_path / "my").mkdir()
    patch = {"target": {"kind": "StatefulSet", "name": "silo"}, "patch": yaml.safe_dump(larger)}
    _write(tmp_path, {
        "namespace": "selvage", "resources": ["../selvage/deploy/k8s/overlays/dev"], "patches": [patch],
    })  # fmt: skip
    said = cluster.refused("apply", "-k", tmp_path / "my")
    assert 'The StatefulSet "silo" is invalid: spec.volumeClaimTemplates' in said
    assert "field is immutable" in said
    pod = cluster.named("pod", "silo-0")
    follow(cluster, tmp_path, "Larger disks")
    assert cluster.named("statefulset", "silo")["spec"]["volumeClaimTemplates"][0]["spec"]["resources"] == {
        "requests": {"storage": "50Gi"}
    }
    assert cluster.named("persistentvolumeclaim", "data-silo-0")["spec"]["resources"]["requests"]["storage"] == "50Gi"
    _rolled_out(cluster, "silo", kind="statefulset")
    assert cluster.named("pod", "silo-0")["metadata"]["uid"] == pod["metadata"]["uid"]


def test_a_new_image_of_a_store_keeps_its_disk(cluster: Cluster) -> None:
    claim, pod = cluster.named("persistentvolumeclaim", "data-silo-0"), cluster.named("pod", "silo-0")
    cluster.kubectl("-n", "selvage", "set", "image", "statefulset/silo", "silo=pgsty/silo:next")
    _rolled_out(cluster, "silo", kind="statefulset")
    after = cluster.named("pod", "silo-0")
    assert after["metadata"]["uid"] != pod["metadata"]["uid"]
    assert after["spec"]["containers"][0]["image"] == "pgsty/silo:next"
    now = cluster.named("persistentvolumeclaim", "data-silo-0")
    assert now["spec"]["volumeName"] == claim["spec"]["volumeName"]
    assert now["metadata"]["uid"] == claim["metadata"]["uid"]


def test_what_holds_data_can_be_kept(cluster: Cluster) -> None:
    follow(cluster, DEPLOY.parents[1], "Remove, but keep the data")
    claims = {each["metadata"]["name"] for each in cluster.objects("persistentvolumeclaims", "selvage")}
    assert claims == {"data-postgresql-0", "data-silo-0"}
    secrets = {each["metadata"]["name"].rsplit("-", 1)[0] for each in cluster.objects("secrets", "selvage")}
    assert secrets == {"selvage-store", "selvage-database", "selvage-access", "selvage-webhook"}
    kinds = "deployments,statefulsets,replicasets,jobs,pods,services,poddisruptionbudgets,networkpolicies"
    cluster.wait("the rest is gone", lambda: cluster.objects(kinds, "selvage") == [])
    cluster.kubectl("apply", "-k", DEPLOY / "overlays" / "dev")
    _rolled_out(cluster, "postgresql", "silo", kind="statefulset")
    mounted = {
        volume.get("persistentVolumeClaim", {}).get("claimName")
        for pod in cluster.objects("pods", "selvage")
        for volume in pod["spec"]["volumes"]
    }
    assert claims <= mounted
    cluster.kubectl("delete", "-k", DEPLOY / "overlays" / "dev", "--timeout=300s")


def test_it_is_installed_as_said(cluster: Cluster, home: Path) -> None:
    image = cluster.named("deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.example.com/selvage/gateway@sha256:..."
    assert cluster.named("namespace", "ingress-nginx")["metadata"]["labels"]["selvage.dev/client"] == "true"
    assert cluster.kubectl("diff", "-k", home / "my") == ""
    kinds = "deployments,scaledobjects,jobs,poddisruptionbudgets,networkpolicies"
    before = [each["metadata"]["generation"] for each in cluster.objects(kinds, "selvage")]
    cluster.kubectl("apply", "-k", home / "my")
    assert [each["metadata"]["generation"] for each in cluster.objects(kinds, "selvage")] == before


def test_an_upgrade_keeps_every_pod_until_its_successor_is_ready(cluster: Cluster, home: Path, tmp_path: Path) -> None:
    for name in ROLLING:
        cluster.kubectl("-n", "selvage", "scale", f"deployment/{name}", f"--replicas={PODS}")
    _rolled_out(cluster)
    migrated = cluster.named("job", "migrate")
    my = _read(home)
    my["images"] = [{"name": f"selvage/{name}", "newTag": "0.2.0"}
                    for name in ("gateway", "segment", "matting", "compose", "tools", "triton")]  # fmt: skip
    my["configMapGenerator"][0]["literals"][-1] = "SELVAGE_STORE_REGION=eu-west-1"
    _write(home, my)
    said = cluster.refused("apply", "-k", home / "my", "--dry-run=server")
    assert 'The Job "migrate" is invalid' in said
    assert "field is immutable" in said
    with watching(cluster, "selvage", tmp_path) as watched:
        follow(cluster, home, "Upgrade")
        _rolled_out(cluster)
        cluster.kubectl("-n", "selvage", "wait", "--for=condition=Complete", "job/migrate", "--timeout=300s")
    for name in ROLLING:
        assert _images(cluster, name) == {"selvage/gateway:0.2.0" if name == "worker" else f"selvage/{name}:0.2.0"}
        assert min(watched.serving(name)) == PODS
        assert max(watched.serving(name)) == PODS + 1
    assert set(watched.there("triton")) == {0, 1}  # never two on the one GPU
    assert _images(cluster, "triton") == {"selvage/triton:0.2.0"}
    assert cluster.named("job", "migrate")["metadata"]["uid"] != migrated["metadata"]["uid"]
    assert _images(cluster, "migrate") == {"selvage/tools:0.2.0"}


def test_a_bad_upgrade_harms_nobody_and_is_rolled_back(cluster: Cluster, home: Path, tmp_path: Path) -> None:
    good = _read(home)
    hungry = [{"op": "replace", "path": f"/spec/template/spec/containers/0/resources/{kind}/cpu", "value": "1000"}
              for kind in ("requests", "limits")]  # fmt: skip
    targets = [{"target": {"kind": "Deployment", "name": name}, "patch": yaml.safe_dump(hungry)} for name in ROLLING]
    with watching(cluster, "selvage", tmp_path) as watched:
        _write(home, good | {"patches": targets})
        cluster.kubectl("apply", "-k", home / "my")
        cluster.wait("a new pod of each finds no node", lambda: _waiting(cluster) == dict.fromkeys(ROLLING, 1))
        follow(cluster, home, "Rollback")
        for name in ROLLING[1:]:
            run(cluster, home, [f"kubectl -n selvage rollout undo deployment/{name}"])
        _rolled_out(cluster)
    for name in ROLLING:
        assert set(watched.serving(name)) == {PODS}
    _write(home, good)
    cluster.kubectl("apply", "-k", home / "my")
    assert cluster.kubectl("diff", "-k", home / "my") == ""
    assert _waiting(cluster) == {}


def test_budgets_let_one_pod_of_a_kind_go_at_a_time(cluster: Cluster, home: Path, tmp_path: Path) -> None:
    del home
    cluster.kubectl("cordon", "-l", "!nvidia.com/gpu.present")
    first, second, _ = [each["metadata"]["name"] for each in cluster.objects("pods", "selvage")
                        if each["metadata"]["labels"]["app.kubernetes.io/name"] == "worker"]  # fmt: skip
    assert _evict(cluster, first) == ""
    assert "violate the pod's disruption budget" in _evict(cluster, second)
    cluster.kubectl("uncordon", "-l", "!nvidia.com/gpu.present")
    _rolled_out(cluster)
    with watching(cluster, "selvage", tmp_path) as watched:
        cluster.kubectl("drain", "plain-1", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s")
        _rolled_out(cluster)
    cluster.kubectl("uncordon", "plain-1")
    for name in ROLLING:
        assert min(watched.serving(name)) >= PODS - 1
    assert all(each["spec"]["nodeName"] != "plain-1" for each in cluster.objects("pods", "selvage"))


def test_a_restore_finds_the_workers_stopped(cluster: Cluster, home: Path) -> None:
    commands = block("Backup and restore")
    stop = next(index for index, line in enumerate(commands) if " scale " in line)
    start = next(index for index, line in enumerate(commands) if " apply " in line)
    run(cluster, home, commands[: stop + 1])
    for name in ("gateway", "worker"):
        assert (
            cluster.named("scaledobject", name)["metadata"]["annotations"]["autoscaling.keda.sh/paused-replicas"] == "0"
        )
    cluster.wait("none is left", lambda: _apps(cluster).isdisjoint({"gateway", "worker"}))
    run(cluster, home, commands[start:])
    _rolled_out(cluster)
    for name in ("gateway", "worker"):
        assert cluster.named("deployment", name)["status"]["readyReplicas"] == 2
        assert (
            "autoscaling.keda.sh/paused-replicas" not in cluster.named("scaledobject", name)["metadata"]["annotations"]
        )


def test_it_is_removed_as_said(cluster: Cluster, home: Path) -> None:
    follow(cluster, home, "Remove")
    assert "not found" in cluster.refused("get", "namespace", "selvage")


def _read(home: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((home / "my" / "kustomization.yaml").read_text()))


def _write(home: Path, kustomization: dict[str, Any]) -> None:
    (home / "my" / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))


def _rolled_out(cluster: Cluster, *names: str, kind: str = "deployment") -> None:
    for name in names or (*ROLLING, "triton"):
        cluster.kubectl("-n", "selvage", "rollout", "status", f"{kind}/{name}", "--timeout=300s")


def _images(cluster: Cluster, name: str) -> set[str]:
    """Of its pods."""
    return {
        each["spec"]["containers"][0]["image"]
        for each in cluster.objects("pods", "selvage")
        if each["metadata"]["labels"]["app.kubernetes.io/name"] == name
    }


def _waiting(cluster: Cluster) -> Counter[str]:
    """How many pods of each kind fit on no node."""
    return Counter(
        each["metadata"]["labels"]["app.kubernetes.io/name"]
        for each in cluster.objects("pods", "selvage")
        if any(condition.get("reason") == "Unschedulable" for condition in each["status"].get("conditions", []))
    )


def _apps(cluster: Cluster) -> set[str]:
    """That have pods."""
    return {each["metadata"]["labels"]["app.kubernetes.io/name"] for each in cluster.objects("pods", "selvage")}


def _evict(cluster: Cluster, pod: str) -> str:
    """What kubectl complains of when the server is asked to evict a pod."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": "selvage"}}
    path = f"/api/v1/namespaces/selvage/pods/{pod}/eviction"
    return cluster.run("create", "--raw", path, "-f", "-", given=eviction).stderr
