"""Where pixels live: one port, a folder on one machine, S3 for many."""

from __future__ import annotations

from services.kit.store.open import open_store
from services.kit.store.port import ObjectStore, Presigning, StoredObject
from services.kit.store.settings import StoreSettings

__all__ = ["ObjectStore", "Presigning", "StoreSettings", "StoredObject", "open_store"]
