"""Death: the first of what could kill, which is also its cause.

Background mortality (what is left of everybody's mortality when the diseases of the kit have taken
their share), each disease's own fatality and excess, and the fatality of acute episodes run side by
side as competing risks; `cause` turns what killed into codes.
"""

import numpy as np

from labkit.world.calibration import baselines
from labkit.world.episode import kinds
from labkit.world.hazard import YEAR, Baseline, cohort, invert
from labkit.world.part import END_DAY, NEVER, Part
from labkit.world.population import people_of

TREND = -0.015  # of mortality, per year: death rates of 2010-14, 2015-19 and 2023 by age
SMOKING = np.array([1.0, 1.15, 1.5])
EDUCATION = np.array([1.25, 1.5, 1.25, 1.1, 1.0])
# How strong that is (a power), by year of birth: those who die in middle age differ more by
# education than the old. Shaped to ratios of 2.1, 1.7 and 1.35 at 45-64, 65-74 and 75-84 between
# compulsory school and higher education (from memory).
STEEP = [1925, 1935, 1945, 1960], [0.2, 0.45, 1.4, 2.4]
FRAILTY = 0.8
# Deaths per 1000 person-years 2015-2019: Human Mortality Database.
AGES: list[float] = [
    0,
    1,
    5,
    10,
    15,
    20,
    25,
    30,
    35,
    40,
    45,
    50,
    55,
    60,
    65,
    70,
    75,
    80,
    85,
    90,
    95,
]
MEN = [2.405, 0.122, 0.058, 0.091, 0.302, 0.568, 0.610, 0.692, 0.820, 1.101, 1.625, 2.737]
MEN += [4.608, 7.605, 12.574, 20.392, 35.765, 67.407, 126.236, 225.056, 378.910]
WOMEN = [2.025, 0.095, 0.042, 0.083, 0.162, 0.204, 0.259, 0.310, 0.436, 0.658, 1.107, 1.882]
WOMEN += [3.099, 4.996, 8.280, 13.837, 24.627, 46.882, 92.094, 179.814, 330.243]


def background(part: Part) -> np.ndarray:
    """Draw the day on which everything else than the kit's diseases would kill."""
    people = people_of(part)
    assert people.smoking is not None
    assert people.frailty is not None
    ages, men, women = baselines().get("background", (AGES, MEN, WOMEN))
    steep = np.interp(1970 + people.birth / YEAR, *STEEP)
    factor = SMOKING[people.smoking] * EDUCATION[people.education] ** steep
    factor = factor * people.frailty**FRAILTY * cohort(people.birth, TREND)
    return invert(
        Baseline.from_bands(ages, men, women, trend=TREND),
        part.rng("death.background").standard_exponential(part.size),
        female=people.female,
        birth=people.birth,
        multiplier=factor,
        since=people.entry,
    )


def deaths(part: Part) -> None:
    """Fill `part.people.death`, and end disease and illness there."""
    people = people_of(part)
    first = background(part).astype(np.int64)
    cause = np.zeros(part.size, dtype=np.int16)
    for number, day in enumerate(part.fatal.values(), start=1):
        sooner = day < first
        first = np.where(sooner, day, first)
        cause[sooner] = number
    number = len(part.fatal)
    for name, kind in kinds().items():
        number += 1
        who, day = part.episodes[name]
        rng = part.rng(f"fatal.{name}")
        draw, delay, ward = rng.random((3, len(who)))
        age = (day - people.birth[who]) / YEAR
        inside = ward < np.interp(age, kind.admitted["ages"], kind.admitted["share"])
        fatal = np.interp(age, kind.fatal["ages"], kind.fatal["share"])
        if kind.fatal_outside:
            outside = np.interp(age, kind.fatal_outside["ages"], kind.fatal_outside["share"])
            fatal = np.where(inside, fatal, outside)
        else:
            fatal = np.where(inside, fatal, 0.0)
        dies = draw < fatal / 100
        kill = np.full(part.size, NEVER, dtype=np.int64)
        np.minimum.at(kill, who[dies], (day + np.floor(30 * delay**2).astype(np.int64))[dies])
        sooner = kill < first
        first = np.where(sooner, kill, first)
        cause[sooner] = number
        part.admitted[name] = inside
    people.death = np.where(first <= END_DAY + 40 * 366, first, NEVER).astype(np.int32)
    part.cause = cause
    for name, day in part.onset.items():
        part.onset[name] = np.where(day <= people.death, day, NEVER).astype(np.int32)
    for name, day in part.found.items():
        part.found[name] = np.where(day <= people.death, day, NEVER).astype(np.int32)
    for name, (who, day) in part.episodes.items():
        keep = day <= people.death[who]
        part.episodes[name] = who[keep], day[keep]
        part.admitted[name] = part.admitted[name][keep]
