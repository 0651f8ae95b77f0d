"""`selvage doctor`, and the ways a command says that it cannot be carried out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.parts import command


@pytest.mark.slow
def test_a_healthy_machine() -> None:
    with command.folder() as base:
        done = command.run(base / "home", "doctor", "--json")
    found = {finding["part"]: finding for finding in json.loads(done.stdout)}
    assert set(found) == {
        "selvage", "disk", "store", "model", "ports", "database", "schema", "segment", "matting", "compose", "gateway",
        "clock",
    }  # fmt: skip
    wrong = {part: finding["detail"] for part, finding in found.items() if not finding["well"]}
    assert not set(wrong) - {"disk"}, wrong
    assert "PostgreSQL" in found["database"]["detail"]
    assert "default profile" in found["segment"]["detail"]
    assert done.returncode == bool(wrong)


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "KEPT", (*command.KEPT, "SELVAGE_STORE_URL"))
    monkeypatch.setenv("SELVAGE_STORE_URL", "ftp://nowhere")
    done = command.run(tmp_path, "doctor", "--json")
    wrong = [finding for finding in json.loads(done.stdout) if not finding["well"]]
    assert done.returncode == 1
    assert any("SELVAGE_STORE_URL" in finding["detail"] for finding in wrong)
    assert all(finding["repair"] for finding in wrong)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["process", "none", "--out", "READY"], "does not exist"),
        (["process", "photos", "--out", "photos"], "is the folder of the photos"),
        (["process", "photos", "--out", "READY"], "There are no photos in"),
        (["process", "photos", "--out", "READY", "--workers", "0"], "0 is not in the range"),
        (["samples", "out", "--size", "1"], "1 is not in the range"),
    ],
)
def test_what_cannot_be_done_ends_with_two_and_a_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "photos").mkdir()
    placed = [str(tmp_path / word) if word in ("none", "photos", "READY", "out") else word for word in arguments]
    done = command.run(tmp_path / "home", *placed)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
