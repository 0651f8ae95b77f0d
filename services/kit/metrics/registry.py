"""How a metric is defined: once, with everything the manual, the dashboards and the rules need to know about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nothing reads
REGISTRY = CollectorRegistry()
ProcessCollector(namespace="selvage", registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

Scope = Literal["process", "database"]
UNITS = ("seconds", "bytes", "megapixels", "ratio", "currency", "info")


@dataclass(frozen=True)
class Definition:
    """A metric as dashboards and rules name it (`name` is the sample family, with `_total` for counters).

    `scope`: "process", each process counts what it did itself, so add them up; "database", every serving gateway
    says the same, so take `max without (instance)`.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    scope: Scope = "process"
    buckets: tuple[float, ...] = ()

    @property
    def unit(self) -> str:
        """The base unit its name ends in; '' for a plain number."""
        last = self.name.removesuffix("_total").rpartition("_")[2]
        return last if last in UNITS else ""

    @property
    def series(self) -> tuple[str, ...]:
        """The names an expression may use."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


# What ProcessCollector and PlatformCollector give on Linux.
_OF_THE_PROCESS = (
    Definition("selvage_process_cpu_seconds_total", "counter", "CPU time of this process.", ()),
    Definition("selvage_process_resident_memory_bytes", "gauge", "Resident memory of this process.", ()),
    Definition("selvage_process_virtual_memory_bytes", "gauge", "Virtual memory of this process.", ()),
    Definition("selvage_process_start_time_seconds", "gauge", "When this process started, since the epoch.", ()),
    Definition("selvage_process_open_fds", "gauge", "Open file descriptors of this process.", ()),
    Definition("selvage_process_max_fds", "gauge", "File descriptors this process may open.", ()),
)
_defined: list[Definition] = []


def definitions() -> Iterator[Definition]:
    """Every metric, in the order of definition."""
    yield from _defined
    yield from _OF_THE_PROCESS


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    """`name` ends in `_total`."""
    _defined.append(Definition(name, "counter", meaning, tuple(labels)))
    return Counter(name, meaning, labels, registry=REGISTRY)


def gauge(name: str, meaning: str, labels: Sequence[str] = (), *, scope: Scope = "process") -> Gauge:
    _defined.append(Definition(name, "gauge", meaning, tuple(labels), scope))
    return Gauge(name, meaning, labels, registry=REGISTRY)


def histogram(name: str, meaning: str, labels: Sequence[str] = (), *, buckets: tuple[float, ...]) -> Histogram:
    _defined.append(Definition(name, "histogram", meaning, tuple(labels), buckets=buckets))
    return Histogram(name, meaning, labels, buckets=buckets, registry=REGISTRY)


class Mirror(Collector):
    """A metric whose series are replaced as a whole by what somebody else knows, such as the database."""

    def __init__(self, kind: Literal["counter", "gauge"], name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.definition = Definition(name, kind, meaning, tuple(labels), "database")
        self._values: dict[tuple[str, ...], float] = {}
        _defined.append(self.definition)
        REGISTRY.register(self)

    def replace(self, values: Mapping[tuple[str, ...], float]) -> None:
        """By label values, in the order of the labels. Raises ValueError for another number of them."""
        for labels in values:
            if len(labels) != len(self.definition.labels):
                raise ValueError(f"{self.definition.name} has the labels {self.definition.labels}, not {labels!r}")
        self._values = dict(values)

    def describe(self) -> list[Metric]:
        return [self._family()]

    def collect(self) -> list[Metric]:
        family = self._family()
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        return [family]

    def _family(self) -> CounterMetricFamily | GaugeMetricFamily:
        made = CounterMetricFamily if self.definition.kind == "counter" else GaugeMetricFamily
        return made(self.definition.name, self.definition.help, labels=self.definition.labels)


def exposition(accept: str = "") -> tuple[bytes, str]:
    """The text a scrape gets and its content type; OpenMetrics, with exemplars, when the Accept header asks for it."""
    encode, content_type = choose_encoder(accept)
    return encode(REGISTRY), content_type
