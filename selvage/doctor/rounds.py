"""The doctor's rounds: of this machine, where the set is started for it, or of a deployment that runs."""

from __future__ import annotations

import asyncio
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

import selvage
from gateway.settings import GatewaySettings
from selvage import embedded
from selvage.logfile import logging_to
from services.kit.rpc import TlsSettings
from services.kit.settings import load
from services.kit.store import StoreSettings
from services.segment.settings import SegmentSettings

from . import database, model, services, store
from .chart import Chart, Finding

# Results of a photo take about four times its size; below this a shoot of 300 photos may not fit.
ENOUGH_BYTES = 5 * 10**9
# Uploads and downloads on their way lie here, each once.
ENOUGH_TEMPORARY_BYTES = 10**9
SETTINGS = "Correct or unset the variable; docs/settings.md lists them all."


def examine(home: Path | None, now: Callable[[], float] = time.time) -> list[Finding]:
    """Of this machine. Takes a few seconds, since the set is started for it. now: this machine's clock."""
    chart = _begun(now)
    with chart.watch("settings", SETTINGS):
        folder = embedded.home_folder(home)
        _disk(chart, folder, ENOUGH_BYTES, "choose another folder with --home or SELVAGE_HOME")
        with chart.watch("store", store.OTHERWISE):
            store.check(chart, embedded.store_settings(folder))
        model.check(chart, load(SegmentSettings))
        with logging_to(folder, "doctor"):
            asyncio.run(_set(chart, home))
    chart.clocks()
    return chart.findings


def deployed(server: str, *, verify: bool | Path = True, now: Callable[[], float] = time.time) -> list[Finding]:
    """Of what the settings of this process name; starts nothing. server: base URL of the gateway's REST, or empty.

    verify: the gateway's certificate, or a file with the roots it may have.
    """
    chart = _begun(now)
    temporary = Path(tempfile.gettempdir())
    _disk(chart, temporary, ENOUGH_TEMPORARY_BYTES, "give TMPDIR a larger one")
    with chart.watch("settings", SETTINGS):
        with chart.watch("store", store.OTHERWISE):
            store.check(chart, load(StoreSettings))
        model.check(chart, load(SegmentSettings))
        asyncio.run(_endpoints(chart, server, verify))
    chart.clocks()
    return chart.findings


def _begun(now: Callable[[], float]) -> Chart:
    chart = Chart(now)
    chart.add("selvage", f"{selvage.__version__}, Python {platform.python_version()}, {platform.platform()}")
    return chart


def _disk(chart: Chart, folder: Path, enough: int, otherwise: str) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    repair = f"Free some space, or {otherwise} (wanted: {enough / 1e9:.0f} GB)."
    chart.findings.append(Finding("disk", free >= enough, f"{free / 1e9:.1f} GB free at {folder}", repair))


async def _set(chart: Chart, home: Path | None) -> None:
    with chart.watch("set", "Read the sentence above; it names the part that did not start."):
        began = time.monotonic()
        async with embedded.running(home) as parts:
            chart.add("ports", f"loopback ports can be opened; the set started in {time.monotonic() - began:.1f} s")
            repair = "Check SELVAGE_GATEWAY_DATABASE_URL, or look into home/postgres/log."
            await database.check(chart, parts.database_url, repair)
            repair = "Check SELVAGE_{NAME}_* and reinstall Selvage if files are missing."
            await services.check(chart, parts.services, TlsSettings.plain(), repair)
            await _gateway(chart, f"http://{parts.rest}", True, "Look at the parts above; it is ready when they are.")


async def _endpoints(chart: Chart, server: str, verify: bool | Path) -> None:
    settings = load(GatewaySettings)
    repair = "Start PostgreSQL, and correct SELVAGE_GATEWAY_DATABASE_URL (host, password, database) or the network."
    await database.check(chart, settings.database_url, repair)
    addresses = {name: getattr(settings, f"{name}_address") for name in ("segment", "matting", "compose")}
    repair = (
        "Start the service, look into its log, and correct SELVAGE_GATEWAY_{NAME}_ADDRESS, SELVAGE_TLS_* or network."
    )
    await services.check(chart, addresses, load(TlsSettings), repair)
    if server:
        repair = f"Start the gateway, look into its log and at the parts above, and check the address {server}."
        await _gateway(chart, server, verify, repair)


async def _gateway(chart: Chart, url: str, verify: bool | Path, repair: str) -> None:
    trusted = str(verify) if isinstance(verify, Path) else verify
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=services.ANSWER_SECONDS, verify=trusted
    ) as http:
        await services.check_gateway(chart, http, repair)
