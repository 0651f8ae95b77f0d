"""A disk of a few megabytes, to see what happens when it is full."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.parts.require import absent


def on(folder: Path, megabytes: int) -> list[str]:
    """What to put before a command so that it alone sees `folder` as a disk of that size.

    Skips the test where the kernel gives no mount namespace (other systems, locked-down containers).
    """
    mount = f"mount -t tmpfs -o size={megabytes}m none"
    trial = ["unshare", "-rm", "sh", "-c", f"{mount} /mnt"]
    if not shutil.which("unshare") or subprocess.run(trial, check=False, capture_output=True).returncode:
        absent("namespaces", "needs Linux where `unshare -rm` is allowed")
    return ["unshare", "-rm", "sh", "-c", f'{mount} "$0" && exec "$@"', str(folder)]
