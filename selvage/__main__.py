"""`python -m selvage`: the command, where its script is not on the path."""

from __future__ import annotations

from selvage.cli import main

if __name__ == "__main__":
    main(prog_name="selvage")
