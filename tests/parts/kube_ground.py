"""What a cluster has before Selvage comes: nodes, disks, KEDA's resource definition, and secrets."""

from __future__ import annotations

from tests.parts.kube import Cluster, Object

DISKS = 40


def prepare(cluster: Cluster) -> None:
    """Two nodes of 64 cores, one with a GPU and one with a MIG slice, tainted as the GPU operator does, and disks."""
    gpu = {"nvidia.com/gpu.present": "true"}
    objects = [
        _node("plain-1"),
        _node("plain-2"),
        _node("gpu-1", gpu, {"nvidia.com/gpu": "1"}),
        _node("gpu-2", gpu, {"nvidia.com/mig-1g.10gb": "1"}),
        {
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "disk", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        },
        *(_disk(f"disk-{number}") for number in range(DISKS)),
    ]  # fmt: skip
    cluster.kubectl("create", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("create", "-f", cluster.tools / "keda.sh_scaledobjects.yaml")
    cluster.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=300s")
    cluster.kubectl("wait", "--for=condition=Established", "crd/scaledobjects.keda.sh", "--timeout=300s")


def _node(name: str, labels: dict[str, str] | None = None, devices: dict[str, str] | None = None) -> Object:
    room = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "200"} | (devices or {})
    taints = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}] if devices else []
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name} | (labels or {})},
        "spec": {"taints": taints},
        "status": {"capacity": room, "allocatable": room},
    }  # fmt: skip


def _disk(name: str) -> Object:
    return {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "200Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "disk",
            "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": f"/disks/{name}"},
        },
    }  # fmt: skip
