"""Triton and the GPU: batches, queues, the true compute time of a request, and what the card does.

Triton's nv_inference_compute_infer_duration_us charges every request with its whole batch; see "Compute of a request".
"""

from __future__ import annotations

from scripts.monitoring.panels import Board, Variable, bars, lines, numbers, stacked

MODEL = 'model=~"$model"'


def _a_request(metric: str) -> str:
    """A cumulated time in microseconds over the requests that passed, in seconds."""
    return (
        f"sum by (model) (rate({metric}{{{MODEL}}}[$__rate_interval]))"
        f" / sum by (model) (rate(nv_inference_request_success{{{MODEL}}}[$__rate_interval])) / 1e6"
    )


BOARD = Board(
    uid="selvage-triton",
    title="Selvage: Triton and GPU",
    answers="Is the model server the bottleneck, are batches formed, and is the card used or only held?",
    since="now-6h",
    variables=(Variable("model", "nv_inference_request_success", "model"),),
    rows=(
        (
            "Requests",
            (
                stacked("Requests a second", "Answered, by model.",
                        (f"sum by (model) (rate(nv_inference_request_success{{{MODEL}}}[$__rate_interval]))",
                         "{{model}}"), unit="reqps", width=8),
                lines("Failed requests a second", "By model and reason.",
                      (f"sum by (model, reason) (rate(nv_inference_request_failure{{{MODEL}}}[$__rate_interval]))",
                       "{{model}} {{reason}}"), unit="reqps", width=8),
                lines("Requests waiting in Triton", "Segment limits its own calls; a long queue means a slow card.",
                      (f"sum by (model) (nv_inference_pending_request_count{{{MODEL}}})", "{{model}}"), width=8),
            ),
        ),
        (
            "Batches",
            (
                lines("Mean batch", "Images an execution.",
                      (f"sum by (model) (rate(nv_inference_count{{{MODEL}}}[$__rate_interval]))"
                       f" / sum by (model) (rate(nv_inference_exec_count{{{MODEL}}}[$__rate_interval]))",
                       "{{model}}"), width=8),
                lines("Time in Triton's queue, a request", "Waiting for a batch or for the card.",
                      (_a_request("nv_inference_queue_duration_us"), "{{model}}"), unit="s", width=8),
                lines("Compute of a request", "Its own share of the batch. Triton's own figure charges each request"
                      " with the whole batch: it is multiplied by executions over requests here.",
                      (f"{_a_request('nv_inference_compute_infer_duration_us')}"
                       f" * sum by (model) (rate(nv_inference_exec_count{{{MODEL}}}[$__rate_interval]))"
                       f" / sum by (model) (rate(nv_inference_count{{{MODEL}}}[$__rate_interval]))",
                       "{{model}}"), unit="s", width=8),
            ),
        ),
        (
            "GPU",
            (
                lines("Engine active", "Share of time in which the card computes; holds with MIG too.",
                      ("max by (gpu, Hostname) (DCGM_FI_PROF_GR_ENGINE_ACTIVE)", "{{Hostname}} {{gpu}}"),
                      unit="percentunit", high=1, width=8),
                lines("Memory used", "Of the card, in MiB.",
                      ("max by (gpu, Hostname) (DCGM_FI_DEV_FB_USED)", "{{Hostname}} {{gpu}}"), unit="decmbytes",
                      width=8),
                lines("Power", "Of the card.",
                      ("max by (gpu, Hostname) (DCGM_FI_DEV_POWER_USAGE)", "{{Hostname}} {{gpu}}"), unit="watt",
                      width=8),
            ),
        ),
        (
            "Charged and held",
            (
                lines("GPU seconds a second", "Charged to images by the ledger, and busy by Triton's count. What the"
                      " node costs beyond is idle time: see fixed cost on the cost board.",
                      ("sum(rate(selvage_stage_gpu_seconds_total[$__rate_interval]))", "charged to images"),
                      ("sum(rate(nv_inference_compute_infer_duration_us[$__rate_interval])"
                       " * rate(nv_inference_exec_count[$__rate_interval])"
                       " / rate(nv_inference_count[$__rate_interval])) / 1e6", "busy by Triton")),
                bars("Models offered", "Profiles and their model versions.",
                     ("max by (profile, model_version) (selvage_model_info)", "{{profile}} {{model_version}}"),
                     width=6),
                numbers("GPU seconds of an image", "Charged, per approved image, in the last hour.",
                        ("sum(increase(selvage_stage_gpu_seconds_total[1h]))"
                         ' / sum(increase(selvage_images_total{state="approved"}[1h]))', "seconds"), unit="s",
                        height=8),
            ),
        ),
    ),
)  # fmt: skip
