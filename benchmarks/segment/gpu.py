"""Pictures a second of the shipped model: ONNX Runtime alone, and through Triton, at several batch sizes.

    python -m benchmarks.segment.gpu [--provider CUDAExecutionProvider] [--batches 1 8 32] [--triton HOST:PORT]

The same code runs on a GPU and on the CPU; the first line says what it ran on. A provider that is not there is an
error. With torch at hand the last column is the share of what the bare kernels could do: the model's multiply-adds at
the rate of a large matrix product on the same device, in half precision on a GPU.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.segment.models import DEFAULT, find, read
from services.segment.onnx import session

U8 = NDArray[np.uint8]
CPU = "CPUExecutionProvider"
DEVICES = {"CUDAExecutionProvider": "cuda", "TensorrtExecutionProvider": "cuda"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=DEFAULT, help="a model that ships, or a model folder")
    parser.add_argument("--provider", default=CPU)
    parser.add_argument("--threads", type=int, default=1, help="of a run on the CPU")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=5.0, help="measured for each row, after a warm-up")
    parser.add_argument("--triton", help="host:port of Triton's gRPC endpoint")
    parser.add_argument("--clients", type=int, default=8, help="requests in flight at Triton")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    manifest = read(find(options.model))
    opened = session(manifest.weights, manifest.name, options.threads, (options.provider,))
    said = {"device": device(options.provider), "provider": options.provider, "threads": options.threads,
            "model": f"{manifest.name} {manifest.version}", "side": options.side,
            "onnxruntime": onnxruntime.__version__}  # fmt: skip
    print(json.dumps(said), flush=True)
    limit = kernel_limit(options.model, options.side, DEVICES.get(options.provider, "cpu"), options.threads)
    rows = [
        _row("onnxruntime", batch, rate(_bound(opened, options, batch), batch, options.seconds), limit)
        for batch in options.batches
    ]
    if options.triton:
        rows += [_row("triton", batch, _through(options, batch), limit) for batch in options.batches]
    if options.out:
        options.out.write_text(json.dumps(said | {"rows": rows}, indent=1) + "\n", encoding="utf-8")


def device(provider: str) -> str:
    """What it runs on, in words."""
    if provider not in DEVICES:
        lines = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
        names = [line.partition(":")[2].strip() for line in lines.splitlines() if line.startswith("model name")]
        return f"{names[0] if names else platform.processor()}, {len(names) or 1} cores seen"
    asked = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def rate(run: Callable[[], None], pictures: int, seconds: float) -> float:
    """Pictures a second, after two runs that do not count."""
    run()
    run()
    started, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds or count == 0:
        run()
        count += pictures
    return count / max(passed, time.perf_counter() - started)


def _bound(opened: onnxruntime.InferenceSession, options: argparse.Namespace, batch: int) -> Callable[[], None]:
    """One run from the host's memory and back, as a request needs it; device memory is bound once."""
    pixels = _pictures(options.side, batch)
    where = DEVICES.get(options.provider, "cpu")
    given, asked = opened.get_inputs()[0].name, opened.get_outputs()[0].name

    def run() -> None:
        binding = opened.io_binding()
        binding.bind_ortvalue_input(given, onnxruntime.OrtValue.ortvalue_from_numpy(pixels, where, 0))
        binding.bind_output(asked, where, 0)
        opened.run_with_iobinding(binding)
        binding.copy_outputs_to_cpu()

    return run


def _through(options: argparse.Namespace, batch: int) -> float:
    """Requests of `batch` pictures from several clients at once; Triton may join them further."""
    from services.segment.triton import TritonRunner

    pixels = _pictures(options.side, batch)
    runner = TritonRunner(options.triton, "selvage_segment", seconds=300)
    with ThreadPoolExecutor(options.clients) as pool:

        def run() -> None:
            for _ in pool.map(runner.run, [pixels] * options.clients):
                pass

        found = rate(run, batch * options.clients, options.seconds)
    runner.close()
    return found


def kernel_limit(model: str, side: int, where: str, threads: int) -> float | None:
    """Pictures a second at the rate of a large matrix product; None without torch."""
    try:
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        from training.restore import restore
    except ModuleNotFoundError:
        return None
    net = restore(find(model)).eval().to(where)
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        net(torch.zeros(1, 3, side, side, device=where))
    kind, large = (torch.float16, 8192) if where == "cuda" else (torch.float32, 1024)
    torch.set_num_threads(threads)
    left = torch.randn(large, large, device=where, dtype=kind)

    def product() -> None:
        _ = left @ left
        if where == "cuda":
            torch.cuda.synchronize()

    operations = 2 * large**3 * rate(product, 1, 1.0)
    return float(operations / counter.get_total_flops())


def _pictures(side: int, batch: int) -> U8:
    return np.random.default_rng(0).integers(0, 256, (batch, side, side, 3), dtype=np.uint8)


def _row(what: str, batch: int, found: float, limit: float | None) -> dict[str, float | str | None]:
    share = round(found / limit, 3) if limit else None
    row: dict[str, float | str | None] = {"by": what, "batch": batch, "pictures_a_second": round(found, 2),
                                          "share_of_kernels": share}  # fmt: skip
    print(json.dumps(row), flush=True)
    return row


if __name__ == "__main__":
    main()
