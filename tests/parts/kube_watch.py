"""What becomes of pods while something else is done, from the API server's own stream of events."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.parts.kube import Cluster, Object

Moment = dict[str, Object]
"""Pods by name."""


@dataclass
class Watched:
    """Filled when the watch ends."""

    moments: list[Moment] = field(default_factory=list)
    """The pods there were before the first event, and after each."""

    def there(self, app: str) -> list[int]:
        """How many pods of `app` at each moment, those being deleted among them."""
        return [sum(_is(pod, app) for pod in moment.values()) for moment in self.moments]

    def serving(self, app: str) -> list[int]:
        """How many of them were ready and not being deleted."""
        return [sum(_is(pod, app) and _serves(pod) for pod in moment.values()) for moment in self.moments]


@contextlib.contextmanager
def watching(cluster: Cluster, namespace: str, folder: Path) -> Iterator[Watched]:
    """Watches pods from now until the block has ended and the stream has told everything."""

    def all_told() -> bool:
        told = _versions((_moments(_events(log)) or [{}])[-1])
        return told == _versions({each["metadata"]["name"]: each for each in cluster.objects("pods", namespace)})

    log, watched = folder / "events.json", Watched()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [cluster.tools / "kubectl", "get", "pods", "-n", namespace, "-w", "--output-watch-events", "-o", "json"],
            stdout=out, env=cluster.environment,
        )  # fmt: skip
    try:
        cluster.wait("every pod was told of", all_told)
        before = len(_events(log))
        yield watched
        cluster.wait("every change was told of", all_told)
        watched.moments += _moments(_events(log))[before - 1 :]
    finally:
        process.terminate()
        process.wait()


def _events(log: Path) -> list[Object]:
    """Those that have been written wholly so far."""
    text, found = log.read_text().lstrip(), []
    while text:
        try:
            event, end = json.JSONDecoder().raw_decode(text)
        except ValueError:
            break
        found.append(event)
        text = text[end:].lstrip()
    return found


def _moments(events: list[Object]) -> list[Moment]:
    moments: list[Moment] = []
    for event in events:
        pod = event["object"]
        others = {name: each for name, each in (moments or [{}])[-1].items() if name != pod["metadata"]["name"]}
        moments.append(others if event["type"] == "DELETED" else others | {pod["metadata"]["name"]: pod})
    return moments


def _versions(moment: Moment) -> dict[str, str]:
    return {name: pod["metadata"]["resourceVersion"] for name, pod in moment.items()}


def _is(pod: Object, app: str) -> bool:
    return bool(pod["metadata"]["labels"].get("app.kubernetes.io/name") == app)


def _serves(pod: Object) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
