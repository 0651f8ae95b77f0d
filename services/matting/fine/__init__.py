"""Finer alpha at a price: sampled colour pairs and the matting Laplacian on top of the affine field."""

from services.matting.fine.refine import FineOptions, refine

__all__ = ["FineOptions", "refine"]
