"""Planted effects: the right analysis finds them, the naive one does not."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import CoxPHFitter

from labkit.world.calibration import fit, load
from labkit.world.contacts import contacts
from labkit.world.drugs import DRUGS, VITAMIN_D, after_discharge, prescriptions
from labkit.world.effect import PLANTED, both_worlds, eligible, marginal, rows
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, NEVER, START_DAY, Config, Part
from labkit.world.population import family, people_of
from labkit.world.treatment import PROGRAMME_FROM

STATIN, ANTICOAGULANT, PROGRAMME = PLANTED
CONFOUNDERS = ["hypertension", "t2d", "ihd", "ckd"]


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return list(fit.simulate(Config(people=100_000, seed=505), 20))


def split(part: Part) -> pd.DataFrame:
    """Person-time from 40 to 85 years, cut where treatment, diagnoses or age group change."""
    who = people_of(part)
    assert who.death is not None
    start = np.maximum(who.entry, who.birth + 40 * 365)
    outcome = part.onset["mi"]
    stop = np.minimum(np.minimum(who.death, END_DAY), who.birth + 85 * 365)
    stop = np.minimum(stop, outcome)
    there = (stop > start) & (outcome >= start)
    cuts = [part.treatment["statin"], part.treatment["statin_stop"]]
    cuts += [part.found[name] for name in CONFOUNDERS]
    cuts += [who.birth + age * 365 for age in range(45, 85, 5)]
    edges = np.sort(np.clip(np.stack([*cuts, start, stop]).astype(np.int64), start, stop), axis=0)
    frames = []
    for low, high in pairwise(edges):
        on = there & (high > low)
        middle = ((low + high) / 2)[on]
        statin = part.treatment["statin"][on] <= middle
        frame = {
            "age": (middle - who.birth[on]) // (5 * 365),
            "female": who.female[on],
            "statin": statin & (part.treatment["statin_stop"][on] > middle),
            "years": (high - low)[on] / YEAR,
            "events": (outcome > low)[on] & (outcome <= high)[on],
        }
        frame |= {name: part.found[name][on] <= middle for name in CONFOUNDERS}
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames)


def rate_ratio(cells: pd.DataFrame, *columns: str) -> tuple[float, float, float]:
    """Rate ratio of a statin with its 95 % interval, adjusted for columns (Poisson)."""
    design = cells[["statin", *[c for c in columns if c != "age"]]].astype(float)
    if "age" in columns:
        ages = pd.get_dummies(cells["age"], prefix="age", drop_first=True).astype(float)
        design = pd.concat([design, ages], axis=1)
    model = sm.GLM(
        cells["events"],
        sm.add_constant(design),
        family=sm.families.Poisson(),
        offset=np.log(cells["years"]),
    ).fit()
    low, high = model.conf_int().loc["statin"]
    return float(np.exp(model.params["statin"])), float(np.exp(low)), float(np.exp(high))


def test_confounding_by_indication(parts: list[Part]) -> None:
    keys = ["age", "female", "statin", *CONFOUNDERS]
    cells = pd.concat([split(part) for part in parts]).astype(float)
    cells = cells.groupby(keys, as_index=False).sum()
    crude = rate_ratio(cells)
    assert crude[1] > 1.3  # the whole interval on the wrong side
    value, low, high = rate_ratio(cells, "age", "female", *CONFOUNDERS)
    assert low < 0.70 < high
    assert high < 1
    assert 0.55 < value < 0.85


def test_age_and_sex_alone_do_not_undo_it(parts: list[Part]) -> None:
    keys = ["age", "female", "statin"]
    cells = pd.concat([split(part) for part in parts]).astype(float)
    cells = cells.groupby(keys, as_index=False)[["years", "events"]].sum()
    assert rate_ratio(cells, "age", "female")[0] > 0.95


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
def discharged() -> pd.DataFrame:
    """Everyone discharged with vitamin D: days to death or end, day of collection."""
    frames = []
    for part in fit.simulate(Config(people=30_000, seed=606), 6):
        family(part)
        contacts(part)
        prescriptions(part)
        who = people_of(part)
        assert who.death is not None
        row = after_discharge(part)
        person = part.contacts["person"][row]
        left = part.contacts["stop"][row] // 1440
        collected = np.full(part.size, float(NEVER))
        drug = part.dispensings["atc"] == DRUGS.index(VITAMIN_D)
        np.minimum.at(collected, part.dispensings["person"][drug], part.dispensings["day"][drug])
        end = np.minimum(who.death[person], np.minimum(END_DAY, left + 730))
        frame = {
            "days": np.maximum(end - left, 0.5),
            "died": who.death[person] <= end,
            "collected": np.maximum(collected[person] - left, 0.25),
            "age": (left - who.birth[person]) / YEAR,
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def cox(frame: pd.DataFrame, **options: str) -> tuple[float, float, float]:
    model = CoxPHFitter().fit(frame, "days", "died", **options)
    row = model.summary.loc["ever"]
    return tuple(float(row[c]) for c in ("exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%"))


def test_immortal_time_looks_like_protection(discharged: pd.DataFrame) -> None:
    frame = discharged[["days", "died", "age"]].assign(
        ever=(discharged["collected"] <= discharged["days"]).astype(float)
    )
    value, _, high = cox(frame)
    assert value < 0.75
    assert high < 1


def test_exposure_from_the_day_of_collection_shows_no_effect(discharged: pd.DataFrame) -> None:
    got = discharged["collected"] < discharged["days"]
    before = discharged[["days", "died", "age"]].assign(ever=0.0, entry=0.0)
    before.loc[got, "days"] = discharged.loc[got, "collected"]
    before.loc[got, "died"] = False
    after = discharged.loc[got, ["days", "died", "age"]].assign(ever=1.0)
    after["entry"] = discharged.loc[got, "collected"]
    _, low, high = cox(pd.concat([before, after]), entry_col="entry")
    assert low < 1 < high


def test_counterfactuals_agree_with_what_happened(parts: list[Part]) -> None:
    untreated_events = 0
    for planted in PLANTED:
        for part in parts[:4]:
            fits, start = eligible(part, planted)
            without, treated = both_worlds(part, planted, start)
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
