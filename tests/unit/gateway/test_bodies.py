"""JSON bodies: what Python would let through and the contract does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.requests import Request

from gateway.rest import bodies
from selvage_api.jobs.v1 import jobs_service_pb2 as jobs
from selvage_api.reports.v1 import reports_service_pb2 as reports
from services.kit.errors import InvalidArgument


def _request(content: Any) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(content).encode(), "more_body": False}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}, receive)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"budget": {"amount": False}}, reports.SetBudgetRequest()),
        ({"images": [{"original_key": "k", "sku": True}]}, jobs.CreateJobRequest()),
        ({"pageSize": True}, jobs.ListJobsRequest()),
    ],
)
async def test_a_boolean_is_no_number_and_no_text(content: dict[str, Any], message: Any) -> None:
    with pytest.raises(InvalidArgument):
        await bodies.read(_request(content), message)


async def test_booleans_and_numbers_are_read_as_they_are() -> None:
    read = await bodies.read(_request({"validateOnly": True, "images": [{"sku": "A"}]}), jobs.CreateJobRequest())
    assert read.validate_only
    assert read.images[0].sku == "A"
