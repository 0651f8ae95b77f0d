"""`selvage keys` and `selvage quotas`, on the database itself and on a running server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from gateway.access import tokens
from selvage.cli import main
from tests.parts.callers import OPERATOR, Caller, required
from tests.parts.command import folder, run
from tests.parts.house import House


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command arranges the log of its process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def on_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("SELVAGE_GATEWAY_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, words)


async def on_server(house: House, *words: str, key: str = str(OPERATOR)) -> Result:
    where = ("--server", f"http://{house.gateway.rest_address}", "--api-key", key)
    return await asyncio.to_thread(CliRunner().invoke, main, [*words, *where])


def test_the_life_of_a_key_on_the_database(on_database: Callable[..., Result]) -> None:
    made = on_database("keys", "create", "--shop", "atelier", "--role", "submit", "--role", "review", "--days", "3")
    assert made.exit_code == 0, made.output
    token = tokens.parse(made.stdout.strip())
    assert token is not None, "standard output is the key and nothing else"
    assert "submit, review for atelier" in made.stderr
    assert on_database("keys", "create", "--shop", "other").exit_code == 0

    listed = json.loads(on_database("keys", "list", "--shop", "atelier", "--json").stdout)["keys"]
    assert [key["key_id"] for key in listed] == [token.key_id]
    assert listed[0]["roles"] == ["ROLE_SUBMIT", "ROLE_REVIEW"]
    assert "expire_time" in listed[0]
    table = on_database("keys", "list").stdout
    assert token.key_id in table
    assert token.secret not in table

    rotated = on_database("keys", "rotate", token.key_id, "--overlap", "60")
    fresh = tokens.parse(rotated.stdout.strip())
    assert fresh is not None
    assert (fresh.key_id, fresh.secret != token.secret) == (token.key_id, True)
    assert on_database("keys", "revoke", token.key_id).stdout == f"{token.key_id} is revoked\n"
    [state] = [key for key in json.loads(on_database("keys", "list", "--json").stdout)["keys"]
               if key["key_id"] == token.key_id]  # fmt: skip
    assert "revoke_time" in state
    again = on_database("keys", "rotate", token.key_id)
    assert (again.exit_code, "Create a new one" in again.stderr) == (2, True)


def test_a_first_key_on_a_machine_nobody_has_used() -> None:
    with folder() as home:
        made = run(home, "keys", "create", "--role", "admin")
    assert made.returncode == 0, made.stderr
    assert tokens.parse(made.stdout.strip()) is not None


def test_quotas_on_the_database(on_database: Callable[..., Result]) -> None:
    assert on_database("quotas", "set", "atelier", "--open-images", "5", "--stored-bytes", "-1").exit_code == 0
    assert on_database("quotas", "set", "atelier", "--images-per-month", "7").exit_code == 0
    quota = json.loads(on_database("quotas", "show", "atelier", "--json").stdout)["quota"]
    assert quota == {"shop": "atelier", "open_images": "5", "stored_bytes": "-1", "images_per_month": "7"}
    shown = on_database("quotas", "show", "atelier").stdout
    assert [line.split() for line in shown.splitlines()[1:]] == [
        ["requests_per_minute", "default"],
        ["images_per_month", "7", "0"],
        ["open_images", "5", "0"],
        ["stored_bytes", "none", "0"],
    ]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("keys", "create", "--role", "king"), 2, "king"),
        (("keys", "create", "--shop", "No Shop"), 2, "shop: use 1-63"),
        (("keys", "revoke", "nothing"), 2, "There is no API key nothing"),
        (("quotas", "set", "atelier"), 2, "name at least one limit"),
        (("quotas", "set", "atelier", "--open-images", "-2"), 2, "-2"),
        (("keys", "list", "--server", "http://127.0.0.1:9"), 2, "does not answer"),
    ],
)
def test_mistakes_are_told(on_database: Callable[..., Result], words: tuple[str, ...], code: int, told: str) -> None:
    result = on_database(*words)
    assert result.exit_code == code
    assert told in result.stderr
    assert result.stdout == ""


async def test_the_same_on_a_server(make_house: Callable[..., Any]) -> None:
    house: House = await make_house(required(), role="serve")
    made = await on_server(house, "keys", "create", "--shop", "atelier", "--label", "storefront")
    assert made.exit_code == 0, made.output
    caller = Caller(house, made.stdout.strip())
    assert (await caller.rest("GET", "/v1/jobs")).status_code == 200
    listed = json.loads((await on_server(house, "keys", "list", "--json")).stdout)["keys"]
    assert [key["label"] for key in listed] == ["storefront"]
    rotated = await on_server(house, "keys", "rotate", caller.key_id, "--overlap", "0")
    fresh = Caller(house, rotated.stdout.strip())
    assert [(await each.rest("GET", "/v1/jobs")).status_code for each in (caller, fresh)] == [401, 200]
    assert (await on_server(house, "keys", "revoke", caller.key_id)).exit_code == 0
    assert (await fresh.rest("GET", "/v1/jobs")).status_code == 401
    assert (await on_server(house, "quotas", "set", "atelier", "--open-images", "9")).stdout == "open_images 9\n"
    quota = json.loads((await on_server(house, "quotas", "show", "atelier", "--json")).stdout)["quota"]
    assert quota["open_images"] == "9"
    refused = await on_server(house, "keys", "list", key=fresh.key)
    assert (refused.exit_code, "was revoked" in refused.stderr) == (2, True)
    path = await on_server(house, "keys", "revoke", "../quotas")
    assert (path.exit_code, path.stdout) == (2, "")
