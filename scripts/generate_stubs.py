"""Generates selvage_api/ from protos/. `python scripts/generate_stubs.py [OUT]`; OUT defaults to the repository."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
HEADER = '"""Generated from protos/ by scripts/generate_stubs.py; do not edit."""\n'


def generate(out: Path) -> None:
    protos = sorted((ROOT / "protos").rglob("*.proto"))
    common = files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'protos'}", f"-I{common}"]
    arguments += [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main([*arguments, *map(str, protos)]) != 0:
        raise SystemExit("protoc failed")
    # A service-less proto yields an empty grpc file; packages need their __init__.
    for path in (out / "selvage_api").rglob("*_pb2_grpc.py"):
        if "add_" not in path.read_text():
            path.unlink()
    for folder in [out / "selvage_api", *(out / "selvage_api").rglob("*")]:
        if folder.is_dir() and folder.name != "__pycache__":
            (folder / "__init__.py").write_text(HEADER)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
