"""Peak memory and CPU time of each part as a process of its own, as its pod has it; requests in deploy/k8s stand on it.

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
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import scenes
from tests.parts import fleet


@dataclass
class Part:
    """A process watched. MiB before the job and at the peak; seconds of CPU that the job took."""

    process: psutil.Process
    before: float = 0
    peak: float = 0
    cpu: float = 0

    def begin(self) -> None:
        self.before = self.peak = _mib(self.process)
        self.cpu = -_cpu(self.process)

    def look(self) -> None:
        self.peak = max(self.peak, _mib(self.process))

    def end(self) -> None:
        self.cpu += _cpu(self.process)


def run(photos: int, megapixels: float) -> dict[str, Part]:
    """By name."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    with tempfile.TemporaryDirectory(prefix="selvage-pods-") as name:
        folder = Path(name)
        source = folder / "photos"
        source.mkdir()
        for index in range(photos):
            jpeg = scenes.as_jpeg(scenes.frame_filling_garment(round(height * 1.5), height, seed=index))
            (source / f"KNIT-{index}_1.jpg").write_bytes(jpeg)
        with fleet.running(folder, real=True) as house:
            parts = {
                part: Part(psutil.Process(each.pid))
                for part, each in house.parts.items()
                if isinstance(each, fleet.Process)
            }
            for part in parts.values():
                part.begin()
            command = [sys.executable, "-m", "selvage", "submit", str(source), "--server", house.rest, "--wait"]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
                while child.poll() is None:
                    for part in parts.values():
                        part.look()
                    time.sleep(0.1)
            if child.returncode != 0:
                raise SystemExit(f"selvage submit ended with {child.returncode}")
            for part in parts.values():
                part.end()
    return parts


def _mib(process: psutil.Process) -> float:
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def _cpu(process: psutil.Process) -> float:
    """Seconds so far, of children that have ended too."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--megapixels", type=float, default=24)
    arguments = parser.parse_args()
    for name, part in run(arguments.photos, arguments.megapixels).items():
        share = part.cpu / arguments.photos
        print(f"{name:10} {part.before:6.0f} MiB before, {part.peak:6.0f} MiB at most, {share:6.2f} s of CPU a photo")


if __name__ == "__main__":
    main()
