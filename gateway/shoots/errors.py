"""Rows of the error table that only shoots raise."""

from __future__ import annotations

from services.kit.errors import SelvageError


class ShootNotFound(SelvageError):
    """The shop {shop} has no shoot {name!r}. List the shoots to see which there are."""

    code, http = "NOT_FOUND", 404


class ShootFrozen(SelvageError):
    """The plate of the shoot {name!r} is frozen: images use it. Submit further photos under the name of a new shoot."""

    code, http = "FAILED_PRECONDITION", 409
