"""The affine colour field: the default solver."""

from services.matting.field.band import Band, survey
from services.matting.field.law import Law
from services.matting.field.solver import FieldOptions, solve

__all__ = ["Band", "FieldOptions", "Law", "solve", "survey"]
