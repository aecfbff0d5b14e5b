"""Measurements at contacts: blood pressure, pulse, weight, height, temperature."""

from functools import cache

import numpy as np

from labkit.world.care import encounter_ids, moment, patient_ids
from labkit.world.columns import coded, ordered
from labkit.world.contacts import CAUSE, GP, INPATIENT, OUT_OF_HOURS, OUTPATIENT
from labkit.world.contacts import KINDS as CONTACT_KINDS
from labkit.world.diagnosis_codes import DIAGNOSES
from labkit.world.hazard import YEAR
from labkit.world.part import Part
from labkit.world.population import people_of

KINDS = ("systolic", "diastolic", "pulse", "weight", "height", "temperature")
UNITS = ("mmHg", "/min", "kg", "cm", "°C")
UNIT_OF = np.array([0, 0, 1, 2, 3, 4], dtype=np.int8)  # by place in `KINDS`
# Systolic pressure without hypertension, by age (men, women); with it, untreated and treated. Set
# so that 74.5 % of those treated have a latest record under 140/90, as Chen et al. (2019) report
# for people under care. A Norwegian survey of 2015 gave 60 %: one measurement by strangers, not the
# record of one's own doctor.
AGES = (5, 15, 30, 45, 60, 75, 90)
NORMAL = {
    False: (98, 115, 123, 125, 127, 128, 128),
    True: (98, 110, 114, 119, 123, 127, 129),
}
HYPERTENSIVE = 152.0
TREATED = 131.0
SD_OWN, SD_DAY = 7.5, 8.0
MEASURED = {
    "control:hypertension": 0.92,
    "hypertension": 0.98,
    "control:t2d": 0.75,
    "t2d": 0.9,
    "control:ihd": 0.6,
    "control:mi": 0.6,
    "control:stroke": 0.6,
    "control:hf": 0.6,
    "control:af": 0.5,
    "control:ckd": 0.6,
}
EVERYDAY_GP, EVERYDAY_OUTPATIENT = 0.16, 0.12  # of adults
CHILD, STAY = 0.02, 0.97
FEVER = {"J18": 38.7, "R81": 38.3, "J10": 38.8, "R80": 38.6, "U07": 38.2, "R99": 37.9}
FEVER |= {"A41": 38.9, "N10": 38.8, "K35": 37.9, "A03": 38.4, "H71": 38.1, "A46": 38.6}
WEIGHED = 0.18  # of contacts where blood pressure is taken
HEIGHT = {False: (179.0, 6.8), True: (166.0, 6.4)}  # cm; older people are shorter, see `heights`


def heights(part: Part) -> np.ndarray:
    """Return adult height in cm, drawn once for each person."""
    people = people_of(part)
    draw = part.rng("height").standard_normal(part.size)
    mean = np.where(people.female, HEIGHT[True][0], HEIGHT[False][0])
    sd = np.where(people.female, HEIGHT[True][1], HEIGHT[False][1])
    born = 1970 + people.birth / YEAR
    return np.round(mean + 0.08 * np.clip(born - 1985, -60, 0) + sd * draw)


def height_at(adult_cm: np.ndarray, age_years: np.ndarray) -> np.ndarray:
    """Return height at an age from adult height: children grow, about."""
    share = np.interp(age_years, [0, 1, 2, 5, 10, 14, 17], [0.29, 0.43, 0.50, 0.63, 0.79, 0.92, 1])
    return adult_cm * share


def systolic(part: Part, who: np.ndarray, day: np.ndarray, draw: np.ndarray) -> np.ndarray:
    """Draw systolic pressures in mmHg for people on days."""
    people = people_of(part)
    own = part.rng("systolic").standard_normal(part.size).take(who)
    age = (day - people.birth.take(who)) / YEAR
    normal = np.where(
        people.female.take(who),
        np.interp(age, AGES, NORMAL[True]),
        np.interp(age, AGES, NORMAL[False]),
    )
    assert people.bmi is not None
    mean = normal + 0.4 * (people.bmi.take(who) - 26)
    ill = part.onset["hypertension"].take(who) <= day
    # Treatment is found within some months of the diagnosis.
    treated = part.found["hypertension"].take(who) + 120 <= day
    mean = np.where(ill, np.where(treated, TREATED, HYPERTENSIVE), mean)
    return mean + SD_OWN * own + SD_DAY * draw


@cache
def _chances() -> np.ndarray:
    """Chance that blood pressure is taken: of adults and children, by cause and kind, flat."""
    chance = np.zeros((2, len(CAUSE), len(CONTACT_KINDS)))
    chance[0, CAUSE["everyday"], [GP, OUTPATIENT]] = EVERYDAY_GP, EVERYDAY_OUTPATIENT
    chance[1] = CHILD
    for name, share in MEASURED.items():
        chance[:, CAUSE[name]] = share
    chance[:, :, INPATIENT] = STAY
    return chance.ravel()


@cache
def _fevers() -> np.ndarray:
    """Temperature that goes with each of `DIAGNOSES`, nan where it is the usual."""
    return np.array([FEVER.get(code[:3], np.nan) for code in DIAGNOSES])


def vital_signs(part: Part) -> None:
    """Make the table `vital_sign`."""
    people, found = people_of(part), part.contacts
    assert people.bmi is not None
    rng = part.rng("vital")
    n = len(found["person"])
    age = (found["day"] - people.birth.take(found["person"])) / YEAR
    why = (age < 18) * np.int16(len(CAUSE)) + found["cause"]
    why = why * np.int16(len(CONTACT_KINDS)) + found["kind"]
    at = np.flatnonzero(rng.random(n) < _chances().take(why))
    who, day = found["person"].take(at), found["day"].take(at)
    draws = rng.standard_normal((3, len(at)))
    upper = np.clip(np.round(systolic(part, who, day, draws[0])), 75, 235)
    lower = np.round(np.clip(0.42 * upper + 24 + 6 * draws[1] - 0.1 * (age.take(at) - 50), 40, 130))
    lower = np.minimum(lower, upper - 20)
    pulse = np.round(np.clip(72 + 10 * draws[2] + 30 * (age.take(at) < 6), 40, 180))
    blocks = [(at, 0, upper), (at, 1, lower), (at, 2, pulse)]

    weighed = at[(rng.random(len(at)) < WEIGHED)]
    person = found["person"][weighed]
    tall = height_at(heights(part).take(person), age[weighed])
    heavy = (
        people.bmi.take(person)
        * (tall / 100) ** 2
        * np.exp(0.03 * rng.standard_normal(len(person)))
    )
    blocks += [(weighed, 3, np.round(heavy, 1)), (weighed, 4, np.round(tall))]

    usual = (found["kind"] == INPATIENT) | (found["kind"] == OUT_OF_HOURS)
    fever = _fevers().take(found["main"])
    hot = np.flatnonzero(usual | ~np.isnan(fever))
    # Taken in 0.6 of those with fever, in 0.4 where it is usual, in 0.76 of those with both.
    chance = 1 - np.where(usual.take(hot), 0.6, 1) * np.where(np.isnan(fever.take(hot)), 1, 0.4)
    hot = hot[rng.random(len(hot)) < chance]
    mean = np.where(np.isnan(fever[hot]), 36.9, fever[hot])
    degrees = mean + np.where(mean > 37.5, 0.6, 0.35) * rng.standard_normal(len(hot))
    blocks.append((hot, 5, np.round(np.clip(degrees, 34.5, 41.2), 1)))

    contact = np.concatenate([rows for rows, _, _ in blocks])
    kind = np.concatenate([np.full(len(rows), k, dtype=np.int8) for rows, k, _ in blocks])
    value = np.concatenate([amount for _, _, amount in blocks])
    order, by_contact = ordered(contact * 8 + kind)
    contact, kind, value = by_contact >> 3, (by_contact & 7).astype(np.int8), value.take(order)
    part.tables["vital_sign"] = {
        "vital_sign_id": part.ids(len(contact)),
        "patient_id": patient_ids(part).take(found["person"].take(contact)),
        "encounter_id": encounter_ids(part).take(contact),
        "kind": coded(kind, KINDS),
        "value": value.astype(np.float64),
        "unit": coded(UNIT_OF.take(kind), UNITS),
        "measured_time": moment(np.minimum(found["start"] + 3, found["stop"]).take(contact)),
    }
