"""The published OpenAPI document: valid, the one in docs/, and true. Schemathesis calls every operation it names."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import openapi_spec_validator
import pytest

from tests.parts.house import House, photo

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
# Operation id -> why schemathesis must not call it.
LEFT_OUT: dict[str, str] = {}
# A schema cannot say which photos, jobs and etags there are, so well-formed requests may be refused.
CHECKS_LEFT_OUT = "positive_data_acceptance"
EXAMPLES = 10
# How often a parameter is something that exists rather than generated.
KNOWN_SHARE = 0.6


async def published(house: House) -> dict[str, Any]:
    answer = await house.rest.get("/v1/openapi.json")
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> dict[str, str]:
    """Operation id -> "METHOD /path"."""
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


async def test_the_document_is_valid_openapi_and_not_sent_twice(house: House) -> None:
    answer = await house.rest.get("/v1/openapi.json")
    openapi_spec_validator.OpenAPIV31SpecValidator(answer.json()).validate()
    again = await house.rest.get("/v1/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_committed_document_is_the_published_one(house: House) -> None:
    published_text = (await house.rest.get("/v1/openapi.json")).text
    assert published_text == COMMITTED.read_text(encoding="utf-8"), "run python -m scripts.openapi"


@pytest.mark.slow
async def test_every_operation_keeps_what_the_document_says(house: House, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(configuration(await things(house)))
    document = await published(house)
    assert set(LEFT_OUT) <= set(operations(document))
    # Read from a file, or it would take the address of the document for no operation.
    schema, report = tmp_path / "openapi.json", tmp_path / "report.xml"
    schema.write_text(json.dumps(document))
    arguments = [
        sys.executable, "-m", "schemathesis.cli", "run", str(schema), "--url", str(house.rest.base_url),
        "--phases", "examples,coverage,fuzzing", "--checks", "all", "--exclude-checks", CHECKS_LEFT_OUT,
        "--max-examples", str(EXAMPLES), "--seed", "7", "--continue-on-failure", "--request-timeout", "20",
        "--generation-database", ":memory:", "--report", "junit", "--report-junit-path", str(report), "--no-color",
        *(part for left_out in LEFT_OUT for part in ("--exclude-operation-id", left_out)),
    ]  # fmt: skip
    run = await asyncio.create_subprocess_exec(
        *arguments, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await run.communicate())[0].decode()
    assert run.returncode == 0, output
    tested = {case.get("name") for case in ElementTree.parse(report).iter("testcase")}
    assert {name for id, name in operations(document).items() if id not in LEFT_OUT} <= tested


async def things(house: House) -> dict[str, list[str]]:
    """Parameter -> what there is for it, so that calls come past "not found". Some will be deleted on the way."""
    job = await house.ended((await house.job(1, 2)).job_id)
    keys, endpoints = [], []
    for _ in range(5):
        key = await house.rest.post("/v1/keys", json={"shop": "shop", "roles": ["ROLE_SUBMIT"]})
        endpoint = await house.rest.post("/v1/webhooks", json={"shop": "shop", "url": "https://shop.invalid/hook"})
        keys.append(key.json()["key"]["key_id"])
        endpoints.append(endpoint.json()["endpoint"]["endpoint_id"])
    images = [image.image_id for image in await house.images(job.job_id)]
    photos = [await house.upload(1), await house.upload(2)]
    return {
        "path.job_id": [job.job_id], "path.image_id": images, "path.name": ["cutout", "original"],
        "path.shop": ["shop"],
        "path.key_id": keys, "path.endpoint_id": endpoints, "query.shop": ["shop"], "body.shop": ["shop"],
        "body.images[*].original_key": photos,
    }  # fmt: skip


def configuration(known: dict[str, list[str]]) -> str:
    """For schemathesis: parameters are taken from what is known, but not always."""
    lines = []
    for number, values in enumerate(known.values()):
        lines += [f"[dictionaries.d{number}]", f"values = {json.dumps(values)}"]
    lines.append("[parameters]")
    lines += [
        f'"{name}" = {{ dictionary = "d{number}", probability = {KNOWN_SHARE} }}' for number, name in enumerate(known)
    ]
    return "\n".join(lines) + "\n"


async def test_good_answers_have_the_schema_of_the_document(house: House) -> None:
    document = await published(house)
    key = await house.upload(1)
    body = {"shop": "shop", "images": [{"original_key": key, "tier": 1, "due_time": "2026-12-01T12:00:00+02:00"}]}
    job_id = (await call(house, document, "createJob", body=body))["job"]["job_id"]
    await house.ended(job_id)
    await call(house, document, "getJob", job_id=job_id)
    await call(house, document, "listJobs")
    await call(house, document, "cancelJob", job_id=job_id)
    image = (await call(house, document, "listImages", job_id=job_id))["images"][0]
    image_id = image["image_id"]
    await call(house, document, "getImage", image_id=image_id)
    decision = {"verdict": "VERDICT_REJECT", "reason": "blurred", "seconds": "1.5", "etag": image["etag"]}
    await call(house, document, "decide", image_id=image_id, body=decision)
    await call(house, document, "upload", params={"shop": "shop"}, content=photo(2))
    await call(house, document, "readyz")


async def call(
    house: House, document: dict[str, Any], operation_id: str, *, body: Any = None, params: Any = None,
    content: bytes | None = None, **path: str,
) -> Any:  # fmt: skip
    """The body of a good answer, which must be as documented."""
    method, pattern = operations(document)[operation_id].split(" ")
    if body is not None:
        schema = document["paths"][pattern][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
        validate(body, schema, document)
    answer = await house.rest.request(method, pattern.format(**path), json=body, params=params, content=content)
    assert answer.status_code < 300, answer.text
    described = document["paths"][pattern][method.lower()]["responses"][str(answer.status_code)]
    answered = answer.json()
    validate(answered, described["content"]["application/json"]["schema"], document)
    return answered


def validate(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema | {"components": document["components"]}).validate(value)
