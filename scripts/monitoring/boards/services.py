"""Every process: rate, errors and duration of calls, CPU, memory, webhooks."""

from __future__ import annotations

from scripts.monitoring.panels import GREEN, RED, Board, Step, Variable, bars, below, lines, numbers, stacked

PICKED = 'service=~"$service"'

BOARD = Board(
    uid="selvage-services",
    title="Selvage: services",
    answers="Which service is slow, failing, or short of CPU or memory?",
    since="now-6h",
    variables=(Variable("service", "selvage_rpc_requests_total", "service"),),
    rows=(
        (
            "Up",
            (
                bars(
                    "Services reached",
                    "Whether every gateway reaches the service: 1 or 0.",
                    ("min by (service) (selvage_service_up)", "{{service}}"),
                    steps=(Step(None, RED), Step(1, GREEN)), high=1, width=8, height=6,
                ),
                bars(
                    "Versions running",
                    "Processes by component and version; two versions of one component mean a roll-out.",
                    ("count by (component, version) (selvage_build_info)", "{{component}} {{version}}"),
                    width=8, height=6,
                ),
                numbers(
                    "Targets not scraped",
                    "Of all that Prometheus knows of Selvage.",
                    ('count(up{job=~"selvage.*"} == 0) or vector(0)', "targets"),
                    steps=below(1, 2), width=8, height=6,
                ),
            ),
        ),
        (
            "gRPC",
            (
                stacked("Calls a second", "By service.",
                        (f"sum by (service) (rate(selvage_rpc_requests_total{{{PICKED}}}[$__rate_interval]))",
                         "{{service}}"), unit="reqps", width=8),
                lines("Calls not OK", "By method and code.",
                      (f'sum by (method, code) (rate(selvage_rpc_requests_total{{{PICKED}, code!="OK"}}'
                       "[$__rate_interval]))", "{{method}} {{code}}"), unit="reqps", width=8),
                lines("Duration, 95 %", "By method.",
                      ("histogram_quantile(0.95, sum by (le, method) (rate("
                       f"selvage_rpc_duration_seconds_bucket{{{PICKED}}}[$__rate_interval])))", "{{method}}"),
                      unit="s", width=8),
                lines("Calls in flight", "By method.",
                      (f"sum by (method) (selvage_rpc_in_flight{{{PICKED}}})", "{{method}}"), width=24, height=6),
            ),
        ),
        (
            "REST",
            (
                stacked("Requests a second", "By route.",
                        ("sum by (route) (rate(selvage_http_requests_total[$__rate_interval]))", "{{route}}"),
                        unit="reqps", width=8),
                lines("Answers by status", "499 means that the caller left.",
                      ("sum by (status) (rate(selvage_http_requests_total[$__rate_interval]))", "{{status}}"),
                      unit="reqps", width=8),
                lines("Duration, 95 %", "By route.",
                      ("histogram_quantile(0.95, sum by (le, route) ("
                       "rate(selvage_http_duration_seconds_bucket[$__rate_interval])))", "{{route}}"),
                      unit="s", width=8),
            ),
        ),
        (
            "Machines",
            (
                lines("CPU cores used", "By process.",
                      ("rate(selvage_process_cpu_seconds_total[$__rate_interval])", "{{job}} {{instance}}"), width=8),
                lines("Memory", "Resident, by process.",
                      ("selvage_process_resident_memory_bytes", "{{job}} {{instance}}"), unit="bytes", width=8),
                lines("CPU pool", "Work waiting for admission, and the megapixels being worked on.",
                      ("sum by (instance) (selvage_cpu_waiting)", "{{instance}} waiting"),
                      ("sum by (instance) (selvage_cpu_admitted_megapixels)", "{{instance}} megapixels"), width=8),
                lines("Open files", "As a share of those allowed.",
                      ("selvage_process_open_fds / selvage_process_max_fds", "{{job}} {{instance}}"),
                      unit="percentunit"),
                stacked("Written to the object store", "By media type.",
                        ("sum by (media_type) (rate(selvage_stored_bytes_total[$__rate_interval]))", "{{media_type}}"),
                        unit="Bps"),
            ),
        ),
        (
            "Webhooks",
            (
                stacked("Attempts an hour", "By outcome.",
                        ("sum by (outcome) (rate(selvage_webhook_attempts_total[$__rate_interval])) * 3600",
                         "{{outcome}}"), width=8),
                lines("Backlog", "Messages waiting, and the age of the oldest in minutes.",
                      ("max(selvage_webhook_backlog)", "messages"),
                      ("max(selvage_webhook_oldest_age_seconds) / 60", "oldest, minutes"), width=8),
                lines("Receivers' answers, 95 %", "How long receivers take.",
                      ("histogram_quantile(0.95, sum by (le) ("
                       "rate(selvage_webhook_attempt_duration_seconds_bucket[$__rate_interval])))", "95 %"),
                      unit="s", width=8),
            ),
        ),
    ),
)  # fmt: skip
