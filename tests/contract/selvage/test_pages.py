"""The code of docs/python.md runs, and docs/cli.md names commands and options that exist."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from selvage.cli import main
from tests.parts import command
from tests.parts.house import House, photo

DOCS = Path(__file__).resolve().parents[3] / "docs"
COMMANDS = ("submit", "status", "watch", "fetch", "retry", "cancel", "decide")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


async def test_the_python_page_runs(house: House, tmp_path: Path) -> None:
    script = "\n".join(blocks("python.md", "python"))
    assert script.count("with Client()") > 5
    for number in (1, 2):
        (tmp_path / f"TEE-1_{number}.jpg").write_bytes(photo(number))
    (tmp_path / "empty.jpg").write_bytes(photo(90))
    env = command.environment(tmp_path / "home") | {
        "SELVAGE_SERVER": f"http://{house.gateway.rest_address}", "PYTHONPATH": str(DOCS.parent),
    }  # fmt: skip
    whole = [sys.executable, "-c", script]
    done = await asyncio.to_thread(
        subprocess.run, whole, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=command.LONGEST
    )
    assert done.returncode == 0, done.stderr
    assert "2 no-such-file.jpg The file cannot be read" in done.stdout
    assert "1 set to work" in done.stdout
    assert "gate approve" in done.stdout
    assert "tuesday 0 none False" in done.stdout
    assert "JOB_NOT_FOUND" in done.stdout
    assert (tmp_path / "cutout.png").read_bytes()[:4] == b"\x89PNG"
    assert {path.name for path in (tmp_path / "async").iterdir()} == {"TEE-1_1.png", "TEE-1_2.png"}


def lines() -> list[list[str]]:
    """Every documented call of `selvage`, in words."""
    found = [call for block in blocks("cli.md", "sh") for call in re.findall(r"selvage (\w+ [^|)\n]*)", block)]
    return [shlex.split(call) for call in found]


@pytest.mark.parametrize("words", lines(), ids=" ".join)
def test_a_documented_command_is_understood(words: list[str]) -> None:
    found = main.commands[words[0]]
    options = {name for parameter in found.params if isinstance(parameter, click.Option) for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_every_command_that_talks_to_a_server_is_on_the_page() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"selvage {name}" not in text] == []
