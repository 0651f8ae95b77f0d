"""Is this a template? Every problem at once, each with its JSON path and what is allowed there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from services.compose.presets.library import presets
from services.compose.template import length


def problems(data: object) -> list[str]:
    """Why `data` (a template file as parsed) is not a template; empty when it is one. Lines read "$.path: problem"."""
    found = [f"{path}: must be a finite number" for path in _unbounded(data, "$")]
    if not found:
        errors = sorted(validator().iter_errors(data), key=lambda error: error.json_path)
        found = [line for error in errors for line in _explain(error)]
    if not found and isinstance(data, dict):
        found = list(_cross(data))
    return list(dict.fromkeys(found))


@cache
def validator() -> Draft202012Validator:
    schema = json.loads((files("services.compose") / "schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _unbounded(value: object, path: str) -> Iterator[str]:
    """Paths of .nan and .inf, which YAML has and JSON Schema's limits do not catch."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unbounded(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unbounded(item, f"{path}[{index}]")


def _explain(error: Any) -> Iterator[str]:  # a jsonschema ValidationError; its fields are loosely typed
    path, limit, value = error.json_path, error.validator_value, error.instance
    shown = json.dumps(value, default=str)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties":
            known = _allowed_keys(error)
            for key in sorted(set(map(str, value)) - known):
                yield f"{path}.{key}: is not known here; allowed: {', '.join(sorted(known))}"
        case "required":
            missing = [key for key in limit if key not in value]
            yield from (f"{path}.{key}: is missing" for key in missing)
        case "enum":
            yield f"{path}: {shown} is not one of {', '.join(map(str, limit))}"
        case "const":
            yield f"{path}: {shown} must be {json.dumps(limit)}"
        case "minimum" | "maximum":
            low, high = error.schema.get("minimum"), error.schema.get("maximum")
            yield f"{path}: {shown} must be between {low} and {high}"
        case "pattern":
            yield f"{path}: {shown} must be {error.schema['description']}"
        case "type":
            yield f"{path}: {shown} must be of type {limit if isinstance(limit, str) else ' or '.join(limit)}"
        case "minItems" | "maxItems":
            yield f"{path}: has {len(value)} entries; allowed: {error.schema['minItems']} to {error.schema['maxItems']}"
        case "maxLength":
            yield f"{path}: has {len(value)} characters; allowed: {limit}"
        case "not":  # how the schema closes a property
            yield f"{path}: does not go together with the other settings beside it; leave it out"
        case _:
            yield f"{path}: {error.message}"


def _allowed_keys(error: Any) -> set[str]:
    """Keys allowed at a place, those of the branch its own `type`, `kind` or `mode` opens included."""
    known = set(error.schema.get("properties", {}))
    for branch in error.schema.get("allOf", []):
        if validator().evolve(schema=branch["if"]).is_valid(error.instance):
            known |= set(branch["then"]["properties"])
    return known


def _cross(data: dict[str, Any]) -> Iterator[str]:
    """What a schema cannot say: settings that exclude each other."""
    canvas, place = data["canvas"], data.get("place", {})
    margin = {"top": "0%", "right": "0%", "bottom": "0%", "left": "0%", **place.get("margin", {})}
    for first, second, side in (("left", "right", "width"), ("top", "bottom", "height")):
        taken = length(margin[first], canvas[side]) + length(margin[second], canvas[side])
        if taken > 0.9:
            yield f"$.place.margin: {first} and {second} take {taken:.0%} of the canvas; at most 90% is allowed"
    baseline = place.get("anchor", {}).get("baseline")
    if baseline is not None and baseline < length(margin["top"], canvas["height"]) + 0.05:
        yield f"$.place.anchor.baseline: {baseline} lies within 5% of the top margin; it must be lower on the canvas"
    for index, layer in enumerate(data.get("shadow", {}).get("layers", [])):
        for key in {"height", "blur", "dx", "dy"} & layer.keys():
            if abs(length(layer[key], max(canvas["width"], canvas["height"]))) > 0.5:
                yield f"$.shadow.layers[{index}].{key}: {layer[key]} is more than 50% of the longer canvas side"
    transparent = data.get("background", {}).get("type") == "transparent"
    if transparent and data.get("shadow", {}).get("mode", "none") != "none":
        yield "$.shadow.mode: a transparent background has nothing to darken; must be none"
    names: set[str] = set()
    for index, export in enumerate(data["exports"]):
        if export["name"] in names:
            yield f"$.exports[{index}].name: {export['name']} is used twice; names must differ"
        names.add(export["name"])
        if "preset" in export:
            yield from (f"$.exports[{index}].preset: {problem}" for problem in _preset(export["preset"], transparent))
            continue
        if export["width"] > canvas["width"] or export.get("height", 0) > canvas["height"]:
            size = f"{canvas['width']} x {canvas['height']}"
            yield f"$.exports[{index}]: is larger than the canvas ({size}); enlarge the canvas or shrink the export"
        if transparent and export["format"] == "jpeg":
            yield f"$.exports[{index}].format: jpeg has no transparency; use png, webp or avif"


def _preset(name: str, transparent: bool) -> Iterator[str]:
    preset = presets().get(name)
    if preset is None:
        yield f"{json.dumps(name)} is not one of {', '.join(presets())}"
    elif transparent and "background" not in preset.render and preset.render["format"] == "jpeg":
        yield f"{name} makes a jpeg, and the template's background is transparent; change one of them"
