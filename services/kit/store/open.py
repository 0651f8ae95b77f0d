"""Settings to store."""

from __future__ import annotations

from services.kit.store.folder import FolderStore
from services.kit.store.port import ObjectStore
from services.kit.store.s3 import S3Store
from services.kit.store.settings import StoreSettings


def open_store(settings: StoreSettings) -> ObjectStore:
    """The store these settings name; nothing is called yet, a wrong S3 key shows at the first use."""
    return S3Store(settings) if settings.bucket else FolderStore(settings.folder)
