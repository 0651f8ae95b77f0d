"""Generates selvage_api/ from protos/. `python scripts/generate_stubs.py [OUT]`; OUT defaults to the repository."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
HEADER = '"""Generated from protos/ by scripts/generate_stubs.py; do not edit."""\n'


def generate(out: Path) -> None:
    protos = sorted((ROOT / "protos").rglob("*.proto"))
    common = files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'protos'}", f"-I{common}"]
    arguments += [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "descriptors"
        arguments += ["--include_source_info", f"--descriptor_set_out={described}"]
        if protoc.main([*arguments, *map(str, protos)]) != 0:
            raise SystemExit("protoc failed")
        write_comments(descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes()), out)
    # A service-less proto yields an empty grpc file; packages need their __init__.
    for path in (out / "selvage_api").rglob("*_pb2_grpc.py"):
        if "add_" not in path.read_text():
            path.unlink()
    for package in [out / "selvage_api", *(out / "selvage_api").rglob("*")]:
        if package.is_dir() and package.name != "__pycache__":
            (package / "__init__.py").write_text(HEADER)


def write_comments(described: descriptor_pb2.FileDescriptorSet, out: Path) -> None:
    """selvage_api/comments.py: comments of the protos by full name; stubs have none at run time, OpenAPI needs them."""
    found = {name: text for file in described.file for name, text in comments(file)}
    lines = [f"    {name!r}: {text!r},\n" for name, text in sorted(found.items())]
    text = f"{HEADER}\nCOMMENTS: dict[str, str] = {{\n{''.join(lines)}}}\n"
    (out / "selvage_api" / "comments.py").write_text(text, encoding="utf-8")


def comments(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """(full name, leading comment on one line) of everything in the file that has one."""
    for location in file.source_code_info.location:
        text = " ".join(location.leading_comments.split())
        name = full_name(file, location.path)
        if text and name:
            yield name, text


def full_name(file: Any, path: Sequence[int]) -> str:
    """The name of what a path of field numbers and positions leads to; "" for what has none."""
    names, here = [file.package], file
    for number, position in zip(path[::2], path[1::2], strict=False):
        here = getattr(here, here.DESCRIPTOR.fields_by_number[number].name)[position]
        names.append(getattr(here, "name", ""))
    return ".".join(names) if len(path) >= 2 and len(path) % 2 == 0 and all(names) else ""


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
