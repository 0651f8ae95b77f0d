"""The affine colour field: the default solver."""

from services.matting.field.band import Band, survey
from services.matting.field.law import UNTOLD, Law, decided
from services.matting.field.solver import FieldOptions, solve

__all__ = ["UNTOLD", "Band", "FieldOptions", "Law", "decided", "solve", "survey"]
