"""Selvage: raw product photos in, publish-ready images out. The command line, the Python clients, sample photos."""

from __future__ import annotations

from importlib.metadata import version

from .client import AsyncClient, Client

__version__ = version("selvage")
__all__ = ["AsyncClient", "Client", "__version__"]
