"""Prints what is inside an image as CycloneDX 1.6: Python's distributions, and Debian's packages where there are any.

Written from the installed metadata, so it names what is really there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import metadata
from typing import Any

FIELDS = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n"


def python_packages() -> list[dict[str, Any]]:
    found = {}
    for one in metadata.distributions():
        about: Any = one.metadata
        name, version = about["Name"], one.version
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        licence = about.get("License-Expression") or (about.get("License") or "").partition("\n")[0][:80]
        found[purl] = component(purl, name, version, licence)
    return [found[purl] for purl in sorted(found)]


def debian_packages() -> list[dict[str, Any]]:
    query = shutil.which("dpkg-query")
    if query is None:
        return []
    command = [query, "-W", "-f", FIELDS]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    rows = [line.split("\t") for line in listed.splitlines()]
    return [
        component(f"pkg:deb/debian/{name}@{version}?arch={architecture}", name, version)
        for status, name, version, architecture in rows
        if status.startswith("ii")
    ]


def component(purl: str, name: str, version: str, licence: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return made | ({"licenses": [{"license": {"name": licence}}]} if licence else {})


def bill() -> dict[str, Any]:
    ours = metadata.distribution("selvage")
    about = component(f"pkg:pypi/selvage@{ours.version}", "selvage", ours.version, "Apache-2.0")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": about | {"type": "application"}},
        "components": [each for each in python_packages() if each["name"] != "selvage"] + debian_packages(),
    }


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1))
