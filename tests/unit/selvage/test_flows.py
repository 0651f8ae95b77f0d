"""What the clients do where a whole gateway cannot show it: odd servers, and a store somewhere else."""

from __future__ import annotations

import email.utils
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.errors import QuotaExceeded, RequestsExceeded
from gateway.files.errors import AddressesUnavailable
from selvage.client import Image
from selvage.client.asking import retry_after
from selvage.client.effects import Answer
from selvage.client.flows.uploading import body_of
from selvage.client.flows.watching import Events
from selvage.client.layout import Layout
from selvage.errors import AnswerNotUnderstood, OutNotWritable
from services.kit.errors import InvalidArgument, UnreadableFile, UnwritableFile
from tests.parts.clients import FACES, speaking

REF = {"key": "s/1/original/photo", "sha256": "1" * 64, "size_bytes": "6", "media_type": "image/jpeg"}


def answer(body: Any, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()


def problem(error: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return answer({"code": error.reason, "detail": error.message, "status": error.http}, error.http, **headers)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture(params=FACES)
def client(request: pytest.FixtureRequest, scripted: Any, pauses: list[float]) -> Any:
    with speaking(request.param, scripted.url, api_key="selvage_k_secret", pauses=pauses, retries=1) as made:
        yield made


def test_the_key_goes_to_the_server_and_never_to_the_store(client: Any, scripted: Any) -> None:
    place = f"{scripted.url}/bucket/incoming/1?signature=abc"
    scripted.answers = [answer({"upload_id": "u1", "url": place}), (200, {}, b""), answer({"object": REF})]
    assert client.upload(b"pixels", shop="s").key == REF["key"]
    paths = [(method, path) for method, path, _, _ in scripted.seen]
    assert paths == [
        ("POST", "/v1/uploads:url"),
        ("PUT", "/bucket/incoming/1?signature=abc"),
        ("POST", "/v1/uploads/u1:finish"),
    ]
    keys = [headers.get("authorization") for _, _, headers, _ in scripted.seen]
    assert keys == ["Bearer selvage_k_secret", None, "Bearer selvage_k_secret"]
    assert scripted.seen[1][3] == b"pixels"


def test_a_store_without_addresses_is_asked_once(client: Any, scripted: Any) -> None:
    stored = answer({"object": REF}, 201)
    scripted.answers = [problem(AddressesUnavailable()), stored, stored]
    for _ in range(2):
        client.upload(b"pixels", shop="s")
    assert [path for _, path, _, _ in scripted.seen] == ["/v1/uploads:url", "/v1/uploads?shop=s", "/v1/uploads?shop=s"]


def test_a_store_that_cannot_be_reached_from_here_is_left_out(client: Any, scripted: Any, pauses: list[float]) -> None:
    scripted.answers = [answer({"upload_id": "u1", "url": "http://127.0.0.1:9/bucket/1"}), answer({"object": REF}, 201)]
    client.upload(b"pixels", shop="s")
    assert scripted.seen[-1][1] == "/v1/uploads?shop=s"
    assert pauses == []


def test_a_refusal_of_the_store_is_told(client: Any, scripted: Any) -> None:
    scripted.answers = [answer({"upload_id": "u1", "url": f"{scripted.url}/bucket/1"}), (403, {}, b"<Error/>")]
    with pytest.raises(AnswerNotUnderstood, match="403"):
        client.upload(b"pixels", shop="s")


def test_a_used_up_quota_is_told_at_once_and_too_many_requests_are_waited_for(
    client: Any, scripted: Any, pauses: list[float]
) -> None:
    used = {"shop": "s", "policy": "images", "limit": 5, "seconds": 9}
    scripted.answers = [
        problem(RequestsExceeded(**used), Retry_After="9"),
        problem(QuotaExceeded(**used), Retry_After="9"),
    ]
    with pytest.raises(QuotaExceeded) as caught:
        client.job("j1")
    assert type(caught.value) is QuotaExceeded
    assert pauses == [9.0]


def test_names_may_hold_anything(client: Any, scripted: Any) -> None:
    scripted.answers = [answer({"job": {"job_id": "x"}})]
    client.job("a/../b?c#d é")
    assert scripted.seen[0][1] == "/v1/jobs/a%2F..%2Fb%3Fc%23d%20%C3%A9"


@pytest.mark.parametrize("face", FACES)
def test_an_address_a_key_and_a_certificate_that_cannot_be(face: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for url, options, error in (
        ("selvage.example", {}, InvalidArgument),
        ("https://x", {"api_key": "selvage_\n"}, InvalidArgument),
        ("https://x", {"verify": bad}, UnreadableFile),
        ("https://x", {"cert": tmp_path / "gone.pem"}, UnreadableFile),
    ):
        with pytest.raises(error), speaking(face, url, **options):
            pass


def test_a_place_that_cannot_be_written_is_told(client: Any, scripted: Any, image_json: Any, tmp_path: Path) -> None:
    content = {"sha256": hashlib.sha256(b"123456789").hexdigest(), "size_bytes": "9"}
    image = Image.of(image_json(original=content))
    scripted.answers = [(200, {}, b"123456789")]
    with pytest.raises(UnwritableFile):
        client.download(image, "original", tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutNotWritable):
        client.download(image, "original", tmp_path / "file" / "photo.jpg")


@given(st.lists(st.integers(1, 40)))
def test_events_are_read_however_the_bytes_arrive(cuts: list[int]) -> None:
    stream = (
        b': keep-alive\n\nevent: progress\ndata: {"a": "\xc3\xa9"}\n\ndata: {"b":\r\ndata: 2}\r\n\r\ndata: {"c": 3}'
    )
    events = Events()
    got = []
    at = 0
    for cut in [*cuts, len(stream)]:
        got += list(events.feed(stream[at : at + cut]))
        at += cut
    assert got == [{"a": "é"}, {"b": 2}]


def test_retry_after_is_a_number_or_a_date() -> None:
    def told(value: str) -> float | None:
        return retry_after(Answer(503, {"retry-after": value}, ""))

    assert told("7") == 7.0
    assert told("0") == 0.0
    later = told(email.utils.formatdate(time.time() + 100, usegmt=True))
    assert later is not None
    assert 90 < later <= 100
    assert told(email.utils.formatdate(time.time() - 100, usegmt=True)) == 0.0
    assert told("soon") is None


def test_files_of_a_server_stay_in_their_folder(image_json: Any) -> None:
    body = image_json(sku="../../etc")
    body["files"] = body["files"][:2]
    body["files"][0]["file_name"] = "../../passwd"
    body["files"][1]["file_name"] = "..\\..\\system.ini"
    image = Image.of(body)
    places = [Layout().place(image, file) for file in image.files]
    assert not any(part in ("..", "") for place in places for part in place.split("/"))


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Among hundreds of paths nobody would find it otherwise."""
    with pytest.raises(UnreadableFile, match=r"gone\.jpg: No such file"):
        body_of(tmp_path / "gone.jpg", tmp_path)
