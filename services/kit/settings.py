"""Settings from `SELVAGE_<ROOM>_<NAME>`: typed, frozen, every problem reported at once."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from services.kit.errors import SettingsInvalid

NEAR_MISS = 0.9
"""Similarity (difflib ratio) from which an unknown variable counts as a misspelt one."""


class Settings(BaseSettings):
    """Base of every room's settings.

    A room writes `model_config = prefix("SELVAGE_ROOM_")` and documents each field by a string below it; `describe`
    turns those into the settings table of the manual.
    """

    model_config = SettingsConfigDict(
        env_prefix="SELVAGE_", env_ignore_empty=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


S = TypeVar("S", bound=Settings)

_current: dict[type[Settings], tuple[tuple[tuple[str, str], ...], Settings]] = {}


@dataclass(frozen=True)
class Row:
    """One line of the settings table."""

    env: str
    default: str
    meaning: str


def prefix(env_prefix: str) -> SettingsConfigDict:
    """The `model_config` of a room."""
    return SettingsConfigDict(env_prefix=env_prefix)


def load(cls: type[S], **overrides: Any) -> S:
    """Reads one class from the environment; `overrides` win. Raises `SettingsInvalid` with every problem."""
    values, problems = _read(cls, overrides)
    _refuse(problems + _near_misses([cls]))
    assert isinstance(values, cls)
    return values


def current(cls: type[S]) -> S:
    """`load`, from memory while no SELVAGE_ variable has changed: reading settings takes longer than reading the
    header of a photo, and every photo asks for some. Raises `SettingsInvalid`."""
    seen = tuple(item for item in os.environ.items() if item[0].startswith("SELVAGE_"))
    known = _current.get(cls)
    if known is None or known[0] != seen:
        known = _current[cls] = (seen, load(cls))
    values = known[1]
    assert isinstance(values, cls)
    return values


def load_all(*classes: type[Settings]) -> tuple[Any, ...]:
    """Reads several classes, in order. Raises one `SettingsInvalid` with the problems of all of them."""
    read = [_read(cls, {}) for cls in classes]
    _refuse([problem for _, problems in read for problem in problems] + _near_misses(classes))
    return tuple(values for values, _ in read)


def describe(*classes: type[Settings]) -> Iterator[Row]:
    """The settings table: one row a field, in the order of definition."""
    for cls in classes:
        for name, field in cls.model_fields.items():
            yield Row(_env(cls, name), _default(field), " ".join((field.description or "").split()))


def _read(cls: type[Settings], overrides: dict[str, Any]) -> tuple[Settings | None, list[str]]:
    try:
        return cls(**overrides), []
    except ValidationError as error:
        return None, [_explain(cls, dict(item)) for item in error.errors(include_url=False)]
    except SettingsError as error:  # a list or mapping that is not JSON
        return None, [f"{cls.__name__}: {error}; write lists and mappings as JSON"]


def _explain(cls: type[Settings], item: dict[str, Any]) -> str:
    name = str(item["loc"][0]) if item["loc"] else ""
    field = cls.model_fields.get(name)
    if field is None:  # a rule over several fields, or an override that is no field
        return f"{_env(cls, name) if name else cls.model_config['env_prefix'] + '*'}: {item['msg']}"
    given = "" if _secret(field) or item["type"] == "missing" else f"={item['input']!r}"
    where = "".join(f"[{part}]" for part in item["loc"][1:])
    return f"{_env(cls, name)}{where}{given}: {item['msg']}. {field.description or ''}".rstrip()


def _near_misses(classes: list[type[Settings]] | tuple[type[Settings], ...]) -> list[str]:
    """Variables nobody knows that look like one of these classes'; a silent typo would be a silent default."""
    everybody = {_env(cls, name) for cls in _family(Settings) for name in cls.model_fields}
    ours = [_env(cls, name) for cls in classes for name in cls.model_fields]
    problems = []
    for variable in sorted(name for name in os.environ if name.startswith("SELVAGE_") and name not in everybody):
        close = difflib.get_close_matches(variable, ours, n=1, cutoff=NEAR_MISS)
        if close:
            problems.append(f"{variable} is no setting; did you mean {close[0]}?")
    return problems


def _refuse(problems: list[str]) -> None:
    if problems:
        raise SettingsInvalid(count=len(problems), problems="\n".join(f"- {problem}" for problem in problems))


def _family(cls: type[Settings]) -> Iterator[type[Settings]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _family(child)


def _env(cls: type[Settings], name: str) -> str:
    return f"{cls.model_config['env_prefix']}{name}".upper()


def _secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "computed"
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "empty" if value in ("", None) else str(value)
