"""Risk factors: smoking, body mass index, and the frailty nobody measures."""

import numpy as np

from labkit.world.columns import coded
from labkit.world.hazard import YEAR
from labkit.world.part import Part
from labkit.world.population import people_of

SMOKING = ("never", "former", "daily")
# Status in mid-2017, held constant. Per cent daily in 2017 (11 % at 16-74, 8 % at 16-44, 15 % at
# 45-74: Statistics Norway; the profile inside from memory of 2023) and ever-smokers (62 % of men
# and 52 % of women at 65-79, and the younger, from memory).
SMOKING_DAY = 17_348
SMOKING_AGES = np.array([0, 16, 25, 35, 45, 55, 65, 75])
DAILY = np.array([0.0, 4.0, 8.5, 10.0, 14.0, 17.0, 13.5, 9.0])
EVER = {
    False: np.array([0.0, 12.0, 28.0, 34.0, 44.0, 54.0, 62.0, 62.0]),
    True: np.array([0.0, 10.0, 25.0, 32.0, 44.0, 52.0, 54.0, 42.0]),
}
# Odds of daily smoking against short tertiary education, levels 0 (none yet) and 1-4: 16, 11 and
# 3 % at 25-74 in 2022 (from memory).
SMOKING_ODDS = np.array([1.4, 3.0, 1.9, 0.6, 0.35])

# Mean and spread in adults: the fourth HUNT survey, 2017-2019 (from memory).
BMI = {False: (27.6, 4.2), True: (27.0, 5.2)}
BMI_AGES = np.array([0, 2, 6, 12, 18, 25, 35, 50, 65, 80, 95])
BMI_SHAPE = np.array([0.62, 0.60, 0.57, 0.68, 0.85, 0.93, 0.99, 1.02, 1.02, 0.98, 0.93])
BMI_BY_EDUCATION = np.array([0.0, 0.7, 0.4, -0.4, -0.8])

FRAILTY_VARIANCE = 0.3


def exposures(part: Part) -> None:
    """Draw smoking, BMI and frailty into `part.people`."""
    people = people_of(part)
    rng = part.rng("exposure")
    n = part.size
    age = (SMOKING_DAY - people.birth) / YEAR
    group = np.searchsorted(SMOKING_AGES, age, side="right") - 1
    group = np.maximum(group, 0)
    odds = DAILY[group] / (100 - DAILY[group]) * SMOKING_ODDS[people.education] / 1.5
    daily = odds / (1 + odds)
    ever = np.where(people.female, EVER[True][group], EVER[False][group]) / 100
    former = np.clip(ever - daily, 0.02 * (group > 0), None)
    draw = rng.random(n)
    people.smoking = np.where(draw < daily, 2, np.where(draw < daily + former, 1, 0)).astype(
        np.int8
    )

    mean = np.where(people.female, BMI[True][0], BMI[False][0])
    spread = np.where(people.female, BMI[True][1], BMI[False][1])
    shape = np.interp(age, BMI_AGES, BMI_SHAPE)
    mean = mean * shape + np.where(age >= 18, BMI_BY_EDUCATION[people.education], 0.0)
    spread = spread * shape
    sigma = np.sqrt(np.log1p((spread / mean) ** 2))
    bmi = np.exp(np.log(mean) - sigma**2 / 2 + sigma * rng.standard_normal(n))
    people.bmi = np.round(np.clip(bmi, 11.5, 65), 1).astype(np.float32)

    shape_parameter = 1 / FRAILTY_VARIANCE
    people.frailty = rng.gamma(shape_parameter, FRAILTY_VARIANCE, n).astype(np.float32)


def exposure(part: Part) -> None:
    """Make the table `exposure`."""
    people = people_of(part)
    assert people.smoking is not None
    assert people.bmi is not None
    assert people.frailty is not None
    part.tables["exposure"] = {
        "person_id": people.person_id,
        "education": coded(np.maximum(people.education, 1) - 1, ["1", "2", "3", "4"]),
        "smoking": coded(people.smoking, SMOKING),
        "bmi": people.bmi.astype(np.float64).round(1),
        "frailty": people.frailty.astype(np.float64).round(3),
    }
