"""The gateway's rows, as they reach clients of gRPC and REST."""

from __future__ import annotations

import json
from string import Formatter

import grpc
import pytest

import gateway.errors
from gateway.errors import FieldsInvalid
from gateway.rest.problems import problem
from services.kit.errors import SelvageError, table

ROWS = sorted(
    {row for row in table() if row.__module__ in (gateway.errors.__name__, SelvageError.__module__)},
    key=lambda row: row.__name__,
)


def example(row: type[SelvageError]) -> SelvageError:
    """The row with 7 for everything its message names."""
    names = [name for _, name, _, _ in Formatter().parse(row.__doc__ or "") if name]
    return row(**dict.fromkeys([*names, "allowed", "size"], "7"))


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_a_problem_and_a_status(row: type[SelvageError]) -> None:
    error = example(row)
    body = json.loads(bytes(problem(error, "/v1/jobs").body))
    assert body["status"] == row.http
    assert body["code"] == row.reason
    assert body["detail"] == error.message
    assert "{" not in error.message
    assert row.code in grpc.StatusCode.__members__


def test_a_row_that_will_pass_says_when_to_come_again() -> None:
    for row in ROWS:
        answer = problem(example(row), "/")
        assert ("retry-after" in answer.headers) == (row.http in (429, 503))


def test_many_violations_are_summed_up_in_the_message_and_listed_in_full() -> None:
    error = FieldsInvalid.of([(f"images[{index}]", "is wrong") for index in range(5)])
    assert error.message.startswith("5 field(s) cannot be used. images[0]: is wrong; ")
    assert error.message.endswith("; ...")
    body = json.loads(bytes(problem(error, "/").body))
    assert len(body["errors"]) == 5
