"""Disease and death against published figures, on people the fit has not seen."""

import numpy as np
import pytest

from labkit.world.calibration import fit
from labkit.world.disease import diseases
from labkit.world.episode import kinds
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, NEVER, Config, Part
from labkit.world.population import people_of

MID_2023 = 19_539


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return list(fit.simulate(Config(people=40_000, seed=404, region="norway"), 8))


@pytest.fixture(scope="module")
def seen(parts: list[Part]) -> dict[str, np.ndarray]:
    return fit.observe(iter(parts), fit.published())


@pytest.mark.parametrize("name", [*diseases(), *kinds(), "background"])
def test_rates_are_the_published_ones(name: str, seen: dict[str, np.ndarray]) -> None:
    _, men, women = fit.published()[name]
    count, years = seen[name]
    expected = np.array([men, women]).T / 1000 * years
    total = expected.sum()
    assert abs(count.sum() - total) < 4 * np.sqrt(total) + 0.08 * total
    # Band by band and sex by sex, wider: each rests on few events.
    assert (np.abs(count - expected) < 5 * np.sqrt(expected + 2) + 0.15 * expected).all()


def prevalence(parts: list[Part], name: str, low: int, high: int, *, female: bool | None) -> float:
    ill = people = 0
    for part in parts:
        who = people_of(part)
        assert who.death is not None
        age = (MID_2023 - who.birth) / YEAR
        there = (who.entry <= MID_2023) & (who.death > MID_2023) & (age >= low) & (age < high)
        if female is not None:
            there &= who.female == female
        ill += int((there & (part.onset[name] <= MID_2023)).sum())
        people += int(there.sum())
    return 100 * ill / people


# metric of calibration/targets.csv, sex, ages, per cent, tolerance in points
PREVALENCE = [
    ("t2d", False, 60, 70, 12.65, 2.5),
    ("t2d", True, 70, 80, 11.88, 2.5),
    ("af", None, 18, 120, 3.9, 0.9),  # 3.4 % in 2014, growing
    ("hypertension", False, 63, 66, 66.0, 6.0),
    ("hypertension", True, 63, 66, 57.8, 6.0),
    ("dementia", None, 70, 120, 14.6, 2.5),
    ("copd", None, 60, 70, 6.5, 1.5),
    ("copd", None, 70, 80, 10.0, 2.0),
    ("osteoarthritis", None, 55, 65, 24.0, 6.0),
    ("ckd", None, 70, 80, 18.0, 3.5),
]


@pytest.mark.parametrize(("name", "female", "low", "high", "percent", "tolerance"), PREVALENCE)
def test_prevalence(
    parts: list[Part],
    name: str,
    female: bool | None,
    low: int,
    high: int,
    percent: float,
    tolerance: float,
) -> None:
    assert abs(prevalence(parts, name, low, high, female=female) - percent) < tolerance


def test_people_live_as_long_as_norwegians(parts: list[Part]) -> None:
    """Remaining life expectancy at 60 from the deaths of 2019-2023 in the sample."""
    for female, low, high in ((False, 21.5, 25.5), (True, 24.5, 28.5)):
        years = alive = 0.0
        left = 1.0
        for age in range(60, 105):
            dead = time = 0.0
            for part in parts:
                who = people_of(part)
                assert who.death is not None
                start = np.maximum(who.birth + age * YEAR, 17_897)  # 2019-01-01
                start = np.maximum(start, who.entry)
                stop = np.minimum(np.minimum(who.birth + (age + 1) * YEAR, who.death), 19_723)
                fits = (who.female == female) & (stop > start)
                time += (stop - start)[fits].sum() / YEAR
                dead += (who.death[fits] <= stop[fits]).sum()
            rate = dead / time if time else 0.4
            years += left * (1 - rate / 2)
            left *= np.exp(-rate)
        assert low < years + alive < high


def test_disease_lies_within_life(parts: list[Part]) -> None:
    for part in parts:
        who = people_of(part)
        assert who.death is not None
        assert (who.death >= who.entry).all()
        for name, day in part.onset.items():
            ill = day < NEVER
            assert (day[ill] >= who.birth[ill]).all(), name
            assert (day[ill] <= who.death[ill]).all(), name
            assert (part.found[name] >= day).all(), name
        for name, (place, day) in part.episodes.items():
            assert ((day >= who.entry[place]) & (day <= who.death[place])).all(), name
            assert (day <= END_DAY).all()


def test_nobody_has_the_other_sexs_cancer(parts: list[Part]) -> None:
    for part in parts:
        female = people_of(part).female
        assert (part.onset["prostate_cancer"][female] == NEVER).all()
        assert (part.onset["breast_cancer"][~female] == NEVER).all()


def test_epidemics_have_their_seasons(parts: list[Part]) -> None:
    influenza = np.concatenate([part.episodes["influenza"][1] for part in parts])
    covid = np.concatenate([part.episodes["covid"][1] for part in parts])
    month = influenza.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    assert np.isin(month, [11, 0, 1, 2, 3]).mean() > 0.85
    quiet = (influenza >= 18_536) & (influenza < 18_800)  # October 2020 to June 2021
    assert quiet.mean() < 0.01
    assert (covid >= 18_322).all()  # 1 March 2020


def test_half_of_those_who_die_of_covid_were_never_admitted(parts: list[Part]) -> None:
    inside = outside = 0
    number = 1 + len(diseases()) + list(kinds()).index("covid")
    for part in parts:
        people, (who, day) = people_of(part), part.episodes["covid"]
        assert people.death is not None
        assert part.cause is not None
        killed = (part.cause[who] == number) & (people.death[who] - day < 30)
        inside += int((killed & part.admitted["covid"]).sum())
        outside += int((killed & ~part.admitted["covid"]).sum())
    assert inside + outside > 30
    assert 0.3 < inside / (inside + outside) < 0.7


def test_men_die_more_often_of_a_broken_hip(parts: list[Part]) -> None:
    died, fell = np.zeros(2), np.zeros(2)
    for part in parts:
        people, day = people_of(part), part.onset["hip_fracture"]
        assert people.death is not None
        new = (day >= people.entry) & (day < END_DAY - 365)
        np.add.at(fell, people.female[new].astype(int), 1)
        np.add.at(died, people.female[new].astype(int), (people.death - day)[new] < 365)
    assert 1.1 < (died / fell)[0] / (died / fell)[1] < 2.5
