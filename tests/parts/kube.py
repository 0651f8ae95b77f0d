"""A real Kubernetes on 127.0.0.1: etcd, API server, controller manager and scheduler.

All is as in a cluster (admission with PodSecurity, RBAC, controllers, scheduling), except that no container runs:
tests/parts/kube_nodes.py stands in for the kubelets.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.parts.certificates import Authority
from tests.parts.require import binary
from tests.parts.server import free_ports

VERSION = "1.37.2"
HOW = "run scripts/real_parts/kube_apiserver.sh"
REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 300.0
"""Seconds for a state to come; on a quiet machine all come within ten."""

Object = dict[str, Any]


@dataclass
class Cluster:
    """A control plane that runs. `kubectl` acts as its administrator."""

    tools: Path
    folder: Path
    authority: Authority
    url: str
    processes: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """For commands that call kubectl: its path, credentials, and a home for its cache."""
        path = f"{self.tools}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "KUBECONFIG": str(self.folder / "admin.yaml"), "HOME": str(self.folder)}

    def run(self, *arguments: str | Path, given: Object | None = None) -> subprocess.CompletedProcess[str]:
        """kubectl, whatever it answers."""
        return subprocess.run(
            [self.tools / "kubectl", *arguments], env=self.environment, text=True, capture_output=True, check=False,
            input=None if given is None else json.dumps(given), timeout=PATIENCE,
        )  # fmt: skip

    def kubectl(self, *arguments: str | Path, given: Object | None = None) -> str:
        """What kubectl prints. A refusal fails the test, and so does a warning."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, f"kubectl {arguments}: {done.stderr}{done.stdout}"
        assert "Warning:" not in done.stderr, done.stderr
        return done.stdout

    def refused(self, *arguments: str | Path, given: Object | None = None) -> str:
        """What kubectl says when the server does not want it."""
        done = self.run(*arguments, given=given)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def objects(self, kinds: str, namespace: str) -> list[Object]:
        """Those of the comma list `kinds` in a namespace."""
        return list(read(self.kubectl("get", kinds, "-n", namespace, "-o", "json"))["items"])

    def named(self, kind: str, name: str, namespace: str = "selvage") -> Object:
        return read(self.kubectl("get", kind, name, "-n", namespace, "-o", "json"))

    def start(self, name: str, *flags: str, command: Sequence[str] = ()) -> None:
        """One of the tools, or another command."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*(command or [str(self.tools / name)]), *flags], stdout=log, stderr=subprocess.STDOUT,
                env=os.environ | {"HOME": str(self.folder), "PYTHONPATH": str(REPOSITORY)},
            )  # fmt: skip
        self.processes.append((name, process))

    def credentials(self, name: str, organisation: str | None = None) -> str:
        """The path of a kubeconfig for the user `name` of a group."""
        certificate = self.authority.issue(name, organisation=organisation)
        user = {"client-certificate": str(certificate.certificate), "client-key": str(certificate.key)}
        server = {"server": self.url, "certificate-authority": str(self.authority.ca)}
        path = self.folder / f"{name.replace(':', '-')}.yaml"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": server}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": name}}],
        }))  # fmt: skip
        return str(path)

    def wait(self, what: str, there: Callable[..., bool], *arguments: object) -> None:
        """Until it is so; fails with the end of each log when a process has ended or patience does."""
        end = time.monotonic() + PATIENCE
        while not there(*arguments):
            ended = [name for name, process in self.processes if process.poll() is not None]
            if ended or time.monotonic() > end:
                logs = {name: (self.folder / f"{name}.log").read_text()[-2000:] for name, _ in self.processes}
                raise AssertionError(f"{what}: not so; ended: {ended}\n" + "\n".join(map(str, logs.items())))
            time.sleep(0.2)

    def stop(self) -> None:
        """Each by its process, those first that stand on the others."""
        for _, process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


def read(printed: str) -> Object:
    """What `kubectl -o json` printed."""
    return dict(json.loads(printed))


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Skips, or fails where the part is required, when it was not built."""
    tools = binary(
        "kube-apiserver", "SELVAGE_KUBE_APISERVER_BIN", f"kubernetes-{VERSION}-1/kube-apiserver", HOW
    ).parent  # fmt: skip
    client, peer, secure, manager, scheduler = free_ports(5)
    authority = Authority(folder)
    cluster = Cluster(tools, folder, authority, f"https://127.0.0.1:{secure}")
    try:
        _store(cluster, client, peer)
        _api_server(cluster, client, secure)
        cluster.wait("the API server is ready", lambda: cluster.run("get", "--raw", "/readyz").returncode == 0)
        _controllers(cluster, manager, scheduler)
        cluster.wait(
            "controllers work",
            lambda: cluster.run("get", "serviceaccount", "default", "-n", "default").returncode == 0,
        )
        yield cluster
    finally:
        cluster.stop()


def _store(cluster: Cluster, client: int, peer: int) -> None:
    here, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    cluster.start(
        "etcd", f"--data-dir={cluster.folder / 'etcd'}", f"--listen-client-urls={here}",
        f"--advertise-client-urls={here}", f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}", "--unsafe-no-fsync", "--log-level=warn",
    )  # fmt: skip


def _api_server(cluster: Cluster, client: int, secure: int) -> None:
    """With the admission plugins that are on by default, PodSecurity among them."""
    cluster.credentials("admin", "system:masters")
    server, accounts = cluster.authority.issue("server"), cluster.authority.issue("accounts")
    cluster.start(
        "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{client}", "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1", f"--secure-port={secure}", "--endpoint-reconciler-type=none",
        f"--tls-cert-file={server.certificate}", f"--tls-private-key-file={server.key}",
        f"--client-ca-file={cluster.authority.ca}", "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={accounts.key}",
        f"--service-account-signing-key-file={accounts.key}", "--service-cluster-ip-range=10.96.0.0/16",
    )  # fmt: skip


def _controllers(cluster: Cluster, manager: int, scheduler: int) -> None:
    cluster.start(
        "kube-controller-manager", f"--kubeconfig={cluster.credentials('system:kube-controller-manager')}",
        "--bind-address=127.0.0.1", f"--secure-port={manager}", "--leader-elect=false",
        f"--service-account-private-key-file={cluster.folder / 'accounts.key'}",
        f"--root-ca-file={cluster.authority.ca}", "--use-service-account-credentials=true",
        "--horizontal-pod-autoscaler-sync-period=2s", "--node-monitor-grace-period=24h",  # no kubelet, no heartbeat
    )  # fmt: skip
    cluster.start(
        "kube-scheduler", f"--kubeconfig={cluster.credentials('system:kube-scheduler')}",
        "--bind-address=127.0.0.1", f"--secure-port={scheduler}", "--leader-elect=false",
    )  # fmt: skip
    nodes = cluster.credentials("nodes", "system:masters")
    cluster.start("nodes", nodes, command=[sys.executable, "-m", "tests.parts.kube_nodes"])
