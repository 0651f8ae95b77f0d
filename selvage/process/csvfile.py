"""The list that names photos: `--csv FILE` with the columns file, sku, image_no and, if wanted, more."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway import naming
from selvage.errors import CsvInvalid

NEEDED = ("file", "sku", "image_no")
OPTIONAL = ("category", "tier", "shoot", "template")
TIERS = ("", "hero", "bulk")
_SHOWN = 12


@dataclass(frozen=True)
class Row:
    """One photo. `line` is where it stands in the file, from 1."""

    line: int
    file: str
    sku: str
    image_no: str
    category: str = ""
    tier: str = ""
    shoot: str = ""
    template: str = ""


def read(path: Path) -> list[Row]:
    """The rows of a UTF-8 file separated by comma, semicolon or tab. Raises CsvInvalid with every problem."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CsvInvalid(path=path, problems=f"- it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CsvInvalid(path=path, problems="- it is not UTF-8; save it as 'CSV UTF-8'") from error
    rows, problems = parse(text)
    if problems:
        raise CsvInvalid(path=path, problems=_listed(problems))
    return rows


def parse(text: str) -> tuple[list[Row], list[str]]:
    """Rows, and what is wrong with which line."""
    header_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        problems = _header_problems(header)
        if problems:
            return [], problems
        rows: list[Row] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(f"line {reader.line_num}: {len(cells)} cells, the first line has {len(header)}")
                continue
            row, wrong = _row(reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
            problems += wrong
            rows.append(row)
    except csv.Error as error:
        return [], [f"line {reader.line_num}: {error}"]
    return rows, problems + _twice(rows)


def assign(rows: Sequence[Row], names: Iterable[str], path: Path) -> dict[str, Row]:
    """Rows by the photo they mean: its path below the folder, or its bare name where that is unambiguous.

    Raises CsvInvalid for rows whose photo is not there.
    """
    known = list(names)
    by_base: dict[str, list[str]] = {}
    for name in known:
        by_base.setdefault(name.rsplit("/", 1)[-1], []).append(name)
    found: dict[str, Row] = {}
    problems = []
    for row in rows:
        wanted = row.file.replace("\\", "/").removeprefix("./")
        matches = [wanted] if wanted in set(known) else by_base.get(wanted, [])
        if not matches:
            problems.append(f"line {row.line}: there is no photo {row.file}")
        elif len(matches) > 1:
            problems.append(f"line {row.line}: {row.file} is in several folders; write its path")
        elif matches[0] in found:
            problems.append(f"line {row.line}: {row.file} stands in line {found[matches[0]].line} already")
        else:
            found[matches[0]] = row
    if problems:
        raise CsvInvalid(path=path, problems=_listed(problems))
    return found


def _header_problems(header: list[str]) -> list[str]:
    problems = [f"line 1: the column {name} is missing" for name in NEEDED if name not in header]
    for name in sorted(set(header)):
        if name not in NEEDED + OPTIONAL:
            problems.append(f"line 1: the column {name or '(without a name)'} is unknown")
        elif header.count(name) > 1:
            problems.append(f"line 1: the column {name} stands there twice")
    return problems


def _row(line: int, cells: dict[str, str]) -> tuple[Row, list[str]]:
    problems = [f"line {line}: {name} is empty" for name in ("file", "sku") if not cells[name]]
    tier = cells.get("tier", "").lower()
    if tier not in TIERS:
        problems.append(f"line {line}: tier is {tier!r}; it is hero, bulk or empty")
    sku = naming.safe_sku(cells["sku"]) if cells["sku"] else ""
    image_no = naming.safe_image_no(cells["image_no"] or "1")
    rest = {name: cells.get(name, "") for name in OPTIONAL if name != "tier"}
    return Row(line, cells["file"], sku, image_no, tier=tier, **rest), problems


def _twice(rows: list[Row]) -> list[str]:
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for row in rows:
        key = (row.sku.lower(), row.image_no.lower())
        first = seen.setdefault(key, row.line)
        if first != row.line:
            problems.append(f"line {row.line}: {row.sku} image {row.image_no} stands in line {first} already")
    return problems


def _listed(problems: list[str]) -> str:
    shown = [f"- {problem}" for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        shown.append(f"- and {len(problems) - _SHOWN} more")
    return "\n".join(shown)
