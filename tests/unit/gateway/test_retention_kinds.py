"""Which objects of a photo somebody still refers to, and for how long shops keep what."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.retention.kinds import INTERMEDIATES, KINDS, ORIGINALS, RESULTS, Reference, live, of_file, of_output
from gateway.retention.settings import DAY, RetentionSettings, ShopRetention
from gateway.stages.compose import MATTE_FILES
from services.kit.metrics import STAGES
from services.kit.settings import load

KEY = "shop/photo"
OUTPUTS = st.lists(
    st.tuples(
        st.sampled_from(STAGES), st.sampled_from(["alpha", "cutout", "psd", "plate"]), st.integers(0, 9).map(str)
    ),
    max_size=6,
)


def test_a_file_of_an_image_is_of_the_kind_of_the_output_it_comes_from() -> None:
    for name in MATTE_FILES:
        assert of_file(name) == of_output("matting", name)
    for name in ("psd", "export:large", "compliance"):
        assert of_file(name) == of_output("compose", name) == RESULTS
    assert of_output("plate", "plate") == of_output("segment", "alpha") == INTERMEDIATES


@given(OUTPUTS, OUTPUTS, st.sets(st.sampled_from(KINDS)))
def test_what_one_image_refers_to_stays_whatever_has_expired_for_another(
    mine: list[tuple[str, str, str]], others: list[tuple[str, str, str]], expired: set[str]
) -> None:
    kept = live(
        [Reference(False, frozenset(), tuple(mine)), Reference(False, frozenset(expired), tuple(others))], [KEY]
    )
    assert kept.has(KEY)
    assert all(kept.has(key) for _, _, key in mine)
    assert kept.keys - {KEY} == {key for _, _, key in mine} | {
        key for stage, role, key in others if of_output(stage, role) not in expired
    }


def test_what_was_drawn_on_request_stays_as_long_as_results() -> None:
    drawn = "shop/abc/cutout/def/cutout.png"
    assert live([Reference(False, frozenset({INTERMEDIATES}))]).has(drawn)
    assert not live([Reference(False, frozenset({RESULTS}))]).has(drawn)
    assert not live([]).has(drawn)


def test_days_of_a_shop_win_over_the_others_and_nothing_expires_unless_asked() -> None:
    nothing = load(RetentionSettings)
    assert nothing.shortest() is None
    assert {nothing.seconds("any", kind) for kind in KINDS} == {0}
    settings = load(
        RetentionSettings,
        originals_days=90,
        results_days=0,
        shops={"atelier": ShopRetention(originals_days=0, results_days=30)},
    )
    assert settings.seconds("any", ORIGINALS) == 90 * DAY
    assert settings.seconds("atelier", ORIGINALS) == 0
    assert settings.seconds("atelier", RESULTS) == 30 * DAY
    assert settings.seconds("atelier", INTERMEDIATES) == 0
    assert settings.shortest() == 30 * DAY
