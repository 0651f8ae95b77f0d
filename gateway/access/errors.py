"""Access's rows of the error table. Roles and shops are in gateway/errors.py."""

from __future__ import annotations

from services.kit.errors import SelvageError


class NotAuthenticated(SelvageError):
    """The request could not be tied to an API key. Send one as `Authorization: Bearer selvage_...` or `X-Api-Key`."""

    code, http = "UNAUTHENTICATED", 401


class KeyMissing(NotAuthenticated):
    """This needs an API key. Send it as `Authorization: Bearer selvage_...` or `X-Api-Key`."""


class KeyRefused(NotAuthenticated):
    """The API key is not valid. Check that it was copied whole, or ask an administrator for another."""


class KeyExpired(NotAuthenticated):
    """The API key {key_id} has expired. Ask an administrator for another."""


class KeyRevoked(NotAuthenticated):
    """The API key {key_id} was revoked. Ask an administrator for another."""


class EveryShopNeeded(SelvageError):
    """This needs an API key that is for every shop. Ask the operator of the server."""

    code, http = "PERMISSION_DENIED", 403


class KeyNotFound(SelvageError):
    """There is no API key {key_id}. List the keys to see which there are; the one of SELVAGE_ACCESS_ADMIN_KEY is not
    among them."""

    code, http = "NOT_FOUND", 404


class KeyEnded(SelvageError):
    """The API key {key_id} was revoked or has expired. Create a new one."""

    code, http = "FAILED_PRECONDITION", 409


class QuotaExceeded(SelvageError):
    """The shop {shop} has used up its quota: {policy}, limit {limit}. Wait {seconds} s, or ask an administrator to
    raise it."""

    code, http = "RESOURCE_EXHAUSTED", 429


class RequestsExceeded(QuotaExceeded):
    """The shop {shop} has sent more than {limit} requests in a minute. Send the next one in {seconds} s."""

    retryable = True


class OpenToTheNetwork(SelvageError):
    """{address} can be reached from other machines, and no API keys are required. Set SELVAGE_ACCESS_KEYS=required
    (docs/access.md), or SELVAGE_ACCESS_KEYS=off when something in front of it checks who calls."""

    code, http = "FAILED_PRECONDITION", 500
