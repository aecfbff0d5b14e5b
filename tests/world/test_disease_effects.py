"""Planted effects: the right analysis finds them, the naive one does not."""

import numpy as np
import pandas as pd
import pytest

from labkit.world.calibration import fit, load
from labkit.world.drugs import prescriptions
from labkit.world.effect import PLANTED, both_worlds, eligible, marginal, rows
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, NEVER, START_DAY, Config, Part
from labkit.world.population import people_of
from labkit.world.treatment import PROGRAMME_FROM
from labkit.world.validate import recovery

STATIN, ANTICOAGULANT, PROGRAMME = PLANTED


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return list(fit.simulate(Config(people=100_000, seed=505), 20))


@pytest.fixture(scope="module")
def cells(parts: list[Part]) -> pd.DataFrame:
    """Person-time with and without a statin, by what was known then."""
    return pd.concat([recovery.statin_time(part) for part in parts])


def test_confounding_by_indication(cells: pd.DataFrame) -> None:
    right, naive = recovery.statin_on_mi(cells)
    assert naive.low > 1.3  # the whole interval on the wrong side
    assert right.truth == 0.70
    assert right.holds
    assert right.high < 1
    assert 0.55 < right.value < 0.85


def test_age_and_sex_alone_do_not_undo_it(cells: pd.DataFrame) -> None:
    sums = cells.groupby(["age", "female", "statin"])[["years", "events"]].sum()
    events, years = (sums[name].unstack(fill_value=0) for name in ("events", "years"))
    total = years.sum(axis=1)
    # Mantel-Haenszel rate ratio over strata of age and sex.
    treated = (events[1.0] * years[0.0] / total).sum()
    assert treated / (events[0.0] * years[1.0] / total).sum() > 0.95


def test_programme_by_difference_in_differences(parts: list[Part]) -> None:
    """Falls at 65 and above: before and after, there and elsewhere."""
    events = np.zeros((2, 2))
    years = np.zeros((2, 2))
    for part in parts:
        who = people_of(part)
        assert who.death is not None
        there = (part.treatment["programme"] < NEVER).astype(int)
        old = who.birth + 65 * YEAR
        last = np.minimum(who.death, END_DAY)
        for after, (low, high) in enumerate(
            [(START_DAY, PROGRAMME_FROM), (PROGRAMME_FROM, END_DAY)]
        ):
            start = np.maximum(np.maximum(who.entry, old), low)
            time = np.clip(np.minimum(last, high) - start, 0, None) / YEAR
            np.add.at(years[after], there, time)
            place, day = part.episodes["fall"]
            inside = (day >= np.maximum(low, old[place])) & (day < high)
            np.add.at(events[after], there[place[inside]], 1)
    rates = events / years
    ratio = (rates[1, 1] / rates[0, 1]) / (rates[1, 0] / rates[0, 0])
    error = np.sqrt((1 / events).sum())
    assert abs(np.log(ratio / 0.60)) < 1.96 * error
    assert np.log(ratio) + 1.96 * error < 0


@pytest.fixture(scope="module")
def followed() -> dict[str, recovery.Found]:
    """Vitamin D and death after discharge, analysed rightly and naively."""
    frames = []
    for part in fit.simulate(Config(people=30_000, seed=606), 6, care=True):
        prescriptions(part)
        frames.append(recovery.discharges(part))
    found = recovery.vitamin_d_on_death(pd.concat(frames, ignore_index=True))
    return {one.analysis: one for one in found}


def test_immortal_time_looks_like_protection(followed: dict[str, recovery.Found]) -> None:
    assert followed["naive"].value < 0.75
    assert followed["naive"].high < 1


def test_exposure_from_the_day_of_collection_shows_no_effect(
    followed: dict[str, recovery.Found],
) -> None:
    right = followed["right"]
    error = np.log(right.high / right.low) / (2 * 1.96)
    assert right.truth == 1
    assert abs(np.log(right.value)) < 3.3 * error  # once in a thousand by chance


def test_counterfactuals_agree_with_what_happened(parts: list[Part]) -> None:
    untreated_events = 0
    for planted in PLANTED:
        for part in parts[:6]:
            fits, start = eligible(part, planted)
            who = np.arange(part.size)
            without, treated = both_worlds(part, planted, start, who=who)
            assert (treated[fits] >= without[fits]).all()  # all three protect
            # Who was never treated had the untreated outcome.
            never = fits & (part.treatment[planted.treatment] == NEVER)
            alive = people_of(part).death
            assert alive is not None
            came = never & (without <= np.minimum(alive, END_DAY))
            untreated_events += int(came.sum())
            assert (part.onset[planted.outcome][came] == without[came]).all()
            assert (start[fits] >= START_DAY).all()
    assert untreated_events > 100


def test_marginal_ratios_are_near_the_stored_ones() -> None:
    stored = load("effects")["marginal"]
    for planted, width in zip(PLANTED, (0.12, 0.25, 0.40), strict=True):
        found = marginal(planted.name, people_count=15_000, seed=99)
        assert abs(np.log(found / stored[planted.name])) < width


def test_every_effect_is_named_once() -> None:
    names = [row[0] for row in rows()]
    assert len(names) == len(set(names)) > 100
    known = {row[0]: row[4] for row in rows()}
    assert known["statin_on_mi"] == 0.70
    assert known["vitamin_d_on_death"] == 1.0
    assert all(len(name) <= 40 for name in names)
    assert all(0.05 < ratio < 25 for ratio in known.values())
