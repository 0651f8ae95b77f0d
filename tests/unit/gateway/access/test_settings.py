"""When keys are required, and the admin key by setting."""

from __future__ import annotations

import hashlib

import pytest

from gateway.access.errors import OpenToTheNetwork
from gateway.access.settings import AccessSettings, loopback
from services.kit.errors import SettingsInvalid
from services.kit.settings import load

SECRET = "0123456789abcdef" * 4
HASHED = hashlib.sha256(SECRET.encode()).hexdigest()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:7480", True),
        ("127.8.8.8:0", True),
        ("localhost:7480", True),
        ("[::1]:7480", True),
        ("unix:/run/selvage.sock", True),
        ("0.0.0.0:7480", False),
        ("[::]:7480", False),
        ("10.0.0.7:7480", False),
        ("gateway.example:7480", False),
        (":7480", False),
    ],
)
def test_what_only_this_machine_reaches(address: str, local: bool) -> None:
    assert loopback(address) is local


def test_beyond_this_machine_somebody_has_to_decide() -> None:
    here, beyond = "127.0.0.1:1", "0.0.0.0:2"
    assert not load(AccessSettings).required(here, here)
    for addresses in ((beyond, here), (here, beyond)):
        with pytest.raises(OpenToTheNetwork) as caught:
            load(AccessSettings).required(*addresses)
        assert caught.value.details == {"address": beyond}
    assert not load(AccessSettings, keys="off").required(beyond)
    assert load(AccessSettings, keys="required").required(here)
    assert load(AccessSettings, keys="required").required(beyond)


def test_admin_keys_by_value_and_by_hash() -> None:
    assert load(AccessSettings).admins() == {}
    both = load(AccessSettings, admin_key=f"selvage_one_{SECRET}", admin_key_sha256=f"two:{HASHED}")
    assert both.admins() == dict.fromkeys(("one", "two"), bytes.fromhex(HASHED))
    assert SECRET not in repr(both)


@pytest.mark.parametrize(
    "wrong",
    [
        {"admin_key": "secret"},
        {"admin_key": "selvage_one_short"},
        {"admin_key_sha256": HASHED},
        {"admin_key_sha256": f"two:{HASHED[1:]}"},
        {"cache_seconds": 6},
        {"open_images": -2},
        {"keys": "maybe"},
    ],
)
def test_what_cannot_be_used(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(AccessSettings, **wrong)
    assert "selvage_one_short" not in caught.value.message
