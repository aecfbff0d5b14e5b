"""The targets file keeps to its own rule, and every target can be measured."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.messages import LANGUAGES
from labkit.world.validate.estimate import NOTHING, Measured
from labkit.world.validate.measure import metrics
from labkit.world.validate.target import Target, targets, tolerance
from labkit.world.validate.verdict import judge


def target(stratum: str = "", *, why: str = "") -> Target:
    return Target(
        "m", stratum, (2015, 2019), 10.0, "percent", 1.5, "2017", "s", False, "", "s", "", "", why
    )


def test_there_are_enough_of_them() -> None:
    assert len(targets()) >= 150
    assert len({t.metric for t in targets()}) >= 40
    assert sum(t.held_out for t in targets()) >= 50


@pytest.mark.parametrize("one", targets(), ids=lambda t: f"{t.name} {t.years[0]}")
def test_no_tolerance_was_loosened(one: Target) -> None:
    assert one.tolerance == pytest.approx(tolerance(one.value, one.unit, one.confidence), rel=1e-3)


def test_each_is_there_once_with_source_and_measure() -> None:
    keys = Counter((t.metric, t.stratum, t.years, t.region) for t in targets())
    assert max(keys.values()) == 1
    assert {t.metric for t in targets()} <= set(metrics())
    for one in targets():
        assert one.source, one.name
        assert one.confidence in ("s", "d", "m"), one.name
        assert one.region in ("", "fjell", "norway"), one.name
        assert 2010 <= one.years[0] <= one.years[1] <= 2024, one.name
        assert one.year, one.name


def test_the_four_measures_of_chen_are_among_them() -> None:
    chen = {t.metric: t.value for t in targets() if t.source.startswith("Chen et al. 2019")}
    assert chen == {
        "copd_30day_mortality": 7.5,
        "hip_knee_complications": 2.9,
        "hypertension_controlled_share": 74.5,
        "colorectal_screening_participation": 77.0,
    }


@pytest.mark.parametrize(
    ("stratum", "sex", "ages", "item"),
    [
        ("", "", (0, 200), ""),
        ("male;60-64", "M", (60, 64), ""),
        ("both;80+", "", (80, 200), ""),
        ("female;50-54;breast", "F", (50, 54), "breast"),
        ("67+;asthma or COPD", "", (67, 200), "asthma or COPD"),
        ("pregnancy, birth, contraception", "", (0, 200), "pregnancy, birth, contraception"),
    ],
)
def test_strata_are_read(stratum: str, sex: str, ages: tuple[int, int], item: str) -> None:
    one = target(stratum)
    assert (one.sex, one.ages, one.item) == (sex, ages, item)


@pytest.mark.parametrize(
    ("measured", "word"),
    [
        (Measured(10.5, 9.6, 11.4, 500), "pass"),
        (Measured(12.5, 11.7, 13.3, 500), "fail"),  # wholly outside 8.5 to 11.5
        (Measured(12.0, 11.2, 12.8, 500), "borderline"),  # precise and outside, but reaches in
        (Measured(30.0, 12.0, 60.0, 9), "fail"),  # not precise, but wholly outside
        (Measured(10.0, 7.0, 13.0, 9), "too few"),  # inside, but it could be anywhere
        (Measured(12.0, 9.0, 15.0, 9), "too few"),
        (NOTHING, "too few"),
    ],
)
def test_verdicts(measured: Measured, word: str) -> None:
    assert judge(target(), measured).word == word


def test_a_reason_explains_a_miss_and_nothing_else() -> None:
    known = target(why="because")
    assert judge(known, Measured(12.5, 11.7, 13.3, 500)).word == "explained"
    assert judge(known, Measured(12.0, 11.2, 12.8, 500)).word == "explained"
    assert judge(known, Measured(10.0, 9.5, 10.5, 500)).word == "pass"
    assert judge(known, Measured(12.0, 9.0, 15.0, 9)).word == "too few"


@given(value=st.floats(0.01, 99.99), sure=st.sampled_from("sd"))
def test_a_share_is_judged_from_the_nearer_end(value: float, sure: str) -> None:
    room = tolerance(value, "percent", sure)
    assert room == pytest.approx(tolerance(100 - value, "percent", sure), abs=1e-9)
    assert 0.3 <= room <= tolerance(value, "percent", "m") <= 12.5


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_and_unit_is_told_in_both_languages(lang: str) -> None:
    for one in targets():
        assert bool(one.reason(lang)) == bool(one.why)
        assert one.shown_unit(lang)
    told = {one.reason("nb") for one in targets()} - {""}
    assert len(told) == len({one.why for one in targets()} - {""})
