"""The digest of code and assets."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from services.kit.fingerprint import fingerprint


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "room"
    (root / "below").mkdir(parents=True)
    (root / "a.py").write_text("1")
    (root / "below" / "model.onnx").write_bytes(b"\0\1")
    return root


def fresh(*paths: Path | str, extra: str = "") -> str:
    fingerprint.cache_clear()
    return fingerprint(*paths, extra=extra)


def test_it_follows_content_and_names_and_nothing_else(tree: Path, tmp_path: Path) -> None:
    first = fresh(tree)
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"x")
    (tree / "a.nbi").write_bytes(b"x")
    assert fresh(tree) == first
    copied = tmp_path / "elsewhere" / "room"
    shutil.copytree(tree, copied)
    assert fresh(copied) == first
    digests = {first, fresh(tree, extra="v2"), fresh(tree, tree / "a.py")}
    (tree / "a.py").write_text("2")
    digests.add(fresh(tree))
    (tree / "a.py").rename(tree / "b.py")
    digests.add(fresh(tree))
    (tree / "below" / "model.onnx").write_bytes(b"\0\2")
    digests.add(fresh(tree))
    assert len(digests) == 6


def test_packages_and_modules_by_name() -> None:
    whole, part = fresh("services.kit.store"), fresh("services.kit.store.s3")
    assert whole != part
    assert whole == fresh("services.kit.store")


def test_it_is_kept_for_the_life_of_the_process(tree: Path) -> None:
    first = fingerprint(tree)
    (tree / "a.py").write_text("changed")
    assert fingerprint(tree) == first


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError):
        fresh("services.nothing")
    with pytest.raises(FileNotFoundError):
        fresh(tmp_path / "nothing")


ROOT = Path(__file__).resolve().parents[3]
DECIDE_NOTHING = {"boxes", "errors", "fingerprint", "logs", "metrics", "rpc", "settings", "store", "tracing", "usage"}
"""Modules of the kit that no picture depends on."""


@pytest.mark.parametrize("room", ["segment", "matting", "compose"])
def test_a_service_counts_all_that_decides_its_pictures(room: str) -> None:
    used = set()
    for file in (ROOT / "services" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("services.kit"):
                inner = node.module.split(".")[2:3]
                used |= set(inner) if inner else {alias.name for alias in node.names}
    servicer = (ROOT / "services" / room / "servicer.py").read_text(encoding="utf-8")
    counted = set(re.findall(r'"services\.kit\.([a-z]+)"', servicer))
    assert used - DECIDE_NOTHING <= counted
