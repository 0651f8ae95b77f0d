"""The client: what it sends, how it waits for a busy server, and errors that keep their row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import EtagMismatch, JobNotFound, RequestIdReused
from selvage.client import Image, NewImage
from selvage.errors import AnswerNotUnderstood, DownloadDamaged, ServerUnreachable
from services.kit.errors import Overloaded, SelvageError
from tests.parts.clients import FACES, speaking

JOB = {"job_id": "j1", "shop": "s", "state": "JOB_STATE_RUNNING", "counts": {"total": 2, "approved": 1}}


def answer(body: Any, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    kind = "application/problem+json" if status >= 400 else "application/json"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": kind, **named}, json.dumps(body).encode()


def problem(error: SelvageError, **extra: Any) -> dict[str, Any]:
    return {"code": error.reason, "detail": error.message, "status": error.http, "request_id": "r1", **extra}


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture(params=FACES)
def client(request: pytest.FixtureRequest, scripted: Any, pauses: list[float]) -> Any:
    with speaking(request.param, scripted.url, pauses=pauses, retries=2, direct=False) as made:
        yield made


def test_a_job_is_created_under_its_request_id(client: Any, scripted: Any) -> None:
    scripted.answers = [answer({"job": JOB}, 201, Idempotent_Replayed="true")]
    job = client.create_job([NewImage("k/o", "A_1.jpg", tier="hero")], shop="s", request_id="key-1")
    method, path, headers, body = scripted.seen[0]
    assert (method, path, headers["idempotency-key"]) == ("POST", "/v1/jobs", "key-1")
    assert json.loads(body)["images"] == [{"original_key": "k/o", "source_name": "A_1.jpg", "tier": "TIER_HERO"}]
    assert (job.state, job.ended, job.replayed, job.counts["approved"]) == ("running", False, True, 1)


def test_a_busy_server_is_waited_for_as_long_as_it_says(client: Any, scripted: Any, pauses: list[float]) -> None:
    busy = answer(problem(Overloaded(seconds=7)), 429, Retry_After="7")
    scripted.answers = [busy, answer({"job": JOB})]
    assert client.job("j1").job_id == "j1"
    assert pauses == [7.0]


def test_in_the_end_the_busy_servers_error_is_raised(client: Any, scripted: Any, pauses: list[float]) -> None:
    scripted.answers = [answer(problem(Overloaded(seconds=1)), 429)] * 3
    with pytest.raises(Overloaded, match="Try again in 1 s"):
        client.job("j1")
    assert len(pauses) == 2
    assert pauses[1] > pauses[0] > 0


def test_a_lost_connection_is_made_again_and_the_upload_sent_anew(client: Any, scripted: Any, tmp_path: Path) -> None:
    photo = tmp_path / "A.jpg"
    photo.write_bytes(b"pixels" * 100_000)
    ref = {"key": "k/o", "sha256": "ab", "size_bytes": "600000", "media_type": "image/jpeg"}
    scripted.answers = [None, answer({"object": ref}, 201)]
    assert client.upload(photo, shop="s").size_bytes == 600_000
    assert [body == photo.read_bytes() for *_, body in scripted.seen] == [True, True]
    assert scripted.seen[1][2]["content-type"] == "image/jpeg"
    assert scripted.seen[1][1] == "/v1/uploads?shop=s"


def test_a_decision_is_never_sent_twice(client: Any, scripted: Any, image_json: Callable[..., Any]) -> None:
    scripted.answers = [None]
    with pytest.raises(ServerUnreachable):
        client.decide(Image.of(image_json()), "approve", reviewer="ann")
    assert len(scripted.seen) == 1
    assert scripted.seen[0][2]["if-match"] == '"7"'


@pytest.mark.parametrize(
    "error", [JobNotFound(job_id="j1"), EtagMismatch(image_id="i"), RequestIdReused(request_id="k")]
)
def test_errors_come_back_as_their_row(client: Any, scripted: Any, error: SelvageError) -> None:
    scripted.answers = [answer(problem(error, errors=[{"field": "images[0]", "detail": "bad"}]), error.http)]
    with pytest.raises(type(error)) as caught:
        client.job("j1")
    assert caught.value.message == error.message
    assert caught.value.details == {"request_id": "r1", "fields": "images[0]: bad"}


def test_an_unknown_reason_keeps_its_name_and_a_proxy_is_told_apart(client: Any, scripted: Any) -> None:
    body = {"code": "FROM_TOMORROW", "detail": "Something new."}
    scripted.answers = [answer(body, 400), (502, {}, b"<html>bad gateway</html>")]
    with pytest.raises(SelvageError, match="Something new") as caught:
        client.job("j1")
    assert caught.value.details["reason"] == "FROM_TOMORROW"
    with pytest.raises(AnswerNotUnderstood, match="502"):
        client.job("j1")


def test_pages_follow_one_another(client: Any, scripted: Any, image_json: Callable[..., Any]) -> None:
    scripted.answers = [
        answer({"images": [image_json(image_id="a"), image_json(image_id="b")], "next_page_token": "t2"}),
        answer({"images": [image_json(image_id="c")], "next_page_token": ""}),
    ]
    assert [image.image_id for image in client.images("j1", states=["approved"])] == ["a", "b", "c"]
    assert "page_token=t2" in scripted.seen[1][1]
    assert "states=approved" in scripted.seen[1][1]


def test_watching_goes_on_after_a_broken_stream(client: Any, scripted: Any, image_json: Callable[..., Any]) -> None:
    def event(job: dict[str, Any], *images: Any) -> bytes:
        return b"event: progress\ndata: " + json.dumps({"job": job, "images": images}).encode() + b"\n\n"

    stream = {"Content-Type": "text/event-stream"}
    first = b": keep-alive\n\n" + event(JOB, image_json(state="IMAGE_STATE_PROCESSING"))
    ended = event(JOB | {"state": "JOB_STATE_FINISHED"}, image_json())
    scripted.answers = [
        (200, stream, first),
        (200, stream, ended),
        answer({"job": JOB | {"state": "JOB_STATE_FINISHED"}}),
    ]
    states: list[str] = []
    job = client.wait("j1", lambda progress: states.extend(image.state for image in progress.images))
    assert states == ["processing", "approved"]
    assert job.state == "finished"


def test_a_damaged_download_leaves_no_file(
    client: Any, scripted: Any, image_json: Callable[..., Any], tmp_path: Path
) -> None:
    body = image_json()
    body["files"][0]["object"]["sha256"] = hashlib.sha256(b"alpha").hexdigest()
    image = Image.of(body)
    scripted.answers = [(200, {}, b"alpXa"), (200, {}, b"alpha")]
    target = tmp_path / "sku" / "alpha.png"
    with pytest.raises(DownloadDamaged):
        client.download(image, "alpha", target)
    assert list(target.parent.iterdir()) == []
    assert client.download(image, "alpha", target).read_bytes() == b"alpha"


@pytest.mark.parametrize("face", FACES)
def test_nobody_there_is_said_with_the_address(face: str, pauses: list[float]) -> None:
    nowhere = speaking(face, "http://127.0.0.1:9", retries=1, pauses=pauses)
    with nowhere as client, pytest.raises(ServerUnreachable, match=r"http://127\.0\.0\.1:9"):
        client.job("j1")
    assert len(pauses) == 1
