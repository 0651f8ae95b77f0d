"""What pods are told is what the programs read, and where they look is where somebody listens."""

from __future__ import annotations

import os
from typing import Any

import pytest

from gateway.access.settings import AccessSettings
from gateway.cutouts.settings import CutoutSettings
from gateway.fetch.settings import FetchSettings
from gateway.files.settings import FilesSettings
from gateway.settings import GatewaySettings, HomeSettings
from gateway.webhooks.settings import WebhookSettings
from scripts.settings_table import ROOMS
from services.compose.settings import ComposeSettings
from services.kit.metrics.serve import MetricsSettings
from services.kit.pictures.settings import LimitSettings
from services.kit.rpc.settings import CpuSettings, RpcSettings
from services.kit.rpc.tls import TlsSettings
from services.kit.settings import Settings, describe, load_all
from services.kit.store import StoreSettings
from services.matting.settings import MattingSettings
from services.segment.settings import SegmentSettings
from tests.parts.manifests import EVERY, Manifests, Pods, manifests

KIT: tuple[type[Settings], ...] = (StoreSettings, RpcSettings, TlsSettings, CpuSettings, LimitSettings, MetricsSettings)
GATEWAY: tuple[type[Settings], ...] = (
    GatewaySettings, HomeSettings, AccessSettings, FilesSettings, WebhookSettings, FetchSettings, CutoutSettings, *KIT,
)  # fmt: skip
READS: dict[str, tuple[type[Settings], ...]] = {
    "gateway": GATEWAY,
    "worker": GATEWAY,
    "migrate": (GatewaySettings,),
    "bucket": (StoreSettings,),
    "segment": (SegmentSettings, *KIT),
    "matting": (MattingSettings, *KIT),
    "compose": (ComposeSettings, *KIT),
}
SECRETS = {
    "selvage-store/access-key": "key",
    "selvage-store/secret-key": "secret",
    "selvage-database/url": "postgresql://selvage:secret@database/selvage",
    "selvage-access/admin-key-sha256": "admin:" + "0" * 64,
    "selvage-webhook/secret-key": "c2VsdmFnZS1zZWx2YWdlLXNlbHZhZ2Utc2VsdmFnZSE=",
}
TABLE = {row.env for classes in ROOMS.values() for row in describe(*classes)}
ADDRESSES = {"segment": "segment_address", "matting": "matting_address", "compose": "compose_address"}


@pytest.fixture(params=EVERY)
def built(request: pytest.FixtureRequest) -> Manifests:
    return manifests(request.param)


def ours(built: Manifests) -> list[Pods]:
    return [pods for pods in built.pods() if pods.container["image"].startswith("selvage/") and pods.name in READS]


def read(built: Manifests, pods: Pods, monkeypatch: pytest.MonkeyPatch) -> dict[type[Settings], Any]:
    """As the program itself reads it; a wrong value or a slip of the pen raises."""
    for name in list(os.environ):
        if name.startswith("SELVAGE_"):
            monkeypatch.delenv(name)
    for name, value in built.environment(pods, SECRETS).items():
        monkeypatch.setenv(name, value)
    classes = READS[pods.name]
    return dict(zip(classes, load_all(*classes), strict=True))


def test_every_variable_is_one_the_program_reads(built: Manifests) -> None:
    pods_of_ours = ours(built)
    assert len(pods_of_ours) >= 6
    for pods in pods_of_ours:
        known = {row.env for row in describe(*READS[pods.name])}
        told = {name for name in built.environment(pods, SECRETS) if name.startswith("SELVAGE_")}
        assert told <= known, pods.name
        assert told <= TABLE, pods.name


def test_pods_say_where_their_metrics_are(built: Manifests) -> None:
    for pods in built.pods():
        annotations = pods.owner["spec"]["template"]["metadata"].get("annotations", {})
        if pods.kind == "Deployment":
            assert annotations["prometheus.io/scrape"] == "true"
            assert int(annotations["prometheus.io/port"]) == pods.ports.get("metrics", pods.ports.get("rest"))


def test_services_listen_on_the_ports_they_name(built: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    for pods in ours(built):
        settings = read(built, pods, monkeypatch)
        match pods.name:
            case "gateway":
                own = settings[GatewaySettings]
                assert (own.grpc_address, own.rest_address) == ("0.0.0.0:7400", "0.0.0.0:7480")
                assert pods.ports == {"grpc": 7400, "rest": 7480}
                assert own.role == "serve"
                assert settings[AccessSettings].required(own.grpc_address, own.rest_address)
                assert settings[AccessSettings].admins()
            case "worker":
                assert settings[GatewaySettings].role == "work"
                assert pods.ports == {"rest": 7480}
            case "segment" | "matting" | "compose":
                address = settings[READS[pods.name][0]].address
                assert address == f"0.0.0.0:{pods.ports['grpc']}"
                assert settings[MetricsSettings].address == f"0.0.0.0:{pods.ports['metrics']}"


def test_gateways_look_where_services_are(built: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    for pods in ours(built):
        if pods.name not in {"gateway", "worker"}:
            continue
        settings = read(built, pods, monkeypatch)[GatewaySettings]
        for name, field in ADDRESSES.items():
            service = built.named("Service", name)
            assert service["spec"]["clusterIP"] == "None"  # every pod has its address, so that clients can balance
            assert getattr(settings, field) == f"dns:///{name}:{service['spec']['ports'][0]['port']}"


def test_segment_finds_triton_where_there_is_one(built: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    (segment,) = [pods for pods in ours(built) if pods.name == "segment"]
    settings = read(built, segment, monkeypatch)[SegmentSettings]
    if any(pods.name == "triton" for pods in built.pods()):
        port = built.named("Service", "triton")["spec"]["ports"][0]["port"]
        assert (settings.backend, settings.triton_url) == ("triton", f"triton:{port}")
    else:
        assert settings.backend == "onnx"


def test_the_store_is_where_its_service_is(built: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = any(each["metadata"]["name"] == "object-store" for each in built.of("Service"))
    for pods in ours(built):
        if pods.name == "migrate":
            continue
        store = read(built, pods, monkeypatch)[StoreSettings]
        assert store.bucket == "selvage"
        assert (store.endpoint, store.secure) == (
            ("object-store:9000", False) if inside else ("s3.amazonaws.com", True)
        )


def test_pods_have_time_to_finish(built: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    giving_back = 10
    for pods in ours(built):
        if pods.kind == "Job":
            continue
        settings = read(built, pods, monkeypatch)
        pause = pods.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        needed = pause + (settings[RpcSettings].grace_seconds if pods.name != "worker" else 0)
        if pods.name in {"gateway", "worker"}:
            needed += settings[GatewaySettings].grace_seconds + 2 * giving_back
        assert needed < pods.spec["terminationGracePeriodSeconds"] + 1, pods.name


def test_photos_are_decoded_in_processes_that_fit_into_the_pod(
    built: Manifests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pods in ours(built):
        if pods.kind == "Deployment":
            limits = read(built, pods, monkeypatch)[LimitSettings]
            assert limits.decode == "process"
            assert pods.container["resources"]["limits"]["memory"] == "4Gi"
            assert 2 * limits.decode_memory_mb < 4096


def test_threads_are_those_of_the_pod(built: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    for pods in ours(built):
        if pods.kind == "Deployment":
            threads = read(built, pods, monkeypatch)[CpuSettings].threads
            assert threads == int(pods.container["resources"]["limits"]["cpu"])
