"""What kind of file an object is, and which objects of a photo are still referred to. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ORIGINALS, INTERMEDIATES, RESULTS = "originals", "intermediates", "results"
KINDS = (ORIGINALS, INTERMEDIATES, RESULTS)
# Of the stage matting; the rest of it, and all of the stages before, is only a means to make the next.
_MATTE_RESULTS = ("cutout", "shadow")
_MATTE_INTERMEDIATES = ("alpha", "confidence", "trimap")
_MAKE_RESULTS = ("compose", "cutout")
# Drawn of an image's cut-out on request; no image's row names them.
DRAWN = "cutout"


def of_output(stage: str, role: str) -> str:
    """Kind of a stage's output."""
    return RESULTS if stage in _MAKE_RESULTS or (stage == "matting" and role in _MATTE_RESULTS) else INTERMEDIATES


def of_file(name: str) -> str:
    """Kind of a file in Image.files."""
    return INTERMEDIATES if name in _MATTE_INTERMEDIATES else RESULTS


@dataclass(frozen=True)
class Reference:
    """An image of a photo. `expired`: kinds it refers to no more. `outputs`: (stage, role, key) of all it has passed.
    `files`: (name, key)."""

    open: bool
    expired: frozenset[str] = frozenset()
    outputs: tuple[tuple[str, str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Live:
    """Keys somebody refers to. `drawn`: whether what was drawn on request is, too."""

    keys: frozenset[str] = field(default_factory=frozenset)
    drawn: bool = False

    def has(self, key: str) -> bool:
        parts = key.split("/")
        return key in self.keys or (self.drawn and len(parts) > 3 and parts[2] == DRAWN)


def live(references: Iterable[Reference], kept: Iterable[str] = ()) -> Live:
    """Of the images of one photo. `kept`: keys that others refer to, as the original while it has not expired."""
    keys, drawn = set(kept), False
    for reference in references:
        drawn = drawn or RESULTS not in reference.expired
        keys |= {key for stage, role, key in reference.outputs if of_output(stage, role) not in reference.expired}
        keys |= {key for name, key in reference.files if of_file(name) not in reference.expired}
    return Live(frozenset(keys), drawn)


def references(rows: Iterable[Mapping[str, Any]], open_states: Iterable[str]) -> list[Reference]:
    """From rows of images with `passed`, a list of {"stage", "outputs"}."""
    return [
        Reference(
            row["state"] in open_states,
            frozenset(row["expired"]),
            tuple(
                (stage["stage"], role, reference["key"])
                for stage in row["passed"]
                for role, reference in stage["outputs"].items()
            ),
            tuple((file["name"], file["object"]["key"]) for file in row["files"]),
        )
        for row in rows
    ]
