"""The presets as a table, for docs/presets.md and for people at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from services.compose.presets.model import Preset, Rule

HEAD = (
    "preset",
    "made as",
    "background, shadow",
    "rules: a broken one fails",
    "a broken one warns",
    "verified, expires",
)


def rows(presets: Sequence[Preset]) -> list[tuple[str, ...]]:
    """One row a preset, in the order of HEAD."""
    return [
        (
            preset.name,
            _made(preset),
            f"{_background(preset)}, {_shadow(preset)}",
            _rules(preset, "fail"),
            _rules(preset, "warn"),
            f"{preset.verified_on}, {preset.expires_on}",
        )
        for preset in presets
    ]


def markdown(presets: Sequence[Preset]) -> str:
    """The tables of docs/presets.md: the presets, then their sources."""
    lines = [HEAD, ("---",) * len(HEAD), *((f"`{name}`", *rest) for name, *rest in rows(presets))]
    sources = [
        f"* `{preset.name}`: {'; '.join(f'[{s.title}]({s.url}) ({s.kind})' for s in preset.sources)}."
        f"{' ' + preset.note if preset.note else ''}"
        for preset in presets
    ]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", *sources]) + "\n"


def _made(preset: Preset) -> str:
    render = preset.render
    canvas, fill = render["canvas"], render["place"]["fill"]
    most = f", at most {render['max_bytes'] / 1e6:g} MB" if "max_bytes" in render else ""
    return f"{canvas['width']} x {canvas['height']} {render['format']}{most}, fill {fill:.0%}"


def _background(preset: Preset) -> str:
    background = preset.render.get("background")
    return str(background["colour"]) if background else "the template's"


def _shadow(preset: Preset) -> str:
    shadow = preset.render.get("shadow")
    return str(shadow["mode"]) if shadow else "the template's"


def _rules(preset: Preset, level: str) -> str:
    return "; ".join(_rule(rule) for rule in preset.rules if rule.level == level)


def _rule(rule: Rule) -> str:
    limits = rule.limits
    words = [rule.check.replace("_", " ")]
    if "of" in limits:
        words.append(f"of {limits['of'].replace('_', ' ')}")
    if "allowed" in limits:
        words.append(", ".join(limits["allowed"]))
    if "width_over_height" in limits:
        words.append(f"{limits['width_over_height']:g} +- {limits['tolerance']:.1%}")
    words += [f"{sign} {_number(limits[key])}" for key, sign in (("min", ">="), ("max", "<=")) if key in limits]
    return " ".join(words)


def _number(value: float) -> str:
    return f"{value:,}".replace(",", " ")
