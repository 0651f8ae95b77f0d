"""The presets shipped with Selvage, read and checked once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from services.compose import plainyaml
from services.compose.presets.model import Preset, Rule, Source


@cache
def presets() -> Mapping[str, Preset]:
    """All presets by name, in order of their names."""
    found = {}
    folder = files("services.compose") / "presets"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if plainyaml.is_yaml(entry.name):
            preset = parse(entry.read_bytes())
            found[preset.name] = preset
    return MappingProxyType(found)


def parse(source: bytes) -> Preset:
    """The preset a YAML file holds. Raises ValueError, or jsonschema's ValidationError, when it holds none."""
    data: Any = plainyaml.load(source)
    validator().validate(data)
    return Preset(
        name=data["name"],
        revision=data["revision"],
        title=data["title"],
        verified_on=date.fromisoformat(data["verified_on"]),
        expires_on=date.fromisoformat(data["expires_on"]),
        note=data.get("note", ""),
        sources=tuple(Source(**source) for source in data["sources"]),
        render=MappingProxyType(data["render"]),
        rules=tuple(_rule(rule) for rule in data["rules"]),
    )


@cache
def validator() -> Draft202012Validator:
    """Of the preset schema; canvas, place, background and shadow are those of a template."""
    package = files("services.compose")
    schemas = [
        json.loads((package / path).read_text(encoding="utf-8")) for path in ("presets/schema.json", "schema.json")
    ]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    return Draft202012Validator(schemas[0], registry=registry)


def _rule(data: dict[str, Any]) -> Rule:
    limits = {key: value for key, value in data.items() if key not in ("check", "level")}
    return Rule(data["check"], data["level"], MappingProxyType(limits))
