"""Commands that need nothing but the package."""

from __future__ import annotations

from click.testing import CliRunner

from selvage.cli import main
from services.compose.presets.library import presets


def test_presets_are_listed() -> None:
    result = CliRunner().invoke(main, ["presets"], env={"COLUMNS": "140"})
    assert result.exit_code == 0
    for preset in presets().values():
        (line,) = [line for line in result.output.splitlines() if line.startswith(preset.name)]
        assert str(preset.expires_on) in line
