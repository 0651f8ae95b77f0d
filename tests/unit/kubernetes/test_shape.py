"""Every overlay and component builds, and its parts fit together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from services.kit import metrics
from tests.parts.flows import matches
from tests.parts.manifests import COMPOSITIONS, DEPLOY, EVERY, OVERLAYS, Manifests, manifests
from tests.parts.pod_security import problems

GENERATED = re.compile(r"-[a-z0-9]{10}$")


@pytest.fixture(params=EVERY)
def built(request: pytest.FixtureRequest) -> Manifests:
    return manifests(request.param)


def test_every_component_is_built_somewhere() -> None:
    there = {
        str(path.parent.relative_to(DEPLOY / "components")) for path in DEPLOY.glob("components/**/kustomization.yaml")
    }
    used = {component for components in COMPOSITIONS.values() for component in components}
    for overlay in OVERLAYS:
        kustomization = yaml.safe_load((DEPLOY / "overlays" / overlay / "kustomization.yaml").read_text())
        used |= {each.removeprefix("../../components/") for each in kustomization["components"]}
    assert used == there


def test_overlays_deny_what_no_policy_allows() -> None:
    for overlay in OVERLAYS:
        spec = manifests(overlay).named("NetworkPolicy", "default-deny")["spec"]
        assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_pods_are_restricted(built: Manifests) -> None:
    labels = built.named("Namespace", "selvage")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for pods in built.pods():
        assert list(problems(pods.spec)) == [], pods.name


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"volumes": [{"name": "node", "hostPath": {"path": "/"}}]}, "volume node: {'hostPath'}"),
        ({"securityContext": {"runAsNonRoot": True, "runAsUser": 0}}, "one: runs as root"),
        ({"securityContext": {"runAsNonRoot": True}}, "one: no seccomp profile"),
        ({"containers": [{"name": "one"}]}, "one: capabilities are not dropped"),
    ],
)
def test_the_check_of_pod_security_sees_it(change: dict[str, object], problem: str) -> None:
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "one", "securityContext": own}],
    }
    assert list(problems(pod)) == []
    assert problem in list(problems(pod | change))


def test_pods_are_frugal_and_alone(built: Manifests) -> None:
    accounts = {each["metadata"]["name"]: each for each in built.of("ServiceAccount")}
    for pods in built.pods():
        assert pods.spec["serviceAccountName"] == pods.name
        assert accounts[pods.name]["automountServiceAccountToken"] is False
        assert pods.spec["automountServiceAccountToken"] is False
        assert pods.spec["enableServiceLinks"] is False  # else SELVAGE-like variables appear by themselves
        container = pods.container
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        for resource in ("cpu", "memory", "ephemeral-storage"):
            assert container["resources"]["requests"][resource]
            assert container["resources"]["limits"][resource]
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert "/tmp" in mounts
        assert {mount["name"] for mount in container["volumeMounts"]} >= {
            volume["name"] for volume in pods.spec["volumes"]
        }


def test_images_are_pinned(built: Manifests) -> None:
    for pods in built.pods():
        image = pods.container["image"]
        if image.startswith("selvage/"):
            assert re.fullmatch(r"selvage/[a-z]+:\d+\.\d+\.\d+", image)
        else:
            assert re.fullmatch(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}", image)


def test_what_serves_is_probed_on_a_port_it_has(built: Manifests) -> None:
    for pods in built.pods():
        if pods.kind == "Job":
            continue
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = pods.container[name]
            asked = probe.get("grpc", probe.get("httpGet", {})).get("port", "exec")
            assert asked in {"exec", *pods.ports, *pods.ports.values()}, (pods.name, name)
            if pods.name in {"segment", "matting", "compose", "triton"}:
                assert "grpc" in probe


def test_services_select_pods_that_have_the_port(built: Manifests) -> None:
    for service in built.of("Service"):
        spec = service["spec"]
        found = [pods for pods in built.pods() if matches({"matchLabels": spec["selector"]}, pods.labels)]
        assert len(found) == 1, service["metadata"]["name"]
        for port in spec["ports"]:
            assert found[0].ports[port["targetPort"]] == port["port"]


def test_controllers_select_their_own_pods(built: Manifests) -> None:
    for kind in ("Deployment", "StatefulSet"):
        for owner in built.of(kind):
            found = [pods.name for pods in built.pods() if matches(owner["spec"]["selector"], pods.labels)]
            assert found == [owner["metadata"]["name"]]


def test_budgets_and_scalers_name_what_is_there(built: Manifests) -> None:
    deployments = {each["metadata"]["name"]: each["spec"] for each in built.of("Deployment")}
    for budget in built.of("PodDisruptionBudget"):
        found = [pods.name for pods in built.pods() if matches(budget["spec"]["selector"], pods.labels)]
        assert found == [budget["metadata"]["name"]]
    assert "triton" not in {each["metadata"]["name"] for each in built.of("PodDisruptionBudget")}
    for scaler in built.of("ScaledObject", "HorizontalPodAutoscaler"):
        target = deployments[scaler["spec"]["scaleTargetRef"]["name"]]
        assert "replicas" not in target  # applying again would set back what the scaler chose


def test_scalers_ask_for_metrics_there_are(built: Manifests) -> None:
    names = {each.name for each in metrics.definitions()}
    for scaler in built.of("ScaledObject", "HorizontalPodAutoscaler"):
        asked = set(re.findall(r"selvage_\w+", yaml.safe_dump(scaler["spec"])))
        assert asked <= names
        assert asked or scaler["metadata"]["name"] == "gateway"


def test_only_known_kinds_are_not_of_kubernetes_itself(built: Manifests) -> None:
    """Their schema is not with the others; keda.sh/v1alpha1 is checked here for the fields it must have."""
    foreign = [each for each in built.objects if each["apiVersion"].partition("/")[0].endswith(".sh")]
    for each in foreign:
        assert (each["apiVersion"], each["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
        spec = each["spec"]
        assert spec["minReplicaCount"] < spec["maxReplicaCount"]
        assert spec.keys() <= {
            "scaleTargetRef", "minReplicaCount", "maxReplicaCount", "cooldownPeriod", "advanced", "triggers",
        }  # fmt: skip
        for trigger in spec["triggers"]:
            assert all(isinstance(value, str) for value in trigger["metadata"].values())


def test_one_gpu_is_never_asked_for_twice() -> None:
    for name in ("gpu", "mig", "scale-to-zero"):
        triton = manifests(name).named("Deployment", "triton")["spec"]
        assert triton["strategy"] == {"type": "Recreate"}
        limits = triton["template"]["spec"]["containers"][0]["resources"]["limits"]
        asked = {resource for resource in limits if resource.startswith("nvidia.com/")}
        assert asked == ({"nvidia.com/mig-1g.10gb"} if name == "mig" else {"nvidia.com/gpu"})


def test_secrets_are_named_and_only_the_developers_overlay_has_any() -> None:
    for name in EVERY:
        made = {GENERATED.sub("", each["metadata"]["name"]) for each in manifests(name).of("Secret")}
        known = {"selvage-store", "selvage-database", "selvage-access", "selvage-webhook"}
        assert made == (known if name == "dev" else set())


def test_the_developers_overlay_has_every_secret_and_setting_it_names() -> None:
    built = manifests("dev")
    there = {(each["metadata"]["name"], key) for each in built.of("Secret") for key in each["data"]}
    for pods in built.pods():
        for variable in pods.container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                assert (reference["name"], reference["key"]) in there
        for volume in pods.spec["volumes"]:
            for item in volume.get("secret", {}).get("items", []):
                assert (volume["secret"]["secretName"], item["key"]) in there


def test_the_readme_names_every_component_overlay_and_secret() -> None:
    page = (DEPLOY / "README.md").read_text()
    folders = [path.parent for path in DEPLOY.glob("*/**/kustomization.yaml")]
    for folder in folders:
        assert f"`{Path(*folder.relative_to(DEPLOY).parts[1:]) if folder.name != 'base' else 'base'}`" in page
    for secret in ("selvage-store", "selvage-database", "selvage-access", "selvage-webhook", "selvage-tls"):
        assert secret in page
