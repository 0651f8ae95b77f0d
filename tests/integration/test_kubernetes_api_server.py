"""Every overlay and component before a real API server, its controllers and its scheduler."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.parts import kube, kube_ground
from tests.parts.kube import Cluster, Object
from tests.parts.manifests import EVERY, SETS, Manifests, manifests, write

pytestmark = [pytest.mark.kube_apiserver, pytest.mark.slow]


@dataclass(frozen=True)
class Applied:
    """A composition in a namespace of its own."""

    cluster: Cluster
    name: str
    folder: Path
    printed: str

    @property
    def namespace(self) -> str:
        return f"selvage-{self.name}"

    def live(self) -> Manifests:
        """Its objects as the server has them."""
        answer = kube.read(self.cluster.kubectl("get", "-k", self.folder, "-o", "json"))
        return Manifests(tuple(answer["items"]))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with kube.running(tmp_path_factory.mktemp("kubernetes")) as started:
        kube_ground.prepare(started)
        yield started


@pytest.fixture(scope="module", params=EVERY)
def applied(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Applied]:
    """Afterwards it is deleted, and the namespace must be gone."""
    folder = tmp_path_factory.mktemp("my")
    write(request.param, folder, f"selvage-{request.param}")
    yield Applied(cluster, request.param, folder, cluster.kubectl("apply", "--server-side", "-k", folder))
    cluster.kubectl("delete", "-k", folder, "--timeout=300s")
    assert "not found" in cluster.refused("get", "namespace", f"selvage-{request.param}")


def test_the_server_takes_every_object(applied: Applied) -> None:
    wanted = {(each["kind"], each["metadata"]["name"]) for each in manifests(applied.name).objects}
    live = {(each["kind"], each["metadata"]["name"]) for each in applied.live().objects}
    assert len(applied.printed.splitlines()) == len(wanted)
    assert {each for each in live if each[0] != "Namespace"} == {each for each in wanted if each[0] != "Namespace"}
    labels = applied.live().named("Namespace", applied.namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_its_pods_are_admitted_under_the_restricted_standard(applied: Applied) -> None:
    """Controllers' templates only get a warning; what is refused is a pod."""
    pods = [_pod(each) for each in applied.live().of(*SETS)]
    apply = ("create", "--dry-run=server", "-n", applied.namespace, "-f", "-")
    done = applied.cluster.kubectl(*apply, given={"apiVersion": "v1", "kind": "List", "items": pods})
    assert done.count("created (server dry run)") == len(pods) >= 6
    for change, reason in (
        ({"hostNetwork": True}, "host namespaces"),
        ({"securityContext": {}}, "runAsNonRoot != true"),
        ({"volumes": [*pods[0]["spec"]["volumes"], {"name": "x", "hostPath": {"path": "/"}}]}, "hostPath"),
    ):
        wrong = copy.deepcopy(pods[0])
        wrong["spec"] |= change
        said = applied.cluster.refused(*apply, given=wrong)
        assert 'violates PodSecurity "restricted:latest"' in said
        assert reason in said


def test_everything_becomes_ready(applied: Applied) -> None:
    """Pods are made, admitted, scheduled (Triton's where the GPU is), get their disks and serve what Services name."""
    cluster, namespace = applied.cluster, applied.namespace
    _settled(applied)
    live = applied.live()
    for job in live.of("Job"):
        assert job["status"]["succeeded"] == 1
    for claim in cluster.objects("persistentvolumeclaims", namespace):
        assert claim["status"]["phase"] == "Bound"
    nodes = {each["metadata"]["name"]: each["spec"]["nodeName"] for each in cluster.objects("pods", namespace)}
    for pod, node in nodes.items():
        assert node == ("gpu-2" if applied.name == "mig" else "gpu-1") if pod.startswith("triton-") else "plain" in node
    slices = cluster.objects("endpointslices", namespace)
    for service in live.of("Service"):
        (found,) = [
            each for each in slices if each["metadata"]["ownerReferences"][0]["name"] == service["metadata"]["name"]
        ]
        assert {port["port"] for port in found["ports"]} == {port["port"] for port in service["spec"]["ports"]}
        assert found["endpoints"]
        assert all(each["conditions"]["ready"] for each in found["endpoints"])
    for budget in live.of("PodDisruptionBudget"):
        assert budget["status"]["disruptionsAllowed"] == 1


def test_applying_again_changes_nothing(applied: Applied) -> None:
    _settled(applied)
    before = _versions(applied.live())
    assert applied.cluster.kubectl("diff", "--server-side", "-k", applied.folder) == ""
    applied.cluster.kubectl("apply", "--server-side", "-k", applied.folder)
    assert _versions(applied.live()) == before


def test_autoscalers_leave_alone_what_stands_at_zero(applied: Applied) -> None:
    """As a restore of the database needs it."""
    _settled(applied)
    scalers = {each["spec"]["scaleTargetRef"]["name"] for each in applied.live().of("HorizontalPodAutoscaler")}
    for name in scalers:
        assert applied.live().named("Deployment", name)["spec"]["replicas"] == 2
        applied.cluster.kubectl("scale", f"deployment/{name}", "--replicas=0", "-n", applied.namespace)
    applied.cluster.wait("autoscalers have seen it", _disabled, applied)
    applied.cluster.kubectl("apply", "--server-side", "-k", applied.folder)
    for name in scalers:
        assert applied.live().named("Deployment", name)["spec"]["replicas"] == 0


def _settled(applied: Applied) -> None:
    """Autoscalers have raised what stands below their least, every rollout is complete and every Job done."""
    live = applied.live()
    applied.cluster.wait("autoscalers have done their part", _scaled, applied)
    for each in live.of("Deployment", "StatefulSet"):
        what = f"{each['kind']}/{each['metadata']['name']}"
        applied.cluster.kubectl("rollout", "status", what, "-n", applied.namespace, "--timeout=300s")
    for each in live.of("Job"):
        what = f"job/{each['metadata']['name']}"
        applied.cluster.kubectl("wait", "--for=condition=Complete", what, "-n", applied.namespace, "--timeout=300s")


def _scaled(applied: Applied) -> bool:
    live = applied.live()
    targets = {each["spec"]["scaleTargetRef"]["name"] for each in live.of("HorizontalPodAutoscaler")}
    return all(live.named("Deployment", name)["spec"]["replicas"] >= 2 for name in targets)


def _disabled(applied: Applied) -> bool:
    return all(
        any(each["reason"] == "ScalingDisabled" for each in scaler["status"].get("conditions", []))
        for scaler in applied.live().of("HorizontalPodAutoscaler")
    )


def _versions(live: Manifests) -> dict[tuple[str, str], object]:
    """The generation, which counts changes of what is wanted; where there is none, the version of the whole object."""
    return {
        (each["kind"], each["metadata"]["name"]): each["metadata"].get(
            "generation", each["metadata"]["resourceVersion"]
        )
        for each in live.objects
    }


def _pod(owner: Object) -> Object:
    """As its controller would make it."""
    template = copy.deepcopy(owner["spec"]["template"])
    name = owner["metadata"]["name"]
    for claim in owner["spec"].get("volumeClaimTemplates", []):
        kind = claim["metadata"]["name"]
        volume = {"name": kind, "persistentVolumeClaim": {"claimName": f"{kind}-{name}-0"}}
        template["spec"]["volumes"].append(volume)
    metadata = {"name": f"{name}-alone", "labels": template["metadata"]["labels"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
