"""Templates by name: those shipped with Selvage and those of a folder the shop keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from services.compose.checks import problems
from services.compose.errors import TemplateInvalid, TemplateUnknown
from services.compose.template import Template, build

DEFAULT = "studio-white"
MAX_BYTES = 64 * 1024


class Catalogue:
    """All templates, read and checked once.

    `folder`: the shop's own `*.yaml`; one named like a shipped template replaces it. Raises TemplateInvalid.
    """

    def __init__(self, folder: Path | None = None, default: str = DEFAULT) -> None:
        shipped = [entry for entry in (files("services.compose") / "templates").iterdir() if _is_yaml(entry.name)]
        own = [entry for entry in folder.iterdir() if _is_yaml(entry.name)] if folder else []
        self._templates: dict[str, Template] = {}
        for entries in (shipped, own):
            here: dict[str, str] = {}
            for entry in sorted(entries, key=lambda entry: entry.name):
                template = parse(entry.read_bytes(), entry.name)
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


def parse(source: bytes, name: str) -> Template:
    """The template a YAML file holds. Raises TemplateInvalid with every problem; `name` is only for that message."""
    if len(source) > MAX_BYTES:
        raise TemplateInvalid(template=name, problems=f"$: has {len(source)} bytes; allowed: {MAX_BYTES}")
    try:
        data = yaml.load(source, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise TemplateInvalid(template=name, problems=f"$: is not YAML ({error})") from None
    except RecursionError:
        raise TemplateInvalid(template=name, problems="$: is nested too deeply") from None
    found = problems(data)
    if found:
        raise TemplateInvalid(template=name, problems="\n".join(found))
    return build(data, hashlib.sha256(source).hexdigest())


def _is_yaml(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


class _Loader(yaml.SafeLoader):
    """Plain data only: no aliases (they can blow up), no key twice (the last would win silently)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.MarkedYAMLError(problem=f"the key {twice} appears twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)
