"""Treatments and programmes that change the hazard of later disease: the planted effects."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from labkit.world.hazard import YEAR, Baseline, invert
from labkit.world.part import NEVER, Part
from labkit.world.population import people_of
from labkit.world.region import region

STATINS_FROM = (date(1996, 1, 1) - date(1970, 1, 1)).days
PROGRAMME_FROM = (date(2018, 1, 1) - date(1970, 1, 1)).days
PROGRAMME_MUNICIPALITY = "Røros"
PROGRAMME_AGE = 65

# First statin without any of the diseases below, per 1000 person-years, and the rate ratios from
# their onset on. Shaped to users per 1000 by age in 2023 (calibration/targets.csv, users_C10AA).
# Only what a register or record shows decides: so measured confounders are enough to adjust for.
STATIN = Baseline.from_bands(
    [0, 35, 45, 55, 65, 75, 85], [0, 4, 12, 21, 24, 13, 4], [0, 1.3, 6.5, 15.5, 21, 13, 4]
)
STATIN_AFTER = {"hypertension": 2.0, "t2d": 5.5, "ihd": 15.0, "ckd": 1.3}
STATIN_STOP_FIRST_YEAR = 0.14  # 82 % still collect it after a year (from memory)
STATIN_STOP_LATER = 0.02  # per year after that

ANTICOAGULATED = ((0, 0.55), (65, 0.91), (75, 0.94))  # of people with atrial fibrillation, by age
NOAC_FROM = (date(2011, 10, 1) - date(1970, 1, 1)).days
ANTICOAGULATED_BEFORE = 0.65  # of those shares, in the years of warfarin alone


def statin(part: Part, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Start and stop of a statin before any infarction or stroke, by what has been found."""
    people = people_of(part)
    rng = part.rng("treatment.statin")
    start = invert(
        STATIN,
        rng.standard_exponential(part.size),
        female=people.female,
        birth=people.birth,
        multiplier=np.ones(part.size),
        jumps=[(part.found[name], ratio) for name, ratio in STATIN_AFTER.items()],
        since=STATINS_FROM,
    )
    early = rng.random(part.size)
    late = rng.standard_exponential(part.size) / STATIN_STOP_LATER
    years = np.where(early < STATIN_STOP_FIRST_YEAR, early / STATIN_STOP_FIRST_YEAR, 1 + late)
    stop = np.where(start < NEVER, start + 30 + years * YEAR, NEVER)
    return {"statin": start, "statin_stop": np.minimum(stop, NEVER).astype(np.int32)}


def anticoagulant(part: Part, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Start of an anticoagulant two weeks after atrial fibrillation was found."""
    people = people_of(part)
    draw = part.rng("treatment.anticoagulant").random(part.size)
    onset = known["af"]
    ages, shares = np.array(ANTICOAGULATED).T
    age = (onset - people.birth) / YEAR
    share = shares[np.maximum(np.searchsorted(ages, age, side="right") - 1, 0)]
    at_once = draw < share * np.where(onset < NOAC_FROM, ANTICOAGULATED_BEFORE, 1.0)
    later = (draw < share) & ~at_once  # treated when the newer drugs came
    start = np.where(at_once, onset + 14, np.where(later, NOAC_FROM + 365, NEVER))
    return {"anticoagulant": np.where(onset < NEVER, start, NEVER).astype(np.int32)}


def programme(part: Part, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Fall prevention for everyone of 65 and above in one municipality, from one day on."""
    people = people_of(part)
    names = region(part.config.region).names
    there = (names == PROGRAMME_MUNICIPALITY)[people.municipality]
    start = np.maximum(people.birth + round(PROGRAMME_AGE * YEAR), PROGRAMME_FROM)
    return {"programme": np.where(there, start, NEVER).astype(np.int32)}
