"""The contracts in protos/: the committed stubs are what the compiler makes of them, and buf finds nothing to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.parts.require import binary

ROOT = Path(__file__).resolve().parents[2]


def stubs(root: Path) -> dict[str, bytes]:
    folder = root / "selvage_api"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_committed_stubs_are_what_the_protos_give(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "generate_stubs.py", tmp_path], check=True)
    made, committed = stubs(tmp_path), stubs(ROOT)
    assert made
    assert sorted(made) == sorted(committed)
    assert [name for name, content in made.items() if committed[name] != content] == []


def test_buf_finds_nothing_to_say() -> None:
    buf = binary("buf", "SELVAGE_BUF_BIN", "bin/buf-v1.75.0", "run scripts/real_parts/buf.sh")
    done = subprocess.run([buf, "lint", ROOT / "protos"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
