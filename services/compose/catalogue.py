"""Templates by name: those shipped with Selvage and those of a folder the shop keeps."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from services.compose import backdrop, plainyaml
from services.compose.checks import problems
from services.compose.errors import TemplateInvalid, TemplateUnknown
from services.compose.presets.apply import expand
from services.compose.presets.library import presets
from services.compose.template import Template, build

DEFAULT = "studio-white"


class Catalogue:
    """All templates, read and checked once.

    `folder`: the shop's own `*.yaml`; one named like a shipped template replaces it. Raises TemplateInvalid.
    """

    def __init__(self, folder: Path | None = None, default: str = DEFAULT) -> None:
        shipped = [
            entry for entry in (files("services.compose") / "templates").iterdir() if plainyaml.is_yaml(entry.name)
        ]
        own = [entry for entry in folder.iterdir() if plainyaml.is_yaml(entry.name)] if folder else []
        self._templates: dict[str, Template] = {}
        for entries, home in ((shipped, None), (own, folder)):
            here: dict[str, str] = {}
            for entry in sorted(entries, key=lambda entry: entry.name):
                template = parse(entry.read_bytes(), entry.name, home)
                if template.name in here:
                    problem = f"$.name: {template.name} is also the name of {here[template.name]}"
                    raise TemplateInvalid(template=entry.name, problems=problem)
                here[template.name] = entry.name
                self._templates[template.name] = template
        self.default = self.get(default).name

    def get(self, name: str = "") -> Template:
        """The template of that name; the default one for an empty name. Raises TemplateUnknown."""
        try:
            return self._templates[name or self.default]
        except KeyError:
            raise TemplateUnknown(name=name, known=", ".join(sorted(self._templates))) from None

    def all(self) -> list[Template]:
        return [self._templates[name] for name in sorted(self._templates)]


def parse(source: bytes, name: str, folder: Path | None = None) -> Template:
    """The template a YAML file holds. Raises TemplateInvalid with every problem; `name` is only for that message.

    folder: where the file lies, and with it the background picture it may name.
    """
    try:
        data: Any = plainyaml.load(source)
    except ValueError as error:
        raise TemplateInvalid(template=name, problems=str(error)) from None
    found, picture = problems(data), b""
    background = backdrop.wanted(data)
    if background:
        picture, unusable = backdrop.read(background, data.get("canvas"), folder)
        found += unusable
    if found:
        raise TemplateInvalid(template=name, problems="\n".join(found))
    entries = [expand(entry, presets()[entry["preset"]]) if "preset" in entry else entry for entry in data["exports"]]
    return build(data | {"exports": entries}, hashlib.sha256(source + picture).hexdigest(), picture)
