"""All rules of a preset over one file, and the report that is kept beside the exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from services.compose.compliance.measure import Made, Measured, measure
from services.compose.compliance.rules import CHECKS
from services.compose.presets.model import Preset

PASS, WARN, FAIL = "pass", "warn", "fail"
VERSION = 1
_ORDER = (PASS, WARN, FAIL)


@dataclass(frozen=True)
class RuleResult:
    rule: str
    verdict: str  # "pass" | "warn" | "fail"
    measured: str
    limit: str
    detail: str  # one sentence with the measured value


@dataclass(frozen=True)
class Report:
    preset: str
    revision: int
    export: str  # name of the export in the template
    file: str  # its file name
    verdict: str  # the worst of its rules
    rules: tuple[RuleResult, ...]

    @property
    def failed(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.rules if result.verdict == FAIL)


def check(data: bytes, made: Made, preset: Preset, export: str) -> Report:
    """The report on the finished file `data`. Raises what `measure` raises."""
    measured = measure(data, made)
    results = (*(_result(measured, rule.check, rule.level, rule.limits) for rule in preset.rules),
               _current(measured, preset))  # fmt: skip
    worst = max((result.verdict for result in results), key=_ORDER.index)
    return Report(preset.name, preset.revision, export, made.file_name, worst, results)


def to_json(reports: Sequence[Report]) -> bytes:
    """The file `compliance.json`; the same reports give the same bytes."""
    body = {"version": VERSION, "reports": [asdict(report) for report in reports]}
    return (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode()


def _result(measured: Measured, name: str, level: str, limits: object) -> RuleResult:
    found = CHECKS[name](measured, limits)  # type: ignore[arg-type]
    return RuleResult(name, PASS if found.kept else level, found.measured, found.limit, found.detail)


def _current(measured: Measured, preset: Preset) -> RuleResult:
    """Marketplaces change their rules without telling; what was verified long ago proves little."""
    kept = measured.day < preset.expires_on
    detail = f"The rules were verified on {preset.verified_on} and are trusted until {preset.expires_on}."
    return RuleResult("current", PASS if kept else WARN, f"{measured.day}", f"before {preset.expires_on}", detail)
