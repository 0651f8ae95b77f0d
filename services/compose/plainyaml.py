"""YAML files as plain data, with no surprises."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

MAX_BYTES = 64 * 1024


def load(source: bytes) -> object:
    """What a YAML file holds. Raises ValueError with one sentence that begins with "$: "."""
    if len(source) > MAX_BYTES:
        raise ValueError(f"$: has {len(source)} bytes; allowed: {MAX_BYTES}")
    try:
        return yaml.load(source, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"$: is not YAML ({error})") from None
    except RecursionError:
        raise ValueError("$: is nested too deeply") from None


def is_yaml(name: str) -> bool:
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
