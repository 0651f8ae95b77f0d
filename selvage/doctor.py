"""`selvage doctor`: starts the set as `process` does, asks every part how it is, and says how to repair."""

from __future__ import annotations

import asyncio
import platform
import shutil
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import psycopg
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import selvage
from selvage_api.compose.v1 import compose_service_pb2 as compose_pb
from selvage_api.compose.v1.compose_service_pb2_grpc import ComposeServiceStub
from selvage_api.matting.v1 import matting_service_pb2 as matting_pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceStub
from selvage_api.segment.v1 import segment_service_pb2 as segment_pb
from selvage_api.segment.v1.segment_service_pb2_grpc import SegmentServiceStub
from services.kit import rpc
from services.kit.errors import SelvageError
from services.kit.store import open_store

from . import embedded
from .logfile import logging_to

# Results of a photo take about four times its size; below this a shoot of 300 photos may not fit.
ENOUGH_BYTES = 5 * 10**9
ANSWER_SECONDS = 20.0


@dataclass(frozen=True)
class Finding:
    """One part: `detail` says what was seen, `repair` what to do when it is not well."""

    part: str
    well: bool
    detail: str
    repair: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Chart:
    findings: list[Finding] = field(default_factory=list)

    def add(self, part: str, detail: str) -> None:
        self.findings.append(Finding(part, True, detail))

    @contextmanager
    def watch(self, part: str, repair: str) -> Iterator[None]:
        """Whatever goes wrong inside becomes a finding."""
        try:
            yield
        except SelvageError as error:
            self.findings.append(Finding(part, False, error.message, repair))
        except Exception as error:  # a doctor reports, whatever it meets
            self.findings.append(Finding(part, False, f"{type(error).__name__}: {error}", repair))


def examine(home: Path | None) -> list[Finding]:
    """Looks at every part; takes a few seconds, since the set is started for it."""
    chart = _Chart()
    chart.add("selvage", f"{selvage.__version__}, Python {platform.python_version()}, {platform.platform()}")
    with chart.watch("settings", "Correct or unset the variable; docs/settings.md lists them all."):
        folder = embedded.home_folder(home)
        _disk(chart, folder)
        with chart.watch("store", "Check SELVAGE_STORE_URL, or the permissions of the home folder."):
            _store(chart, folder)
        with logging_to(folder, "doctor"):
            asyncio.run(_set(chart, home))
    return chart.findings


def show(console: Console, findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.well else "[red]wrong[/]"
        advice = f"\n[bold]{escape(finding.repair)}[/]" if finding.repair and not finding.well else ""
        table.add_row(mark, finding.part, escape(finding.detail) + advice)
    console.print(table)


def _disk(chart: _Chart, folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1e9:.1f} GB free at {folder}"
    repair = (
        f"Free some space, or choose another folder with --home or SELVAGE_HOME (wanted: {ENOUGH_BYTES / 1e9:.0f} GB)."
    )
    chart.findings.append(Finding("disk", free >= ENOUGH_BYTES, detail, repair))


def _store(chart: _Chart, folder: Path) -> None:
    settings = embedded.store_settings(folder)
    store = open_store(settings)
    key, content = f"doctor/{uuid.uuid4().hex}", b"Selvage was here"
    store.put(key, content, "text/plain")
    try:
        if store.get(key) != content:
            raise OSError("what was read is not what was written")
    finally:
        store.delete(key)
    chart.add("store", f"{settings.url} can be written and read")


async def _set(chart: _Chart, home: Path | None) -> None:
    with chart.watch("set", "Read the sentence above; it names the part that did not start."):
        began = time.monotonic()
        async with embedded.running(home) as parts:
            chart.add("ports", f"loopback ports can be opened; the set started in {time.monotonic() - began:.1f} s")
            with chart.watch("database", "Check SELVAGE_GATEWAY_DATABASE_URL, or look into home/postgres/log."):
                await _database(chart, parts.database_url)
            for name, ask in _QUESTIONS.items():
                with chart.watch(name, f"Check SELVAGE_{name.upper()}_* and reinstall Selvage if files are missing."):
                    chart.add(name, await _asked(name, parts.services[name], ask))
            with chart.watch("gateway", "Look at the parts above; the gateway is ready when they are."):
                await _gateway(chart, parts.rest)


async def _asked(name: str, address: str, ask: Callable[[grpc.aio.Channel], Awaitable[str]]) -> str:
    async with rpc.connect(address) as channel:
        try:
            return await ask(channel)
        except grpc.aio.AioRpcError as error:
            raise rpc.from_rpc_error(error, name) from error


async def _database(chart: _Chart, url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute("SHOW server_version")).fetchone()
        jobs = await (await connection.execute("SELECT count(*) FROM jobs")).fetchone()
    assert row is not None
    assert jobs is not None
    chart.add("database", f"PostgreSQL {row[0]}, {jobs[0]} job(s)")


async def _gateway(chart: _Chart, address: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=ANSWER_SECONDS) as http:
        ready = (await http.get("/readyz")).json()
        metrics = (await http.get("/metrics")).text
    wrong = [f"{part}: {state}" for part, state in ready["parts"].items() if state != "ok"]
    series = len({line.split("{")[0].split(" ")[0] for line in metrics.splitlines() if line.startswith("selvage_")})
    detail = "; ".join(wrong) or f"ready, {series} metric series names"
    chart.findings.append(Finding("gateway", bool(ready["ready"]) and not wrong, detail, "Look at the parts above."))


async def _segment(channel: grpc.aio.Channel) -> str:
    answer = await SegmentServiceStub(channel).Describe(segment_pb.DescribeRequest(), timeout=ANSWER_SECONDS)
    names = ", ".join(f"{each.name} ({each.model_version or each.kind})" for each in answer.profiles)
    licences = dict.fromkeys(
        f"{each.model_version.split(' ')[0]}: {each.licence}" for each in answer.profiles if each.licence
    )
    said = f"{answer.version}, default profile {answer.default_profile}; loaded: {names}"
    return "\n".join([said, *(f"licence of {line}" for line in licences)])


async def _matting(channel: grpc.aio.Channel) -> str:
    answer = await MattingServiceStub(channel).Describe(matting_pb.DescribeRequest(), timeout=ANSWER_SECONDS)
    return f"{answer.version}, default solver {answer.default_solver} of {', '.join(answer.solvers)}"


async def _compose(channel: grpc.aio.Channel) -> str:
    answer = await ComposeServiceStub(channel).Describe(compose_pb.DescribeRequest(), timeout=ANSWER_SECONDS)
    names = ", ".join(each.name for each in answer.templates)
    return f"{answer.version}, default template {answer.default_template} of {names}"


_QUESTIONS: dict[str, Callable[[grpc.aio.Channel], Awaitable[str]]] = {
    "segment": _segment,
    "matting": _matting,
    "compose": _compose,
}
