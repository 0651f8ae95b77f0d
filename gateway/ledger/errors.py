"""Rows of the error table about money."""

from __future__ import annotations

from services.kit.errors import SelvageError


class PricesInvalid(SelvageError):
    """The prices in {file} cannot be used: {problem}. Compare the file with gateway/ledger/prices.yaml."""

    code, http = "FAILED_PRECONDITION", 500


class PricesChanged(SelvageError):
    """Version {version!r} of the prices has been used as it was. Put it back, and add a version with its own
    valid_from."""

    code, http = "FAILED_PRECONDITION", 500
