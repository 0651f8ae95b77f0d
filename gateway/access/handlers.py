"""Keys and quotas as administrators manage them: protos in, protos out. Used by gRPC, REST and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import paging
from gateway.db import Connection, Database
from gateway.errors import FieldsInvalid
from gateway.keys import valid_shop
from gateway.records import api_keys, quotas, retention
from gateway.records.convert import timestamp
from selvage_api.access.v1 import access_service_pb2 as pb
from services.kit import logs
from services.kit.errors import InvalidArgument

from . import tokens
from .errors import EveryShopNeeded, KeyEnded, KeyNotFound
from .keyring import Keyring
from .principal import Role, current, require
from .quotas import UNLIMITED, Limits, Quotas

log = logs.get(__name__)

LABEL_LENGTH = 200
LONGEST_OVERLAP = timedelta(days=30)
ROLE_PREFIX = "ROLE_"


class Access:
    """An administrator of one shop manages the keys of that shop; quotas are set by one of every shop."""

    def __init__(self, database: Database, keyring: Keyring, limits: Quotas) -> None:
        self._database = database
        self._keyring = keyring
        self._quotas = limits

    async def create_key(self, request: pb.CreateKeyRequest) -> pb.CreateKeyResponse:
        """The only answer with the secret. Raises FieldsInvalid, EveryShopNeeded, ShopForbidden."""
        _require_admin(request.shop)
        expires_at = _checked(request)
        roles = [_role(role).value for role in dict.fromkeys(request.roles)]
        token = tokens.new()
        async with self._database.transaction() as connection:
            row = await api_keys.insert(
                connection, token.key_id, request.shop, roles, request.label, token.digest, expires_at
            )
        self._keyring.forget(token.key_id)
        log.info("key_created", key=token.key_id, shop=request.shop, roles=roles, by=current().key_id)
        return pb.CreateKeyResponse(key=_message(row), secret=str(token))

    async def list_keys(self, request: pb.ListKeysRequest) -> pb.ListKeysResponse:
        """Newest first. Without a shop: those the caller may manage."""
        shop = request.shop or current().shop
        require(Role.ADMIN, shop=shop)
        if shop:
            valid_shop(shop)
        size = paging.page_size(request.page_size)
        before = paging.number(request.page_token, "keys", shop)
        async with self._database.transaction() as connection:
            found = await api_keys.page(connection, shop, before, size + 1)
        more = paging.token(found[size - 1]["number"], "keys", shop) if len(found) > size else ""
        return pb.ListKeysResponse(keys=[_message(row) for row in found[:size]], next_page_token=more)

    async def revoke_key(self, request: pb.RevokeKeyRequest) -> pb.RevokeKeyResponse:
        """Revoking twice changes nothing. Raises KeyNotFound."""
        require(Role.ADMIN)
        async with self._database.transaction() as connection:
            await _key(connection, request.key_id)
            row = await api_keys.revoke(connection, request.key_id)
            assert row is not None
        self._keyring.forget(request.key_id)
        log.info("key_revoked", key=request.key_id, by=current().key_id)
        return pb.RevokeKeyResponse(key=_message(row))

    async def rotate_key(self, request: pb.RotateKeyRequest) -> pb.RotateKeyResponse:
        """Raises KeyNotFound, KeyEnded, InvalidArgument for the overlap."""
        require(Role.ADMIN)
        overlap = timedelta(seconds=request.overlap_seconds)
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            most = int(LONGEST_OVERLAP.total_seconds())
            raise InvalidArgument(field="overlap_seconds", problem=f"must be between 0 and {most}")
        token = tokens.new(request.key_id)
        async with self._database.transaction() as connection:
            row = await _key(connection, request.key_id)
            if row["revoked_at"] or (row["expires_at"] and row["expires_at"] <= datetime.now(UTC)):
                raise KeyEnded(key_id=request.key_id)
            row = await api_keys.rotate(connection, request.key_id, token.digest, overlap)
        self._keyring.forget(request.key_id)
        log.info("key_rotated", key=request.key_id, overlap=request.overlap_seconds, by=current().key_id)
        return pb.RotateKeyResponse(key=_message(row), secret=str(token))

    async def get_quota(self, request: pb.GetQuotaRequest) -> pb.GetQuotaResponse:
        """The limits as they were set (0: the default of the server) and what the shop has used."""
        require(Role.ADMIN, shop=request.shop)
        valid_shop(request.shop)
        async with self._database.transaction() as connection:
            row = await quotas.get(connection, request.shop)
            use = pb.QuotaUse(
                images_this_month=await quotas.images_this_month(connection, request.shop),
                open_images=await quotas.open_images(connection, request.shop),
                stored_bytes=await retention.stored_bytes(connection, request.shop),
            )
        limits = {name: row[name] for name in asdict(Limits())} if row else {}
        return pb.GetQuotaResponse(quota=pb.Quota(shop=request.shop, **limits), use=use)

    async def set_quota(self, request: pb.SetQuotaRequest) -> pb.SetQuotaResponse:
        """Raises EveryShopNeeded: no shop sets its own limits."""
        require(Role.ADMIN)
        if current().shop:
            raise EveryShopNeeded
        quota = request.quota
        valid_shop(quota.shop)
        limits = {name: getattr(quota, name) for name in asdict(Limits())}
        wrong = [(f"quota.{name}", "must be -1 (no limit), 0 (the default) or more")
                 for name, value in limits.items() if value < UNLIMITED]  # fmt: skip
        if wrong:
            raise FieldsInvalid.of(wrong)
        async with self._database.transaction() as connection:
            await quotas.put(connection, quota.shop, limits)
        self._quotas.forget(quota.shop)
        log.info("quota_set", shop=quota.shop, by=current().key_id, **limits)
        return pb.SetQuotaResponse(quota=quota)


def _require_admin(shop: str) -> None:
    require(Role.ADMIN)
    if not shop and current().shop:
        raise EveryShopNeeded
    require(Role.ADMIN, shop=shop)


def _checked(request: pb.CreateKeyRequest) -> datetime | None:
    """When the key expires. Raises FieldsInvalid."""
    problems: list[tuple[str, str]] = []
    if request.shop:
        try:
            valid_shop(request.shop)
        except InvalidArgument as error:
            problems.append(("shop", error.details["problem"]))
    if not request.roles or not all(_known(role) for role in request.roles):
        problems.append(("roles", "must be one or more of ROLE_SUBMIT, ROLE_REVIEW, ROLE_ADMIN"))
    if len(request.label) > LABEL_LENGTH or "\0" in request.label:
        problems.append(("label", f"has more than {LABEL_LENGTH} characters, or a NUL"))
    expires_at = None
    if request.HasField("expire_time"):
        try:
            expires_at = request.expire_time.ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError):
            problems.append(("expire_time", "is no point in time"))
        else:
            if expires_at <= datetime.now(UTC):
                problems.append(("expire_time", "must lie in the future"))
    if problems:
        raise FieldsInvalid.of(problems)
    return expires_at


def _known(role: pb.Role) -> bool:
    return role in pb.Role.values() and role != pb.ROLE_UNSPECIFIED


def _role(role: pb.Role) -> Role:
    return Role(pb.Role.Name(role).removeprefix(ROLE_PREFIX).lower())


def _roles(words: Sequence[str]) -> list[pb.Role]:
    return [pb.Role.Value(ROLE_PREFIX + word.upper()) for word in words]  # type: ignore[misc]


async def _key(connection: Connection, key_id: str) -> dict[str, Any]:
    """Raises KeyNotFound, also for a key of a shop the caller is not for."""
    row = await api_keys.get(connection, key_id, lock=True) if tokens.KEY_ID.fullmatch(key_id) else None
    if row is None or not current().sees(row["shop"]):
        raise KeyNotFound(key_id=key_id)
    return row


def _message(row: dict[str, Any]) -> pb.Key:
    return pb.Key(
        key_id=row["key_id"],
        shop=row["shop"],
        roles=_roles(row["roles"]),
        label=row["label"],
        create_time=timestamp(row["created_at"]),
        expire_time=timestamp(row["expires_at"]),
        revoke_time=timestamp(row["revoked_at"]),
        last_use_time=timestamp(row["last_used_at"]),
    )
