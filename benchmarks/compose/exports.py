"""A 24 MP cut-out to three sizes of JPEG, WebP and AVIF and the layered PSD: seconds by part, peak memory.

    python -m benchmarks.compose.exports

Every part runs in the order of the service, in one process of its own. CPU seconds are the steadier number where the
machine is shared. The peak is of that process; "beyond inputs" leaves out what it held before it began.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.compose import inputs

SIZES = (2048, 1200, 600)
FORMATS = ("jpeg", "webp", "avif")
T = TypeVar("T")


def measure(folder: Path) -> dict[str, list[float]]:
    """Part -> [seconds, CPU seconds], and the memory of this process, MiB."""
    from services.compose import exports, layered, xmp
    from services.compose.catalogue import Catalogue
    from services.compose.cutout import Cutout
    from services.compose.psd.save import save
    from services.compose.render import render
    from services.compose.template import ExportSpec
    from tests.parts.layered_files import STATEMENT

    template = Catalogue().get("studio-paper-cream")
    canvas = template.canvas
    warm = _small(Cutout)
    save(layered.document(render(warm, None, template, 256, 256, "A"), warm, dpi=300, xmp=b"", stem="w"), folder, "w")
    cutout = Cutout(*inputs.load(folder))
    out: dict[str, list[float]] = {}
    before = inputs.resident("VmRSS")

    def timed(part: str, work: Callable[[], T]) -> T:
        start, cpu = time.perf_counter(), time.process_time()
        result = work()
        spent = [time.perf_counter() - start, time.process_time() - cpu]
        out[part] = [a + b for a, b in zip(out.get(part, [0.0, 0.0]), spent, strict=True)]
        return result

    layers = timed("render", lambda: render(cutout, None, template, canvas.width, canvas.height, "A"))
    for kind in FORMATS:
        packet = xmp.packet(STATEMENT, f"image/{kind}")
        for side in SIZES:
            spec = ExportSpec(f"{kind}{side}", side, None, kind, {"jpeg": 88, "webp": 84, "avif": 60}[kind], None)
            timed(kind, lambda spec=spec, packet=packet: exports.encode(layers.flat, spec, canvas, packet))  # type: ignore[misc]
    packet = xmp.packet(STATEMENT, "image/vnd.adobe.photoshop")
    document = timed("psd", lambda: layered.document(layers, cutout, dpi=300, xmp=packet, stem="A_1"))
    path = timed("psd", lambda: save(document, folder, "A_1"))
    out["memory"] = [inputs.resident("VmHWM"), inputs.resident("VmHWM") - before, path.stat().st_size / 2**20]
    return out


def _small(kind: type) -> object:
    """Something to compile the compiled parts on, so that their compilation is not measured."""
    import numpy as np

    alpha = np.zeros((300, 300), np.float32)
    alpha[60:240, 60:240] = 1
    picture = np.full((300, 300, 3), 90, np.uint8)
    return kind(picture, picture // 2, alpha)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="selvage-bench-") as folder:
        inputs.make(Path(folder))
        command = [sys.executable, "-m", "benchmarks.compose.exports", folder]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    peak, beyond, size = found.pop("memory")
    print(f"{'part':30}{'seconds':>9}{'CPU s':>9}")
    for part, (seconds, cpu) in found.items():
        label = f"{part}, {len(SIZES)} sizes" if part in FORMATS else part
        print(f"{label:30}{seconds:>9.2f}{cpu:>9.2f}")
    print(f"{'all':30}{sum(s for s, _ in found.values()):>9.2f}{sum(c for _, c in found.values()):>9.2f}")
    print(f"peak {peak:.0f} MiB, beyond inputs {beyond:.0f} MiB; PSD {size:.0f} MiB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]))))
    else:
        main()
