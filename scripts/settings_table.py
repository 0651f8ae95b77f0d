"""Writes docs/settings.md from the settings classes: `python -m scripts.settings_table`."""

from __future__ import annotations

from pathlib import Path

from gateway.access.settings import AccessSettings
from gateway.cutouts.settings import CutoutSettings
from gateway.fetch.settings import FetchSettings
from gateway.files.settings import FilesSettings
from gateway.ledger.settings import LedgerSettings
from gateway.retention.settings import RetentionSettings
from gateway.settings import GatewaySettings, HomeSettings
from gateway.webhooks.settings import WebhookSettings
from services.compose.settings import ComposeSettings
from services.kit.metrics.serve import MetricsSettings
from services.kit.pictures.settings import LimitSettings
from services.kit.rpc.settings import CpuSettings, RpcSettings
from services.kit.rpc.tls import TlsSettings
from services.kit.settings import Settings, describe
from services.kit.store import StoreSettings
from services.kit.tracing import TracingSettings
from services.matting.settings import MattingSettings
from services.segment.settings import SegmentSettings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
INTRODUCTION = """# Settings

Everything is set by environment variables. Wrong values are reported all at once at the start, and names that look like
a slip of the pen are too. This page is written by `python -m scripts.settings_table`.
"""
ROOMS: dict[str, tuple[type[Settings], ...]] = {
    "Everywhere": (
        HomeSettings,
        StoreSettings,
        RpcSettings,
        TlsSettings,
        CpuSettings,
        LimitSettings,
        MetricsSettings,
        TracingSettings,
    ),
    "Gateway": (
        GatewaySettings,
        AccessSettings,
        FilesSettings,
        CutoutSettings,
        FetchSettings,
        WebhookSettings,
        RetentionSettings,
        LedgerSettings,
    ),
    "Segment": (SegmentSettings,),
    "Matting": (MattingSettings,),
    "Compose": (ComposeSettings,),
}
# Longer than this a default is no use in a table; its meaning says where it stands.
LONGEST_DEFAULT = 60


def page() -> str:
    parts = [INTRODUCTION]
    for room, classes in ROOMS.items():
        rows = [f"\n## {room}\n", "| variable | default | meaning |", "|---|---|---|"]
        for row in describe(*classes):
            default = row.default if len(row.default) <= LONGEST_DEFAULT else "see meaning"
            rows.append(f"| `{row.env}` | {default} | {row.meaning.replace('|', ',')} |")
        parts.append("\n".join(rows) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
