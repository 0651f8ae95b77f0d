"""Which metrics an expression names. Not a parser: Prometheus itself parses in the integration test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*\{([^}]*)\}")
_WINDOW = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_OPERATORS = {"and", "or", "unless", "bool", "inf", "nan"}
_NUMBER = re.compile(r"(?<![\w:])\d[\d.]*(?:e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Use:
    """The metrics of an expression, and the labels it matches or groups by."""

    metrics: frozenset[str]
    labels: frozenset[str]


def uses(expr: str) -> Use:
    bare = _STRING.sub('""', expr)
    labels: set[str] = set()
    for selector in _SELECTOR.finditer(bare):
        labels.update(_label_names(selector[2]))
    bare = _SELECTOR.sub(lambda selector: selector[1] or " ", bare)
    for grouping in _GROUPING.finditer(bare):
        labels.update(re.findall(r"\w+", grouping[2]))
    for noise in (_GROUPING, _WINDOW, _NUMBER):
        bare = noise.sub(" ", bare)
    # What is left and followed by no bracket is a name; functions and aggregations are followed by one.
    words = set(_names(bare)) - _OPERATORS
    return Use(frozenset(words), frozenset(labels))


def selectors(expr: str) -> list[str]:
    """The series an expression starts from, as queries of their own: name{matchers}."""
    strings: list[str] = []

    def away(string: re.Match[str]) -> str:
        strings.append(string[0])
        return f'"{len(strings) - 1}"'

    bare = _STRING.sub(away, expr)
    found = []
    for name in sorted(uses(expr).metrics):
        for use in re.finditer(rf"(?<![\w:]){re.escape(name)}(?![\w:])(\s*\{{[^}}]*\}})?", bare):
            matchers = re.sub(r'"(\d+)"', lambda string: strings[int(string[1])], use[1] or "")
            found.append(name + matchers)
    return list(dict.fromkeys(found))


def _label_names(matchers: str) -> list[str]:
    return re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)


def _names(bare: str) -> Iterator[str]:
    for word in re.finditer(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare):
        if not bare[word.end() :].lstrip().startswith("("):
            yield word[0]


def instantiate(expr: str, window: str = "1m") -> str:
    """The expression as Grafana would send it: its variables are filled in, all values chosen."""
    return re.sub(r"\$(service|model)\b", ".*", expr.replace("$__rate_interval", window))
