"""Settings of tracing, from `SELVAGE_TRACING_*`."""

from __future__ import annotations

from pydantic import Field

from services.kit.settings import Settings, prefix


class TracingSettings(Settings):
    """Where spans go. What else OTLP needs, such as headers, is in OpenTelemetry's own OTEL_EXPORTER_OTLP_*."""

    model_config = prefix("SELVAGE_TRACING_")

    endpoint: str = Field(default="", pattern=r"^($|https?://.+)")
    """OTLP collector spoken to over gRPC, http://host:4317 or https://. Empty: no tracing. Needs `selvage[tracing]`."""

    share: float = Field(default=1.0, ge=0, le=1)
    """Share of images, and of calls, that are traced; give all processes the same."""
