"""Network policies: exactly the flows that are needed, tried between every two pods on every port."""

from __future__ import annotations

import pytest

from tests.parts.flows import Address, Pod, allowed
from tests.parts.manifests import EVERY, Manifests, manifests

HOME = {"kubernetes.io/metadata.name": "selvage"}
INGRESS = Pod("ingress", {"app": "nginx"}, {"kubernetes.io/metadata.name": "edge", "selvage.dev/client": "true"})
STRANGER = Pod("stranger", {"app.kubernetes.io/name": "gateway"}, {"kubernetes.io/metadata.name": "default"})
PROMETHEUS = Pod("prometheus", {"app.kubernetes.io/name": "prometheus"}, {"kubernetes.io/metadata.name": "monitoring"})
DNS = Pod("dns", {"k8s-app": "kube-dns"}, {"kubernetes.io/metadata.name": "kube-system"})
PUBLIC, PRIVATE, METADATA = Address("203.0.113.7"), Address("10.1.2.3"), Address("169.254.169.254")
PUBLIC_6, PRIVATE_6 = Address("2001:db8::7"), Address("fd00::1")

CALLS = {("gateway", "worker"): {("segment", 50051), ("matting", 50052), ("compose", 50053)}}
METRICS = {"gateway": 7480, "worker": 7480, "segment": 9100, "matting": 9100, "compose": 9100, "triton": 8002}
STORES = {"silo", "seaweedfs"}
DATABASE_USERS = {"gateway", "worker", "migrate"}
STORE_USERS = {"gateway", "worker", "segment", "matting", "compose", "bucket"}


def needed(names: set[str]) -> set[tuple[str, str, int]]:
    """Between pods of one composition."""
    found = {(source, *call) for sources, calls in CALLS.items() for source in sources for call in calls}
    found |= {(source, "postgresql", 5432) for source in DATABASE_USERS}
    found |= {(source, store, 9000) for source in STORE_USERS for store in STORES}
    found |= {("segment", "triton", 8001)}
    return {flow for flow in found if flow[0] in names and flow[1] in names}


@pytest.fixture(params=[name for name in EVERY if name != "bare"])
def built(request: pytest.FixtureRequest) -> Manifests:
    return manifests(request.param)


@pytest.mark.parametrize("ends", [("Ingress", "Egress"), ("Ingress",), ("Egress",)])
def test_inside_only_what_is_needed_passes(built: Manifests, ends: tuple[str, ...]) -> None:
    """With both ends in force, and with either alone: none opens more than the other."""
    policies = [
        {"spec": each["spec"] | {"policyTypes": [end for end in each["spec"]["policyTypes"] if end in ends]}}
        for each in built.of("NetworkPolicy")
    ]
    pods = {each.name: (Pod(each.name, each.labels, HOME), each.ports.values()) for each in built.pods()}
    ports = {port for _, served in pods.values() for port in served} | {22, 6443}
    open_flows = {
        (source, target, port)
        for source, (left, _) in pods.items()
        for target, (right, _) in pods.items()
        for port in ports
        if allowed(policies, left, right, port)
    }
    assert open_flows == needed(set(pods))


def test_from_other_namespaces_only_callers_and_prometheus(built: Manifests) -> None:
    policies = built.of("NetworkPolicy")
    monitored = any(each["metadata"]["name"] == "scrape" for each in policies)
    for each in built.pods():
        pod = Pod(each.name, each.labels, HOME)
        for port in each.ports.values():
            assert not allowed(policies, STRANGER, pod, port)
            called = each.name == "gateway" or (each.name in STORES and port == 9000)
            assert allowed(policies, INGRESS, pod, port) == called
            assert allowed(policies, PROMETHEUS, pod, port) == (monitored and METRICS.get(each.name) == port)


def test_every_pod_resolves_names_and_nothing_more_of_the_cluster(built: Manifests) -> None:
    policies = built.of("NetworkPolicy")
    for each in built.pods():
        pod = Pod(each.name, each.labels, HOME)
        for protocol in ("UDP", "TCP"):
            assert allowed(policies, pod, DNS, 53, protocol)
        assert not allowed(policies, pod, DNS, 9153)
        for port in (443, 6443, 10250):
            assert not allowed(policies, pod, STRANGER, port)


def test_out_into_the_world(built: Manifests) -> None:
    policies = built.of("NetworkPolicy")
    names = {each["metadata"]["name"] for each in policies}
    store, database = "call-external-s3" in names, "call-external-database" in names
    for each in built.pods():
        pod = Pod(each.name, each.labels, HOME)
        stored = store and each.name in STORE_USERS
        for public in (PUBLIC, PUBLIC_6):
            assert allowed(policies, pod, public, 80) == (each.name == "gateway")
            assert allowed(policies, pod, public, 443) == (each.name in {"gateway", "worker"} or stored)
        for private in (PRIVATE, PRIVATE_6, METADATA):
            assert not allowed(policies, pod, private, 80)
            # S3 and PostgreSQL outside the cluster may well lie in a private network.
            assert allowed(policies, pod, private, 443) == stored
            assert allowed(policies, pod, private, 5432) == (database and each.name in DATABASE_USERS)
        assert not allowed(policies, pod, PUBLIC, 22)
