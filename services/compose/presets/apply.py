"""How a preset changes a template for one of its exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.compose.presets.model import Preset
from services.compose.template import Template, build


def expand(entry: Mapping[str, Any], preset: Preset) -> dict[str, Any]:
    """An entry of `exports:` that names a preset, with the size and encoding the preset gives it."""
    render = preset.render
    encoding = {key: render[key] for key in ("format", "quality", "max_bytes") if key in render}
    return {**entry, **render["canvas"], **encoding}


def apply(template: Template, preset: Preset) -> Template:
    """The template with the preset's canvas, placement, background, shadow and naming, as far as it has them."""
    render = preset.render
    parts = {key: render[key] for key in ("canvas", "place", "background", "shadow") if key in render}
    built = build({"name": template.name, "revision": template.revision, "exports": [], **parts}, template.digest)
    return replace(
        template,
        canvas=built.canvas,
        place=built.place,
        background=built.background if "background" in render else template.background,
        shadow=built.shadow if "shadow" in render else template.shadow,
        naming=render.get("naming", template.naming),
    )
