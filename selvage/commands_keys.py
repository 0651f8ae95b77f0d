"""`selvage keys` and `selvage quotas`: on the database of this machine, or on a server with --server."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Column, Table

from selvage_api.access.v1 import access_service_pb2 as pb
from services.kit import logs

if TYPE_CHECKING:
    from selvage.administer import Office

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_WHERE = (
    click.option("--server", envvar="SELVAGE_SERVER", default="", help="A running server. Default: the database."),
    click.option("--api-key", envvar="SELVAGE_API_KEY", default="", help="An admin key; better in SELVAGE_API_KEY."),
    click.option("--ca", envvar="SELVAGE_CA", type=_FILE, help="CA certificates of the server, PEM."),
    click.option("--cert", envvar="SELVAGE_CERT", type=_FILE, help="Client certificate and key, PEM."),
    click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="SELVAGE_HOME",
        help="Folder of the database, without SELVAGE_GATEWAY_DATABASE_URL. Default: the user's data folder.",
    ),
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_LIMITS = {
    "requests_per_minute": "Requests in a minute.",
    "images_per_month": "Images taken in in a calendar month (UTC).",
    "open_images": "Images received or processing at once.",
    "stored_bytes": "Bytes of originals and results.",
}


def with_office(function: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that say where, and an Office as its first argument."""

    @functools.wraps(function)
    def command(server: str, api_key: str, ca: Path | None, cert: Path | None, home: Path | None, **more: Any) -> None:
        from selvage.administer import Office  # noqa: PLC0415
        from selvage.client.session import session  # noqa: PLC0415

        logs.configure("WARNING")  # standard output is for the key alone
        where = None
        if server:
            where = session(server, api_key, timeout=30.0, retries=0, verify=ca or True, cert=cert, direct=False)
        function(Office(where, home), **more)

    for option in reversed(_WHERE):
        command = option(command)
    return command


@click.group()
def keys() -> None:
    """Make, list, revoke and rotate API keys.

    Without --server the database itself is changed: that of SELVAGE_GATEWAY_DATABASE_URL, else the one of this machine.
    """


@keys.command()
@click.option("--shop", default="", help="The shop the key is for. Default: every shop.")
@click.option(
    "--role", "roles", type=click.Choice(["submit", "review", "admin"]), multiple=True, default=("submit",),
    show_default=True, help="What the key may do; may be repeated.",
)  # fmt: skip
@click.option("--label", default="", help="What the key is for, in your words.")
@click.option("--days", type=click.IntRange(1, 36_500), help="Days until it expires. Default: never.")
@_JSON
@with_office
def create(office: Office, shop: str, roles: tuple[str, ...], label: str, days: int | None, as_json: bool) -> None:
    """Make a key. It is printed to standard output, once; it cannot be read again.

    \b
    Examples:
      selvage keys create --role admin --label operator
      selvage keys create --shop atelier --role submit --label storefront --days 365
      export SELVAGE_API_KEY=$(selvage keys create --shop atelier --role submit --role review)
    """
    expires = Timestamp()
    if days:
        expires.FromDatetime(datetime.now(UTC) + timedelta(days=days))
    made = office.create_key(
        pb.CreateKeyRequest(
            shop=shop,
            roles=[pb.Role.Value(f"ROLE_{role.upper()}") for role in roles],  # type: ignore[misc]
            label=label,
            expire_time=expires if days else None,
        )
    )
    if as_json:
        _echo(made)
        return
    click.echo(f"{made.key.key_id}: {_roles(made.key)} for {made.key.shop or 'every shop'}", err=True)
    click.echo(made.secret)


@keys.command("list")
@click.option("--shop", default="", help="Only keys of this shop.")
@_JSON
@with_office
def listed(office: Office, shop: str, as_json: bool) -> None:
    """List keys, newest first; their secrets are known to nobody.

    \b
    Examples:
      selvage keys list
      selvage keys list --shop atelier --json
    """
    found = office.list_keys(shop)
    if as_json:
        _echo(pb.ListKeysResponse(keys=found))
        return
    table = Table(Column("key", no_wrap=True), "shop", "roles", "label", "made", "last used", "state", box=None)
    for key in found:
        used = _day(key.last_use_time) if key.HasField("last_use_time") else "never"
        row = (key.key_id, key.shop or "every", _roles(key), key.label, _day(key.create_time), used, _state(key))
        table.add_row(*row)
    Console().print(table)


@keys.command()
@click.argument("key_id")
@with_office
def revoke(office: Office, key_id: str) -> None:
    """Refuse the key KEY_ID from now on (running servers within two seconds).

    \b
    Example:
      selvage keys revoke 3f9a1c20b7d45e68
    """
    click.echo(f"{office.revoke_key(key_id).key.key_id} is revoked")


@keys.command()
@click.argument("key_id")
@click.option(
    "--overlap", type=click.IntRange(0, 30 * 86_400), default=86_400, show_default=True,
    help="Seconds for which the old secret is still good.",
)  # fmt: skip
@_JSON
@with_office
def rotate(office: Office, key_id: str, overlap: int, as_json: bool) -> None:
    """Give the key KEY_ID a new secret, printed to standard output, once.

    \b
    Examples:
      selvage keys rotate 3f9a1c20b7d45e68
      selvage keys rotate 3f9a1c20b7d45e68 --overlap 0
    """
    made = office.rotate_key(key_id, overlap)
    if as_json:
        _echo(made)
        return
    click.echo(f"The old secret is good for {overlap} s more.", err=True)
    click.echo(made.secret)


@click.group()
def quotas() -> None:
    """Show and set the limits of shops."""


@quotas.command()
@click.argument("shop")
@_JSON
@with_office
def show(office: Office, shop: str, as_json: bool) -> None:
    """Show the limits of SHOP and what it has used.

    \b
    Example:
      selvage quotas show atelier
    """
    found = office.get_quota(shop)
    if as_json:
        _echo(found)
        return
    used = {
        "images_per_month": found.use.images_this_month,
        "open_images": found.use.open_images,
        "stored_bytes": found.use.stored_bytes,
    }
    table = Table("limit of", "is", "used", box=None)
    for name in _LIMITS:
        table.add_row(name, _limit(getattr(found.quota, name)), str(used[name]) if name in used else "")
    Console().print(table)


def _limit_options(function: Callable[..., None]) -> Callable[..., None]:
    for name, meaning in reversed(_LIMITS.items()):
        function = click.option(f"--{name.replace('_', '-')}", name, type=click.IntRange(-1), help=meaning)(function)
    return function


@quotas.command("set")
@click.argument("shop")
@_limit_options
@with_office
def put(office: Office, shop: str, **limits: int | None) -> None:
    """Set limits of SHOP: -1 is none, 0 the default of the server. What is not named stays as it is.

    \b
    Examples:
      selvage quotas set atelier --images-per-month 5000 --requests-per-minute 300
      selvage quotas set atelier --stored-bytes -1
    """
    named = {name: value for name, value in limits.items() if value is not None}
    if not named:
        raise click.UsageError("name at least one limit, such as --open-images 500")
    quota = office.get_quota(shop).quota
    for name, value in named.items():
        setattr(quota, name, value)
    quota.shop = shop
    done = office.set_quota(quota).quota
    click.echo(", ".join(f"{name} {_limit(getattr(done, name))}" for name in named))


def _echo(message: Any) -> None:
    click.echo(json_format.MessageToJson(message, preserving_proto_field_name=True))


def _roles(key: pb.Key) -> str:
    return ", ".join(_words(key.roles))


def _words(roles: Iterable[pb.Role]) -> list[str]:
    return [pb.Role.Name(role).removeprefix("ROLE_").lower() for role in roles]


def _day(moment: Timestamp) -> str:
    return moment.ToDatetime().strftime("%Y-%m-%d")


def _state(key: pb.Key) -> str:
    if key.HasField("revoke_time"):
        return f"revoked {_day(key.revoke_time)}"
    if not key.HasField("expire_time"):
        return "good"
    past = key.expire_time.ToDatetime(tzinfo=UTC) <= datetime.now(UTC)
    return f"{'expired' if past else 'good until'} {_day(key.expire_time)}"


def _limit(value: int) -> str:
    return {-1: "none", 0: "default"}.get(value, str(value))
