"""What happened to Prometheus samples while a test did something."""

from __future__ import annotations

from services.kit import metrics


class Samples:
    """The growth of samples since it was made. Metrics are the process's: other tests have counted too."""

    def __init__(self) -> None:
        self._before = _all()

    def grown(self, name: str, **labels: str) -> float:
        """Of one sample; 0 when it is not there."""
        key = (name, tuple(sorted(labels.items())))
        return _all().get(key, 0.0) - self._before.get(key, 0.0)

    def every(self, name: str) -> dict[tuple[str, ...], float]:
        """By label values in the order of the label names, those that grew."""
        after = _all()
        return {
            tuple(value for _, value in labels): value - self._before.get((sample, labels), 0.0)
            for (sample, labels), value in after.items()
            if sample == name and value != self._before.get((sample, labels), 0.0)
        }


def _all() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
    }
