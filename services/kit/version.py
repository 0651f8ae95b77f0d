"""The version of the installed package."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """ "source" where Selvage runs from a folder that was never installed."""
    try:
        return metadata.version("selvage")
    except metadata.PackageNotFoundError:
        return "source"
