"""Selvage: raw product photos in, publish-ready images out. The command line, the Python client, sample photos."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("selvage")
