"""The commands of deploy/k8s/README.md, as a shell runs them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.parts.kube import PATIENCE, Cluster
from tests.parts.manifests import DEPLOY

README = DEPLOY / "README.md"
ELSEWHERE = re.compile(r"^(pg_dump|rclone|curl)\b|^kubectl\b.* (exec|port-forward) ")
"""Commands that want a pod that really runs, or a store outside."""

UNDONE = "Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation"
"""What kubectl warns of at `rollout undo`; the README says what to do after it."""


def block(section: str) -> list[str]:
    """The indented lines of a section, commands that are continued put together."""
    _, _, rest = README.read_text().partition(f"\n## {section}\n")
    assert rest, section
    text = rest.partition("\n## ")[0].replace("\\\n", "")
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def follow(cluster: Cluster, folder: Path, section: str) -> None:
    """Runs the commands of a section in `folder`, one after the other."""
    run(cluster, folder, block(section))


def run(cluster: Cluster, folder: Path, lines: list[str]) -> None:
    """As one script, which a warning fails too."""
    script = [line for line in lines if not ELSEWHERE.search(line)]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=folder, env=cluster.environment, capture_output=True, text=True, check=False, timeout=2 * PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}: {done.stderr}{done.stdout}"
    warnings = [line for line in done.stderr.splitlines() if "Warning:" in line and UNDONE not in line]
    assert warnings == []
