"""The ten lines beside a model file that say what its graph does not, and the two together as a specification."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from services.segment.errors import CardInvalid, ModelUnknown, OwnModelUnfit
from services.segment.own.endings import Ending, ending
from services.segment.own.families import FAMILIES, Family, Geometry, Numbers, recognise
from services.segment.own.protofile import End, Graph

SUFFIXES = (".yaml", ".yml")
NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"


def _three(value: float | list[float]) -> list[float]:
    values = [value] * 3 if isinstance(value, float | int) else value
    if len(values) != 3:
        raise ValueError("one number, or three")
    return values


def _no_zero(values: list[float]) -> list[float]:
    if 0 in values:
        raise ValueError("must not be 0")
    return values


def _known(family: str) -> str:
    if family not in FAMILIES:
        raise ValueError(f"choose one of {', '.join(FAMILIES)}")
    return family


Three = Annotated[float | list[float], AfterValidator(_three)]


class Card(BaseModel):
    """What a card may say; docs/models.md explains each line. What it leaves out comes from the graph or the family."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="", pattern=f"^$|{NAME}")
    family: Annotated[str, AfterValidator(_known)] | None = None
    geometry: Geometry | None = None
    side: int | None = Field(default=None, ge=32, le=4096)
    mean: Three | None = None
    std: Annotated[Three, AfterValidator(_no_zero)] | None = None
    scale: float = Field(default=255.0, gt=0)
    channels: Literal["rgb", "bgr"] = "rgb"
    output: int | str | None = None
    sigmoid: Literal["inside", "missing"] | None = None
    licence: str = Field(default="", max_length=300)


@dataclass(frozen=True)
class Spec:
    """How to run a model. values = (picture / scale - mean) / std; `reverse`: channels as BGR. output: its name.
    add_sigmoid: the graph gives logits. stretched: it brings every answer to its own full range."""

    name: str
    family: str
    geometry: Geometry
    side: int
    mean: Numbers
    std: Numbers
    scale: float
    reverse: bool
    half: bool
    input: str
    output: str
    add_sigmoid: bool
    stretched: bool
    licence: str


def card_of(file: Path) -> Path | None:
    """The card beside a model file: the same name, ending in .yaml or .yml."""
    return next((file.with_suffix(suffix) for suffix in SUFFIXES if file.with_suffix(suffix).is_file()), None)


def read_card(path: Path) -> Card:
    """Raises CardInvalid with every problem."""
    try:
        return Card.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        found = [f"{'.'.join(map(str, one['loc'])) or 'card'}: {one['msg']}" for one in error.errors()]
        raise CardInvalid(path=path.name, problem="; ".join(found)) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CardInvalid(path=path.name, problem=" ".join(str(error).split())) from error


def specify(file: Path, graph: Graph, card: Card) -> Spec:
    """Card, graph and family together; the card's word counts most. Raises ModelUnknown, OwnModelUnfit."""
    name = card.name or file.stem.lower().replace(" ", "-")
    family = FAMILIES[card.family] if card.family else recognise(graph, file.name)
    picture = _picture(name, graph)
    output = _output(name, graph, card, family)
    end = ending(graph, output.name)
    missing = [
        line
        for line, known in (
            ("geometry", family or card.geometry),
            ("side", family or card.side or picture.shape[2]),
            ("mean", family or card.mean is not None),
            ("std", family or card.std is not None),
            ("sigmoid", card.sigmoid or end.sigmoid != "unknown"),
            ("licence", family or card.licence),
        )
        if not known
    ]
    if missing:
        raise ModelUnknown(name=name, seen=_seen(graph), card=f"{file.stem}.yaml", missing=", ".join(missing))
    fixed = picture.shape[2]
    side = card.side or fixed or (family.side if family else 0)
    if fixed and side != fixed:
        raise OwnModelUnfit(name=name, problem=f"its card says side {side}, its graph {fixed}", advice=_ADVICE)
    return Spec(
        name=name,
        family=family.name if family else "",
        geometry=card.geometry or (family.geometry if family else "squash"),
        side=side,
        mean=_numbers(card.mean, family.mean if family else None),
        std=_numbers(card.std, family.std if family else None),
        scale=card.scale,
        reverse=card.channels == "bgr",
        half=picture.type == "float16",
        input=picture.name,
        output=output.name,
        add_sigmoid=_add_sigmoid(name, card, end),
        stretched=end.stretched,
        licence=card.licence or (family.licence if family else ""),
    )


_ADVICE = "A model of your own takes one picture [N, 3, S, S] and gives maps [N, 1, s, s]; its card must fit its graph."


def _add_sigmoid(name: str, card: Card, end: Ending) -> bool:
    if card.sigmoid == "missing" and end.sigmoid == "inside":
        problem = "its card says the sigmoid is missing, but its graph ends in one; two would squeeze 0 and 1 together"
        raise OwnModelUnfit(name=name, problem=problem, advice=_ADVICE)
    return (card.sigmoid or end.sigmoid) == "missing"


def _picture(name: str, graph: Graph) -> End:
    if len(graph.inputs) != 1:
        raise OwnModelUnfit(name=name, problem=f"{len(graph.inputs)} inputs", advice=_ADVICE)
    end = graph.inputs[0]
    square = len(end.shape) == 4 and end.shape[1] in (3, None) and len({side for side in end.shape[2:] if side}) <= 1
    if not square or end.type not in ("float", "float16"):
        raise OwnModelUnfit(name=name, problem=f"its input is {end.type} {list(end.shape)}", advice=_ADVICE)
    return end


def _output(name: str, graph: Graph, card: Card, family: Family | None) -> End:
    """The output the card names; else the largest map, of several as large the family's finest."""
    ends = graph.outputs
    if isinstance(card.output, str):
        chosen = [end for end in ends if end.name == card.output]
    elif card.output is not None:
        chosen = [*ends[card.output : card.output + 1]] if card.output >= 0 else []
    else:
        maps = [
            end for end in ends if len(end.shape) in (0, 3, 4) and (len(end.shape) != 4 or end.shape[1] in (1, None))
        ]
        largest = max((_size(end) for end in maps), default=0)
        maps = [end for end in maps if _size(end) == largest]
        chosen = maps if family is None or family.first else maps[::-1]
        if family is None and len(maps) > 1:
            raise ModelUnknown(name=name, seen=_seen(graph), card=f"{name}.yaml", missing="output")
    if not chosen:
        problem = f"there is no such output ({card.output}); it has {', '.join(end.name for end in ends)}"
        raise OwnModelUnfit(name=name, problem=problem, advice=_ADVICE)
    return chosen[0]


def _size(end: End) -> int:
    return (end.shape[-1] or 0) if end.shape else 0


def _seen(graph: Graph) -> str:
    ends = [f"{end.name} {['N' if side is None else side for side in end.shape]}" for end in graph.outputs[:3]]
    more = f" and {len(graph.outputs) - 3} more" if len(graph.outputs) > 3 else ""
    first = graph.inputs[0]
    return f"{first.name} {['N' if side is None else side for side in first.shape]} to {', '.join(ends)}{more}"


def _numbers(said: float | list[float] | None, family: Numbers | None) -> Numbers:
    first, second, third = said if isinstance(said, list) else family or (0.0, 0.0, 0.0)
    return float(first), float(second), float(third)
