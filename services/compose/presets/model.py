"""A preset as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Source:
    title: str
    kind: str  # "official" | "third party"
    url: str


@dataclass(frozen=True)
class Rule:
    """`check` names a function of `services.compose.compliance.rules`; `limits` are its parameters."""

    check: str
    level: str  # "fail" | "warn": what the file gets when it does not keep the rule
    limits: Mapping[str, Any]


@dataclass(frozen=True)
class Preset:
    name: str
    revision: int
    title: str
    verified_on: date  # when the rules were compared with their sources
    expires_on: date  # from here on a report warns that the rules may have changed
    note: str
    sources: tuple[Source, ...]
    render: Mapping[str, Any]  # in the words of a template; what it leaves out is the template's
    rules: tuple[Rule, ...]
