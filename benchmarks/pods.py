"""Peak memory of each part as a process of its own, as its pod has it: what the requests in deploy/k8s stand on.

    python -m benchmarks.pods [--photos 4] [--megapixels 24]

Gateway, two workers (two images in progress each) and the three services run as in a cluster, on the folder store; each
process's PSS, its children's included, is sampled ten times a second. Photos are decoded in the process itself.
Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import scenes
from tests.parts import fleet


def run(photos: int, megapixels: float) -> tuple[dict[str, float], dict[str, float]]:
    """MiB by part: before the job, and at the peak."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    with tempfile.TemporaryDirectory(prefix="selvage-pods-") as name:
        folder = Path(name)
        source = folder / "photos"
        source.mkdir()
        for index in range(photos):
            jpeg = scenes.as_jpeg(scenes.frame_filling_garment(round(height * 1.5), height, seed=index))
            (source / f"KNIT-{index}_1.jpg").write_bytes(jpeg)
        with fleet.running(folder, real=True) as house:
            watched = {
                part: psutil.Process(each.pid) for part, each in house.parts.items() if isinstance(each, fleet.Process)
            }
            idle = {part: _mib(process) for part, process in watched.items()}
            peak = dict(idle)
            command = [sys.executable, "-m", "selvage", "submit", str(source), "--server", house.rest, "--wait"]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
                while child.poll() is None:
                    for part, process in watched.items():
                        peak[part] = max(peak[part], _mib(process))
                    time.sleep(0.1)
            if child.returncode != 0:
                raise SystemExit(f"selvage submit ended with {child.returncode}")
    return idle, peak


def _mib(process: psutil.Process) -> float:
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--megapixels", type=float, default=24)
    arguments = parser.parse_args()
    idle, peak = run(arguments.photos, arguments.megapixels)
    for part, most in peak.items():
        print(f"{part:10} {idle[part]:6.0f} MiB before, {most:6.0f} MiB at most")


if __name__ == "__main__":
    main()
