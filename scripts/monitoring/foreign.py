"""Metrics of others that our dashboards and rules may use, with the labels they may use."""

from __future__ import annotations

# https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html
TRITON = {
    "nv_inference_request_success": ("model", "version"),
    "nv_inference_request_failure": ("model", "version", "reason"),
    "nv_inference_count": ("model", "version"),
    "nv_inference_exec_count": ("model", "version"),
    "nv_inference_pending_request_count": ("model", "version"),
    "nv_inference_queue_duration_us": ("model", "version"),
    "nv_inference_compute_infer_duration_us": ("model", "version"),
}
# https://github.com/NVIDIA/dcgm-exporter, etc/default-counters.csv
DCGM = {
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE": ("gpu", "Hostname"),
    "DCGM_FI_DEV_FB_USED": ("gpu", "Hostname"),
    "DCGM_FI_DEV_POWER_USAGE": ("gpu", "Hostname"),
}
PROMETHEUS = {"up": ()}
# Every scraped series has these.
OF_THE_TARGET = ("job", "instance", "pod", "namespace")
