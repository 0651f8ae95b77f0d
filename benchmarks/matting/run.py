"""All of the matting benchmark in one command; `--only` takes a part of it.

    python -m benchmarks.matting.run [--only timing|accuracy|chain|photos]

timing: seconds, memory, cost law, window. accuracy: twelve scenarios and recomposition, against PyMatting. chain:
coarse alpha to final alpha in five groups. photos: real photos with measured mattes. Each part is a command of its own
with more options; here they run with what they have by default. Every table tells the light domain. Timing needs a
quiet machine, the others do not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

PARTS = ("accuracy", "chain", "photos", "timing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=PARTS)
    only = parser.parse_args().only
    for part in PARTS:
        if only in (None, part):
            print(f"\n## {part}", flush=True)
            subprocess.run([sys.executable, "-m", f"benchmarks.matting.{part}"], check=True)


if __name__ == "__main__":
    main()
