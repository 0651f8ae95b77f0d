"""Photos from addresses that strangers name: fetched without reaching what is not public."""

from __future__ import annotations

from .fetcher import Fetched, Fetcher
from .settings import FetchSettings

__all__ = ["FetchSettings", "Fetched", "Fetcher"]
