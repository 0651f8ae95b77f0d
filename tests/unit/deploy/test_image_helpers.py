"""What lies inside the images beside Selvage: the seeding of numba's cache, and the health probe."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from services.kit import rpc
from services.kit.rpc import TlsSettings

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "docker"


def test_compiled_code_is_seeded_and_what_is_newer_stays(tmp_path: Path) -> None:
    built_in, cache = tmp_path / "image", tmp_path / "cache" / "field_1"
    (built_in / "field_1").mkdir(parents=True)
    cache.mkdir(parents=True)
    (built_in / "field_1" / "a.nbi").write_bytes(b"image")
    (built_in / "field_1" / "b.nbi").write_bytes(b"image")
    (cache / "b.nbi").write_bytes(b"compiled here")
    script = (
        f"import sys; sys.path.insert(0, {str(FOLDER)!r}); from pathlib import Path; from numba_cache import seed;"
        f"seed(Path({str(built_in)!r}), Path({str(cache)!r}));"
        f"seed(Path({str(built_in)!r}), Path({str(cache.parent / 'unknown')!r}))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert (cache / "a.nbi").read_bytes() == b"image"
    assert (cache / "b.nbi").read_bytes() == b"compiled here"
    assert sorted(path.name for path in cache.iterdir()) == [".seeded", "a.nbi", "b.nbi"]


async def test_the_probe_says_whether_a_server_serves() -> None:
    server = await rpc.serve(lambda _: None, "127.0.0.1:0", tls=TlsSettings.plain())
    assert await probed(server.address) == 0
    await server.stop(0)
    assert await probed(server.address) == 1


async def probed(address: str) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, FOLDER / "probe.py", address, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()
