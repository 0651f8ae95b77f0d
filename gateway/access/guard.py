"""Decides about each request: who calls, and whether it is one too many. Used by REST and gRPC alike."""

from __future__ import annotations

import functools

from .keyring import Keyring
from .principal import ANYBODY, NOBODY, set_current
from .quotas import Allowance, Quotas

BEARER = "bearer "


class Guard:
    """`keyring` is None while no keys are required: then everybody may do everything, whatever key they send."""

    def __init__(self, keyring: Keyring | None, quotas: Quotas) -> None:
        self._keyring = keyring
        self._quotas = quotas

    async def admit(self, authorization: str, api_key: str) -> Allowance | None:
        """Sets the caller; what is left of its requests, None without a limit.

        Limits are those of the key's shop; keys for every shop have none. Raises what Keyring.admit and
        Quotas.take_request raise.
        """
        if self._keyring is None:
            set_current(ANYBODY)
            return None
        set_current(NOBODY)
        given = credential(authorization, api_key)
        caller = await self._keyring.admit(given)
        set_current(caller, functools.partial(self._keyring.admit, given))
        return await self._quotas.take_request(caller.shop) if caller.shop else None

    def pass_by(self) -> None:
        """For what is open to everybody: served without a key, and without the rights of one."""
        set_current(ANYBODY if self._keyring is None else NOBODY)


def credential(authorization: str, api_key: str) -> str:
    """The key out of the two headers; a bearer token goes before X-Api-Key."""
    if authorization[: len(BEARER)].lower() == BEARER:
        return authorization[len(BEARER) :].strip()
    return api_key.strip()
