"""Peak memory of the whole set (gateway, three services, embedded PostgreSQL) on 24 MP photos.

    python -m benchmarks.memory [--photos 3] [--megapixels 24]

Proportional set size (PSS) of the whole process tree, sampled ten times a second, so that pages shared between
PostgreSQL's processes count once. Linux only.
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


def tree_pss(process: psutil.Process, home: str) -> int:
    """Bytes of the process, its children, and the PostgreSQL that serves `home` (it detaches itself)."""
    members = {process.pid: process}
    members.update((child.pid, child) for child in process.children(recursive=True))
    for other in psutil.process_iter(["name", "cmdline"]):
        if "postgres" in (other.info["name"] or "") and home in " ".join(other.info["cmdline"] or []):
            members.update((one.pid, one) for one in [other, *other.children(recursive=True)])
    total = 0
    for member in members.values():
        try:
            total += member.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def run(photos: int, megapixels: float) -> dict[str, float]:
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(height * 1.5)
    with tempfile.TemporaryDirectory(prefix="selvage-memory-") as folder:
        source, home = Path(folder) / "photos", Path(folder) / "home"
        source.mkdir()
        for index in range(photos):
            jpeg = scenes.as_jpeg(scenes.frame_filling_garment(width, height, seed=index))
            (source / f"KNIT-{index}_1.jpg").write_bytes(jpeg)
        command = [sys.executable, "-m", "selvage", "process", str(source), "--out", str(Path(folder) / "ready"),
                   "--home", str(home)]  # fmt: skip
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
            watched, peak = psutil.Process(child.pid), 0
            while child.poll() is None:
                try:
                    peak = max(peak, tree_pss(watched, str(home)))
                except psutil.NoSuchProcess:
                    break
                time.sleep(0.1)
        if child.returncode != 0:
            raise SystemExit(f"selvage process ended with {child.returncode}")
        return {"photos": photos, "megapixels": width * height / 1e6, "seconds": time.perf_counter() - start,
                "peak_gib": peak / 2**30}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--megapixels", type=float, default=24)
    arguments = parser.parse_args()
    figures = run(arguments.photos, arguments.megapixels)
    print("  ".join(f"{name} {value:.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
