"""All settings of one gateway process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.kit import rpc
from services.kit.settings import Settings, load_all
from services.kit.store import StoreSettings

from .access.settings import AccessSettings
from .cutouts.settings import CutoutSettings
from .fetch import FetchSettings
from .files.settings import FilesSettings
from .ledger.settings import LedgerSettings
from .retention.settings import RetentionSettings
from .settings import GatewaySettings, HomeSettings
from .webhooks.settings import WebhookSettings

_CLASSES: dict[str, type[Settings]] = {
    "gateway": GatewaySettings,
    "home": HomeSettings,
    "store": StoreSettings,
    "access": AccessSettings,
    "tls": rpc.TlsSettings,
    "files": FilesSettings,
    "webhooks": WebhookSettings,
    "fetch": FetchSettings,
    "cutouts": CutoutSettings,
    "ledger": LedgerSettings,
    "retention": RetentionSettings,
}


@dataclass(frozen=True)
class Configuration:
    gateway: GatewaySettings
    home: HomeSettings
    store: StoreSettings
    access: AccessSettings
    tls: rpc.TlsSettings
    files: FilesSettings
    webhooks: WebhookSettings
    fetch: FetchSettings
    cutouts: CutoutSettings
    ledger: LedgerSettings
    retention: RetentionSettings

    @classmethod
    def load(cls, **given: Any) -> Configuration:
        """What is given as it is, the rest from the environment. Raises SettingsInvalid with every problem."""
        missing = [name for name in _CLASSES if given.get(name) is None]
        loaded = load_all(*(_CLASSES[name] for name in missing))
        return cls(**(given | dict(zip(missing, loaded, strict=True))))

    @property
    def serving(self) -> bool:
        return self.gateway.role in ("serve", "both")

    @property
    def working(self) -> bool:
        return self.gateway.role in ("work", "both")
