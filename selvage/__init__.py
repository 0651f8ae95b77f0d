"""Selvage: raw product photos in, publish-ready images out. The command line, the Python client, sample photos."""

from __future__ import annotations

from importlib.metadata import version

from .client import Client

__version__ = version("selvage")
__all__ = ["Client", "__version__"]
