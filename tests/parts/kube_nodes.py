"""In place of the kubelets: of every pod that is scheduled it says that it is ready, of a Job's that it has succeeded.

Run as a process with the path of a kubeconfig, as the other parts of a control plane are.
"""

from __future__ import annotations

import datetime
import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
PAUSE = 0.1
"""Seconds between looks at the pods."""


class Api:
    """As much of the API as a node needs."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        user, server = config["users"][0]["user"], config["clusters"][0]["cluster"]
        self._url = server["server"]
        self._tls = ssl.create_default_context(cafile=server["certificate-authority"])
        self._tls.load_cert_chain(user["client-certificate"], user["client-key"])

    def items(self, path: str) -> list[Object]:
        return list(self._ask("GET", path)["items"])

    def status(self, path: str, status: Object) -> None:
        self._ask("PATCH", f"{path}/status", {"status": status})

    def delete(self, path: str, uid: str) -> None:
        """At once: the kubelet does so when the containers have ended."""
        self._ask("DELETE", path, {
            "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "preconditions": {"uid": uid},
        })  # fmt: skip

    def _ask(self, method: str, path: str, body: Object | None = None) -> Object:
        kind = "application/strategic-merge-patch+json" if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            self._url + path, method=method, headers={"Content-Type": kind},
            data=None if body is None else json.dumps(body).encode(),
        )  # fmt: skip
        with urllib.request.urlopen(request, context=self._tls, timeout=30) as answer:
            return dict(json.load(answer))


def look_after(api: Api) -> None:
    """One round over nodes and pods."""
    for node in api.items("/api/v1/nodes"):
        if not _is_true(node, "Ready"):
            ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"} | _now("lastHeartbeatTime")
            api.status(f"/api/v1/nodes/{node['metadata']['name']}", {"conditions": [ready]})
    for number, pod in enumerate(api.items("/api/v1/pods?fieldSelector=spec.nodeName%21%3D")):
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            api.delete(path, meta["uid"])
        elif pod["status"]["phase"] == "Pending":
            api.status(path, _running(pod, number))
        elif pod["status"]["phase"] == "Running" and _is_of_a_job(pod):
            api.status(path, _succeeded(pod))


def _is_of_a_job(pod: Object) -> bool:
    return any(each["kind"] == "Job" for each in pod["metadata"].get("ownerReferences", []))


def _running(pod: Object, number: int) -> Object:
    conditions = [{"type": each, "status": "True"} | _now("lastTransitionTime")
                  for each in ("Initialized", "ContainersReady", "Ready")]  # fmt: skip
    address = f"10.0.{number // 250}.{number % 250 + 1}"
    return {
        "phase": "Running", "conditions": conditions, "podIP": address, "podIPs": [{"ip": address}],
        "containerStatuses": [_container(pod, True, {"running": _now("startedAt")})],
    } | _now("startTime")  # fmt: skip


def _succeeded(pod: Object) -> Object:
    ended = {"exitCode": 0, "reason": "Completed"} | _now("startedAt", "finishedAt")
    ready = [{"type": each, "status": "False"} for each in ("ContainersReady", "Ready")]
    return {
        "phase": "Succeeded", "conditions": ready, "containerStatuses": [_container(pod, False, {"terminated": ended})],
    }  # fmt: skip


def _container(pod: Object, ready: bool, state: Object) -> Object:
    (container,) = pod["spec"]["containers"]
    return {
        "name": container["name"], "image": container["image"], "imageID": container["image"], "restartCount": 0,
        "ready": ready, "started": ready, "state": state,
    }  # fmt: skip


def _is_true(thing: Object, condition: str) -> bool:
    return any(each["type"] == condition and each["status"] == "True" for each in thing["status"].get("conditions", []))


def _now(*names: str) -> Object:
    return dict.fromkeys(names, datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def main() -> None:
    api = Api(Path(sys.argv[1]))
    while True:
        try:
            look_after(api)
        except urllib.error.URLError as problem:  # refused, gone meanwhile, or changed by somebody else
            print(problem, flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
