"""The caller of the request being served, and what handlers ask of it.

REST middleware and the gRPC interceptor set it; handlers only ask. A key of one shop is told that things of other
shops do not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import RoleMissing, ShopForbidden

from .errors import KeyMissing


class Role(StrEnum):
    """Values as stored; SUBMIT and REVIEW may both read."""

    SUBMIT = "submit"
    REVIEW = "review"
    ADMIN = "admin"


READ = frozenset({Role.SUBMIT, Role.REVIEW})


@dataclass(frozen=True)
class Principal:
    """`shop` is '' for a caller of every shop; `key_id` is '' when no key was required."""

    shop: str = ""
    roles: frozenset[Role] = frozenset(Role)
    key_id: str = ""

    def may(self, *roles: Role) -> bool:
        return Role.ADMIN in self.roles or any(role in self.roles for role in roles)

    def sees(self, shop: str) -> bool:
        return self.shop in ("", shop)


# While no keys are required.
ANYBODY = Principal()
# Where keys are required, whoever has none and asks for what is open to everybody.
NOBODY = Principal(roles=frozenset())
_current: ContextVar[Principal] = ContextVar("principal", default=ANYBODY)
_renewal: ContextVar[Callable[[], Awaitable[object]] | None] = ContextVar("renewal", default=None)


def current() -> Principal:
    return _current.get()


def set_current(principal: Principal, renewal: Callable[[], Awaitable[object]] | None = None) -> None:
    """Each request is served in a context of its own, so it is never reset. `renewal` raises when the caller's key is
    good no longer."""
    _current.set(principal)
    _renewal.set(renewal)


async def renew() -> None:
    """For answers that go on for long, before each part of them. Raises what refuses the caller's key by now."""
    renewal = _renewal.get()
    if renewal is not None:
        await renewal()


def require(*roles: Role, shop: str | None = None) -> Principal:
    """The caller, who must have one of `roles` (admins have all) and, when a shop is named, be of that shop.

    Raises KeyMissing, RoleMissing, ShopForbidden.
    """
    caller = current()
    if caller == NOBODY:
        raise KeyMissing
    if not caller.may(*roles):
        raise RoleMissing(roles=" or ".join(sorted(roles)))
    if shop is not None and not caller.sees(shop):
        raise ShopForbidden(shop=shop)
    return caller
