"""The "restricted" pod security standard (kubernetes.io/docs/concepts/security/pod-security-standards), for Linux pods.

Stands in for the admission controller: what it says here, `enforce: restricted` would refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}  # fmt: skip


def problems(spec: dict[str, Any]) -> Iterator[str]:
    """What a pod spec does that the standard forbids."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    pod = spec.get("securityContext", {})
    for volume in spec.get("volumes", []):
        if kinds := set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']}: {kinds}"
    for sysctl in pod.get("sysctls", []):
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind, []):
            for problem in _of_container(container, pod):
                yield f"{container['name']}: {problem}"


def _of_container(container: dict[str, Any], pod: dict[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    together = pod | own
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities are not dropped"
    if extra := set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"capabilities {extra}"
    if together.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if together.get("runAsUser") == 0:
        yield "runs as root"
    if together.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "no seccomp profile"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    yield from _of_node(container, together)


def _of_node(container: dict[str, Any], together: dict[str, Any]) -> Iterator[str]:
    """What touches the node itself."""
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "hostPort"
    profile = together.get("appArmorProfile", {}).get("type", "RuntimeDefault")
    if profile not in {"RuntimeDefault", "Localhost"}:
        yield f"AppArmor {profile}"
    if together.get("seLinuxOptions", {}).get("user") or together.get("seLinuxOptions", {}).get("role"):
        yield "SELinux user or role"
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        for way in ("httpGet", "tcpSocket"):
            if container.get(name, {}).get(way, {}).get("host"):
                yield f"{name} asks another host"
