"""Settings of retention, from `SELVAGE_RETENTION_*`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from services.kit.settings import Settings, prefix

from .kinds import INTERMEDIATES, ORIGINALS, RESULTS

DAY = 86_400.0


class ShopRetention(BaseModel):
    """What is different for one shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    originals_days: float | None = Field(default=None, ge=0)
    intermediates_days: float | None = Field(default=None, ge=0)
    results_days: float | None = Field(default=None, ge=0)


class RetentionSettings(Settings):
    """How long files are kept. Nothing is deleted unless somebody has asked for it."""

    model_config = prefix("SELVAGE_RETENTION_")

    originals_days: float = Field(0.0, ge=0)
    """Days uploaded photos are kept after their last use; 0 keeps them for ever."""

    intermediates_days: float = Field(0.0, ge=0)
    """Days alpha, confidence, trimap, plate and segmentation of an ended image are kept; 0 for ever."""

    results_days: float = Field(0.0, ge=0)
    """Days exports, PSD, cut-out and shadow of an ended image are kept; 0 for ever."""

    shops: dict[str, ShopRetention] = Field(default_factory=dict)
    """Other days for some shops, as JSON, e.g. {"atelier": {"results_days": 30}}."""

    orphans_days: float = Field(0.0, ge=0)
    """Days after which objects that no row refers to are deleted; 0 never. Only for a store that no other database
    uses."""

    sweep_seconds: float = Field(600.0, gt=0)
    """Pause between two searches for what has expired."""

    look_again_seconds: float = Field(DAY / 4, ge=0)
    """How long a photo of which nothing had expired is left alone."""

    def seconds(self, shop: str, kind: str) -> float:
        """How long this kind is kept; 0 for ever."""
        name = {ORIGINALS: "originals_days", INTERMEDIATES: "intermediates_days", RESULTS: "results_days"}[kind]
        own = getattr(self.shops[shop], name) if shop in self.shops else None
        days: float = getattr(self, name) if own is None else own
        return days * DAY

    def shortest(self) -> float | None:
        """Seconds within which nothing expires in any shop; None when nothing ever does."""
        shops = self.shops.values()
        own = [each for shop in shops for each in (shop.originals_days, shop.intermediates_days, shop.results_days)]
        days = [each for each in (self.originals_days, self.intermediates_days, self.results_days, *own) if each]
        return min(days) * DAY if days else None
