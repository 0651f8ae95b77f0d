"""Debian's Prometheus and Alertmanager with the configurations of deploy/prometheus, on free ports, in a hurry: what
takes 15 seconds there takes one here."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.parts.require import binary
from tests.parts.triton import free_ports

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
HOW = "apt install prometheus prometheus-alertmanager"
START_SECONDS = 120


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return _told(_program("prometheus"), "promtool", *arguments)


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return _told(_program("alertmanager", debian="prometheus-alertmanager"), "amtool", *arguments)


def _told(beside: str, tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [Path(beside).with_name(tool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=DEPLOY, check=False)


class Prometheus:
    """`url` answers while it runs. Queries are those of its HTTP API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The vector of an expression now; a scalar as a vector of one. Raises AssertionError where it is no PromQL."""
        answer = self._client.post("/api/v1/query", data={"query": expr})
        assert answer.status_code == 200, f"{expr}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def values(self, expr: str) -> list[float]:
        return [float(series["value"][1]) for series in self.query(expr)]

    def range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        answer = self._client.post(
            "/api/v1/query_range", data={"query": expr, "start": start, "end": end, "step": step}
        )
        assert answer.status_code == 200, f"{expr}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


@contextlib.contextmanager
def alertmanager(folder: Path, receiver: str) -> Iterator[str]:
    """The address of an Alertmanager with the example's routes; its receivers are at `receiver`, a host:port."""
    program = _program("alertmanager", debian="prometheus-alertmanager")
    config = yaml.safe_load((DEPLOY / "alertmanager.yml").read_text(encoding="utf-8"))
    for route in [config["route"], *config["route"]["routes"]]:
        route["group_wait"] = "0s"
    for each in config["receivers"]:
        for hook in each["webhook_configs"]:
            hook["url"] = hook["url"].replace("127.0.0.1:9099", receiver)
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    command = [
        program, "--config.file=alertmanager.yml", f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=warn",
    ]  # fmt: skip
    with _running(folder, "alertmanager", command, f"http://127.0.0.1:{port}/-/ready"):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def prometheus(folder: Path, targets: dict[str, str], alerts_to: str = "") -> Iterator[Prometheus]:
    """Scrapes `targets`, addresses by the names of jobs in prometheus.yml; other jobs have none."""
    program = _program("prometheus")
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "rules" / "*.yml")]
    config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alerts_to] if alerts_to else []}]}]}
    assert targets.keys() <= {job["job_name"] for job in config["scrape_configs"]}
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [targets[job["job_name"]]] if job["job_name"] in targets else []}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    command = [
        program, "--config.file=prometheus.yml", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage", "--log.level=warn",
    ]  # fmt: skip
    with _running(folder, "prometheus", command, f"http://127.0.0.1:{port}/-/ready"):
        made = Prometheus(f"http://127.0.0.1:{port}")
        try:
            yield made
        finally:
            made.close()


def _program(part: str, debian: str = "") -> str:
    """Debian calls Alertmanager by another name than its makers."""
    named = shutil.which(debian) if debian else None
    return named or str(binary(part, f"SELVAGE_{part.upper()}", f"bin/{part}", HOW))


@contextlib.contextmanager
def _running(folder: Path, name: str, command: list[str], ready: str) -> Iterator[None]:
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(ready, trust_env=False).status_code == 200:
                    break
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{name} does not start: {log.read_text()[-4000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
