"""The one estimate of a studio background that segment, matting and compose all receive by reference."""

from services.kit.paper.empty import estimate_empty
from services.kit.paper.errors import PlateInvalid, ShootMixed, ShootTooSmall
from services.kit.paper.exposure import at_exposure
from services.kit.paper.photo import estimate
from services.kit.paper.plate import Plate, load, save
from services.kit.paper.shoot import estimate_shoot

__all__ = [
    "Plate",
    "PlateInvalid",
    "ShootMixed",
    "ShootTooSmall",
    "at_exposure",
    "estimate",
    "estimate_empty",
    "estimate_shoot",
    "load",
    "save",
]
