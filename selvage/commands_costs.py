"""`selvage costs`: what approved images cost, and budgets; on the database of this machine, or on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from google.protobuf import json_format
from rich.console import Console
from rich.table import Column, Table

from selvage.commands_keys import with_office
from selvage_api.reports.v1 import reports_service_pb2 as pb

if TYPE_CHECKING:
    from selvage.administer import Office

GROUPS = ("shop", "month", "category", "template", "model_version")
_MONTH = "A month (UTC) such as 2026-11."
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_PERIOD = (
    click.option("--shop", default="", help="One shop. Default: every shop."),
    click.option("--month", "first", default="", help="The first month, such as 2026-11 (UTC). Default: this month."),
    click.option("--to", "last", default="", help="The last month. Default: the same."),
)


@click.group(invoke_without_command=True)
@click.pass_context
def costs(context: click.Context) -> None:
    """Show what approved images cost, and set budgets. Without a command: `report`.

    Without --server the database itself is asked: that of SELVAGE_GATEWAY_DATABASE_URL, else the one of this machine.
    """
    if context.invoked_subcommand is None:
        context.invoke(report)


@costs.command()
@_PERIOD[0]
@_PERIOD[1]
@_PERIOD[2]
@click.option(
    "--by", "group_by", type=click.Choice(GROUPS), multiple=True, default=("category",), show_default=True,
    help="What to group by; may be repeated.",
)  # fmt: skip
@_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one line a group.")
@with_office
def report(
    office: Office, shop: str, first: str, last: str, group_by: tuple[str, ...], as_json: bool, as_csv: bool
) -> None:
    """Cost of each approved image, by what the images have in common.

    \b
    Examples:
      selvage costs report
      selvage costs report --month 2026-10 --by shop --by template
      selvage costs report --by month --month 2026-01 --to 2026-11 --csv > costs.csv
    """
    found = _asked(office, shop, first, last, group_by)
    if as_json:
        _echo(found)
    elif as_csv:
        from gateway.ledger.table import to_csv  # noqa: PLC0415

        click.echo(to_csv(found, list(dict.fromkeys(group_by))), nl=False)
    else:
        _print(found, group_by)


@costs.command()
@_PERIOD[0]
@_PERIOD[1]
@_PERIOD[2]
@_JSON
@with_office
def pilot(office: Office, shop: str, first: str, last: str, as_json: bool) -> None:
    """How a pilot went: throughput, rework, cost and minutes by category, against what it cost before.

    \b
    Example:
      selvage costs pilot --shop atelier --month 2026-11
    """
    found = _asked(office, shop, first, last, ("category",))
    if as_json:
        _echo(found)
        return
    table = Table(
        "category", *(Column(name, justify="right") for name in (
            "approved", "an hour", "untouched", "rework", "cost each", "minutes each")), box=None,
    )  # fmt: skip
    for row, name in [*((row, row.category or "none") for row in found.rows), (found.total, "all")]:
        table.add_row(
            name, str(row.approved), f"{row.approved_per_hour:.1f}", _share(row.untouched, row.approved),
            f"{row.rework_rate:.1%}", _each(row, "full_per_approved"), f"{row.human_minutes_per_approved:.2f}",
        )  # fmt: skip
    Console().print(table)
    _compare(found)


@costs.group()
def budget() -> None:
    """Show and set what a shop may cost in a month."""


@budget.command()
@click.argument("shop")
@click.option("--month", default="", help=f"{_MONTH} Default: this month.")
@_JSON
@with_office
def show(office: Office, shop: str, month: str, as_json: bool) -> None:
    """Show the budget of SHOP, what is spent, and where that leads by the end of the month.

    \b
    Example:
      selvage costs budget show atelier
    """
    found = office.get_budget(shop, month)
    if as_json:
        _echo(found)
        return
    state = pb.BudgetState.Name(found.state).removeprefix("BUDGET_STATE_").lower().replace("_", " ")
    budgeted = "none" if found.state == pb.BUDGET_STATE_NONE else f"{found.budget.amount:.2f} {found.currency}"
    spent = f"spent {found.spent:.2f}, forecast {found.forecast:.2f}"
    click.echo(f"{found.budget.month}: budget {budgeted}, {spent}: {state}")


@budget.command("set")
@click.argument("shop")
@click.argument("amount", type=click.FloatRange(0, 1e9))
@click.option("--month", default="", help=f"{_MONTH} It holds from this month on. Default: this month.")
@with_office
def put(office: Office, shop: str, amount: float, month: str) -> None:
    """Set what SHOP may cost in a month: AMOUNT in the currency of the prices.

    \b
    Example:
      selvage costs budget set atelier 120
    """
    done = office.set_budget(pb.Budget(shop=shop, month=month, amount=amount)).budget
    click.echo(f"{done.shop}: {done.amount:.2f} a month from {done.month} on")


def _asked(office: Office, shop: str, first: str, last: str, group_by: tuple[str, ...]) -> pb.GetCostsResponse:
    request = pb.GetCostsRequest(shop=shop, from_month=first, to_month=last, group_by=dict.fromkeys(group_by))
    return office.get_costs(request)


def _print(found: pb.GetCostsResponse, group_by: tuple[str, ...]) -> None:
    figures = ("images", "approved", "machines", "storage", "egress", "people", "shared", "marginal each", "full each")
    names = tuple(dict.fromkeys(group_by))
    table = Table(*names, *(Column(name, justify="right") for name in figures), box=None)
    for row in [*found.rows, found.total]:
        last = row is found.total
        group = ["all", *[""] * (len(names) - 1)] if last else [getattr(row, name) or "none" for name in names]
        money = row.costs
        parts = (money.cpu + money.gpu, money.storage, money.egress, money.human, money.overhead + money.idle)
        table.add_row(
            *group, str(row.images), str(row.approved), *(f"{part:.4f}" for part in parts),
            _each(row, "marginal_per_approved"), _each(row, "full_per_approved"),
        )  # fmt: skip
    Console().print(table)
    _compare(found)


def _compare(found: pb.GetCostsResponse) -> None:
    before = found.baseline
    line = f"{found.currency}, {found.from_month} to {found.to_month}. Before: {before.cost:.2f} an image"
    line += f" at {before.rework_rate:.0%} rework"
    if before.HasField("saved_per_approved"):
        line += f"; saved on each approved image: {before.saved_per_approved:.2f}"
    click.echo(f"{line}.")


def _each(row: pb.CostRow, name: str) -> str:
    return f"{getattr(row, name):.4f}" if row.HasField(name) else "-"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _echo(message: pb.GetCostsResponse | pb.GetBudgetResponse) -> None:
    click.echo(json_format.MessageToJson(message, preserving_proto_field_name=True))
