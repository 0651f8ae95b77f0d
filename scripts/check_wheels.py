"""Proves that every runtime dependency, with all it needs itself, has a wheel on every machine we name.

`python scripts/check_wheels.py [3.13]` (Python 3.11 unless told) asks pip, per platform, to plan an installation from
wheels alone of the versions installed here (a dry run: it fetches metadata, not wheels). It prints a table and ends
with 1 on a gap that ACCEPTED does not name, and on one it names that is gone.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHON = sys.argv[1] if len(sys.argv) > 1 else "3.11"


@dataclass(frozen=True)
class Machine:
    """A platform as pip and as environment markers know it."""

    name: str
    tags: tuple[str, ...]
    markers: dict[str, str]


def _manylinux(arch: str) -> tuple[str, ...]:
    return (*(f"manylinux_2_{minor}_{arch}" for minor in range(28, 16, -1)), f"manylinux2014_{arch}", f"linux_{arch}")


LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
MACHINES = (
    Machine("Linux x86-64", _manylinux("x86_64"), LINUX | {"platform_machine": "x86_64"}),
    Machine("Linux arm64", _manylinux("aarch64"), LINUX | {"platform_machine": "aarch64"}),
    Machine(
        "macOS arm64",
        tuple(f"macosx_{major}_0_{arch}" for major in range(14, 10, -1) for arch in ("arm64", "universal2")),
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    ),
    Machine(
        "Windows",
        ("win_amd64",),
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    ),
)

ACCEPTED = {
    (
        "pyvips",
        machine.name,
    ): "source only; pure Python over the pyvips-binary wheel, so pip builds it without a compiler"
    for machine in MACHINES
}
"""(package, machine) -> why we ship without it, and what its users do."""


def needed(machine: Machine) -> dict[str, str]:
    """What `pip install selvage` brings there: name -> requirement, at the version installed here if there is one."""
    here = {name: str(value) for name, value in default_environment().items()}
    environment = {**here, **machine.markers, "python_version": PYTHON}
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [Requirement("selvage")]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        try:
            installed = distribution(name)
        except PackageNotFoundError:  # needed on that machine only
            found[name] = f"{name}{requirement.specifier}"
            continue
        found[name] = f"{name}=={installed.version}"
        for text in installed.requires or ():
            child = Requirement(text)
            extras = [{"extra": extra} for extra in ("", *requirement.extras)]
            if child.marker is None or any(child.marker.evaluate({**environment, **extra}) for extra in extras):
                todo.append(child)
    del found["selvage"]
    return found


def lacking(machine: Machine, requirements: dict[str, str], folder: Path) -> dict[str, str]:
    """The packages without a wheel there, and what pip says: pip stops at the first, so it is asked again."""
    left = dict(requirements)
    gaps: dict[str, str] = {}
    while True:
        wanted = folder / "wanted.txt"
        wanted.write_text("\n".join(left.values()))
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed"]
        command += ["--only-binary=:all:", "--python-version", PYTHON, "--target", str(folder / "none")]
        command += [part for tag in machine.tags for part in ("--platform", tag)]
        command += ["--report", str(folder / "report.json"), "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            planned = json.loads((folder / "report.json").read_text())["install"]
            assert len(planned) == len(left), "pip planned something else"
            return gaps
        missing = re.search(r"No matching distribution found for ([A-Za-z0-9._-]+?)(?=[=<>!~\s\[]|$)", done.stderr)
        if missing is None:
            raise SystemExit(done.stderr)
        name = canonicalize_name(missing[1])
        gaps[name] = left.pop(name)


def main() -> int:
    table: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for machine in MACHINES:
            requirements = needed(machine)
            gaps = lacking(machine, requirements, Path(folder))
            for name, requirement in requirements.items():
                row = table.setdefault(name, {"": requirement})
                row[machine.name] = "no wheel" if name in gaps else "yes"
    names = [machine.name for machine in MACHINES]
    print(f"{'package':40}" + "".join(f"{name:>14}" for name in names))
    for _, row in sorted(table.items()):
        print(f"{row['']:40}" + "".join(f"{row.get(name, '-'):>14}" for name in names))
    gaps_found = {(name, machine) for name, row in table.items() for machine in names if row.get(machine) == "no wheel"}
    for gap in sorted(gaps_found):
        print(f"{gap[0]} on {gap[1]}: {ACCEPTED.get(gap, 'NOT ACCEPTED')}")
    for gap in sorted(set(ACCEPTED) - gaps_found):
        print(f"{gap[0]} on {gap[1]} is accepted as missing but has a wheel now: remove it from ACCEPTED")
    print(f"{len(table)} packages, {len(gaps_found)} gaps")
    return int(gaps_found != set(ACCEPTED))


if __name__ == "__main__":
    raise SystemExit(main())
