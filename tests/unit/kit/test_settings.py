"""Settings from the environment: every problem at once, with its variable and what it means."""

from __future__ import annotations

import pytest
from pydantic import Field, SecretStr

from services.kit.errors import SettingsInvalid
from services.kit.settings import Row, Settings, current, describe, load, load_all, prefix
from services.kit.store import StoreSettings


class Loom(Settings):
    model_config = prefix("SELVAGE_LOOM_")

    threads: int = Field(default=4, ge=1)
    """Warp threads."""

    colours: list[str] = Field(default=["white"])
    """Colours of the weft."""

    key: SecretStr = SecretStr("")
    """What opens
    the loom."""


class Dye(Settings):
    model_config = prefix("SELVAGE_DYE_")

    bath: str
    """Name of the bath."""

    heat: float = Field(default=60.0, le=100)
    """Degrees Celsius."""


def problems(*classes: type[Settings]) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load_all(*classes)
    lines = caught.value.details["problems"].splitlines()
    assert caught.value.details["count"] == str(len(lines))
    return lines


def test_values_come_from_the_environment_and_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_LOOM_THREADS", "8")
    monkeypatch.setenv("SELVAGE_LOOM_COLOURS", '["red", "blue"]')
    monkeypatch.setenv("SELVAGE_LOOM_KEY", "")  # empty is unset
    loom = load(Loom)
    assert (loom.threads, loom.colours, loom.key.get_secret_value()) == (8, ["red", "blue"], "")
    assert load(Loom, threads=2).threads == 2


def test_every_problem_of_every_class_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_LOOM_THREADS", "0")
    monkeypatch.setenv("SELVAGE_DYE_HEAT", "hot")
    monkeypatch.setenv("SELVAGE_LOOM_THREDS", "3")
    said = problems(Loom, Dye)
    assert len(said) == 4
    assert said[0].startswith("- SELVAGE_LOOM_THREADS='0': Input should be greater than or equal to 1. Warp threads.")
    assert said[1].startswith("- SELVAGE_DYE_BATH: Field required. Name of the bath.")
    assert said[2].startswith("- SELVAGE_DYE_HEAT='hot': Input should be a valid number")
    assert said[3] == "- SELVAGE_LOOM_THREDS is no setting; did you mean SELVAGE_LOOM_THREADS?"


def test_a_list_that_is_no_json_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_LOOM_COLOURS", "red,blue")
    assert "colours" in problems(Loom)[0]
    assert "JSON" in problems(Loom)[0]


def test_variables_of_other_rooms_are_no_misspellings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_DYE_HEAT", "70")
    monkeypatch.setenv("SELVAGE_SOMETHING_ELSE", "1")
    assert load(Loom).threads == 4


def test_secrets_are_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVAGE_STORE_URL", "s3://bucket")
    monkeypatch.setenv("SELVAGE_STORE_SECRET_KEY", "hush-hush")
    with pytest.raises(SettingsInvalid, match="SELVAGE_STORE_ACCESS_KEY") as caught:
        load(StoreSettings)
    assert "hush-hush" not in str(caught.value)
    assert "hush-hush" not in repr(load(StoreSettings, url="", secret_key="hush-hush"))


def test_an_override_that_is_no_field_is_a_problem() -> None:
    with pytest.raises(SettingsInvalid, match="SELVAGE_LOOM_COLOUR"):
        load(Loom, colour="red")


def test_what_is_kept_in_memory_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    first = current(Loom)
    assert current(Loom) is first
    monkeypatch.setenv("SELVAGE_LOOM_THREADS", "7")
    assert current(Loom).threads == 7
    monkeypatch.setenv("SELVAGE_LOOM_THREDS", "3")
    with pytest.raises(SettingsInvalid, match="SELVAGE_LOOM_THREDS"):
        current(Loom)
    monkeypatch.undo()
    assert current(Loom) == first


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(Loom).threads = 5


def test_the_table_of_the_manual() -> None:
    assert list(describe(Loom, Dye)) == [
        Row("SELVAGE_LOOM_THREADS", "4", "Warp threads."),
        Row("SELVAGE_LOOM_COLOURS", "['white']", "Colours of the weft."),
        Row("SELVAGE_LOOM_KEY", "empty", "What opens the loom."),
        Row("SELVAGE_DYE_BATH", "required", "Name of the bath."),
        Row("SELVAGE_DYE_HEAT", "60.0", "Degrees Celsius."),
    ]


@pytest.mark.parametrize("url", ["/folder", "file://relative", "s3://", "s3://UPPER", "http://host/bucket", "s3://a/b"])
def test_store_addresses_that_mean_nothing(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="SELVAGE_STORE_URL"):
        load(StoreSettings, url=url, access_key="a", secret_key="b")
