"""The medical birth registry (MFR): one row per child born in the window to a woman of the region.

Source:
    Weight for gestational age: Marsal et al. (1996), Acta Paediatrica 85:843-848, by sex, standard
    deviation 12 %. Shares of preterm birth, caesarean section, still and multiple birth, mean
    weight and length of pregnancy: the calibration figures (`preterm_share`, `caesarean_share`,
    `stillbirth_rate`, `birth_weight_mean`, ...). Smoking lowers the weight by about 190 g and
    raises preterm birth by 1.3; Apgar by length of pregnancy from memory.
    The mode of delivery is that of the stay in the records.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from labkit.world.columns import whole_years
from labkit.world.diagnosis_codes import place, procedure_place
from labkit.world.part import END_DAY, START_DAY, Part
from labkit.world.population import date64
from labkit.world.registry.format import integers, words
from labkit.world.registry.pseudonym import extract_order, part_pseudonyms, row_keys
from labkit.world.registry.source import homes, people_of

BOYS = (-1.907345e-6, 1.140644e-3, -1.336265e-1, 1.976961, 2.410053e2)  # grams by days
GIRLS = (-2.761948e-6, 1.744841e-3, -2.893626e-1, 18.91197, -4.135122e2)
WEIGHT_SD = 0.12
LEVEL = 0.983  # of the curve, so that term singletons weigh 3600 g (boys), 3470 g (girls)
TWIN_WEIGHT = 0.93
SMOKING_GRAMS = 190
PRETERM, PRETERM_TWINS, PRETERM_SMOKING = 0.050, 0.48, 1.3
TERM_DAYS, TERM_SD = 281.0, 7.0
STILLBIRTHS = 0.0053  # drawn; a sixth fall where the mother could not have them, 4.4 per 1000 stay
SECTIO, OPERATIVE = 0.16, 0.09  # where the records do not hold the delivery
SECTIO_OF_PRETERM = 0.38  # of preterm singletons
NO_ANSWER = 0.12  # to the question on smoking
NO_ULTRASOUND = 0.01
MODES = ["spontan", "operativ", "sectio"]
EARLIEST, LATEST = 154, 301  # days
DELIVERIES = ("Z37.0", "Z37.2")


@dataclass(frozen=True)
class Births:
    """Children born in the window; arrays of length n, in order of mother and day."""

    mother: np.ndarray  # place in the partition
    child: np.ndarray  # place in the partition, -1 if stillborn
    day: np.ndarray
    girl: np.ndarray
    parity: np.ndarray
    plurality: np.ndarray
    gestation_days: np.ndarray
    weight_g: np.ndarray
    mode: np.ndarray  # place in MODES
    apgar1: np.ndarray
    apgar5: np.ndarray

    @property
    def stillborn(self) -> np.ndarray:
        """Whether the child was stillborn, bool."""
        return self.child < 0


def births(part: Part) -> Births:
    """Find the births of a partition and draw what the registry tells of them.

    The same whenever it is called, once mothers and contacts are known.
    """
    rng = part.rng("mfr.births")
    people = people_of(part)
    mother, child, day = _who_and_when(part, rng)
    girl = np.where(child >= 0, people.female[child], rng.random(len(day)) < 0.486)

    # A delivery: the children one mother bears on one day.
    new = np.r_[True, (np.diff(mother) != 0) | (np.diff(day) != 0)][: len(day)]
    delivery = np.cumsum(new) - 1
    plurality = np.bincount(delivery, minlength=1)[delivery] if len(day) else delivery
    parity = _parity(people.mother, people.birth, mother, day)
    first = np.flatnonzero(new)[delivery]  # what twins have in common is drawn once
    mode = _mode(part, mother, day, rng)[first]
    gestation = _gestation(part, mother, child, plurality, mode == 2, rng)[first]

    daily = people.smoking[mother] == 2 if people.smoking is not None else np.zeros(len(day), bool)
    expected = LEVEL * np.where(girl, np.polyval(GIRLS, gestation), np.polyval(BOYS, gestation))
    expected = expected * np.where(plurality > 1, TWIN_WEIGHT, 1.0) - SMOKING_GRAMS * daily
    spread = 1 + WEIGHT_SD * np.clip(rng.standard_normal(len(day)), -3.5, 3.5)
    weight = np.maximum(expected * spread, 200)

    apgar1, apgar5 = _apgar(gestation, rng)
    return Births(
        mother,
        child,
        day,
        girl,
        parity,
        plurality,
        gestation,
        np.round(weight).astype(np.int64),
        mode,
        apgar1,
        apgar5,
    )


def _who_and_when(
    part: Part, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    people = people_of(part)
    inside = (people.birth >= START_DAY) & (people.birth <= END_DAY)
    child = np.flatnonzero(inside & (people.mother >= 0) & (people.entry == people.birth))
    mother, day = people.mother[child].astype(np.int64), people.birth[child].astype(np.int64)
    # A stillbirth comes a year and a half before a live birth, where the mother was there then.
    lost = rng.random(len(child)) < STILLBIRTHS
    before = day - rng.integers(420, 700, len(child))
    order = np.lexsort((people.birth, people.mother))
    key = (people.mother[order].astype(np.int64) << 20) + people.birth[order] + 2**18
    asked = (mother << 20) + before + 2**18
    near = np.searchsorted(key, asked - 320) != np.searchsorted(key, asked + 320)
    lost &= ~near & (before >= np.maximum(people.entry[mother], START_DAY))
    mother = np.concatenate([mother, mother[lost]])
    day = np.concatenate([day, before[lost]])
    child = np.concatenate([child, np.full(lost.sum(), -1)])
    order = np.lexsort((child, day, mother))
    return mother[order], child[order], day[order]


def _mode(part: Part, mother: np.ndarray, day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Take the mode of delivery from the stay in the records; draw it if there is none."""
    draw = rng.random(len(day))
    drawn = np.where(draw < SECTIO, 2, np.where(draw < SECTIO + OPERATIVE, 1, 0))
    stays = part.contacts
    if not stays:
        return drawn
    row = np.flatnonzero(np.isin(stays["main"], [place(code) for code in DELIVERIES]))
    key = (stays["person"][row].astype(np.int64) << 20) + stays["start"][row] // 1440
    order = np.argsort(key)
    asked = (mother << 20) + day
    if len(row) == 0:
        return drawn
    at = np.minimum(np.searchsorted(key[order], asked), len(row) - 1)
    found = key[order][at] == asked
    done = stays["procedure"][row[order][at]]
    known = np.select([done == procedure_place("MCA10"), done == procedure_place("MAE00")], [2, 1])
    return np.where(found, known, drawn)


def _parity(
    mothers: np.ndarray, births: np.ndarray, mother: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """Count the mother's earlier deliveries among the people of the partition."""
    known = np.flatnonzero(mothers >= 0)
    key = np.unique((mothers[known].astype(np.int64) << 20) + births[known] + 2**18)
    asked = (mother << 20) + day + 2**18
    return np.searchsorted(key, asked) - np.searchsorted(key, mother << 20)


def _gestation(
    part: Part,
    mother: np.ndarray,
    child: np.ndarray,
    plurality: np.ndarray,
    section: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    people = people_of(part)
    n = len(mother)
    after_section = PRETERM * SECTIO_OF_PRETERM / SECTIO
    otherwise = PRETERM * (1 - SECTIO_OF_PRETERM) / (1 - SECTIO)
    share = np.where(section, after_section, otherwise)
    share = np.where(plurality > 1, PRETERM_TWINS, share)
    if people.smoking is not None:
        share = share * np.where(people.smoking[mother] == 2, PRETERM_SMOKING, 1.0)
    early = rng.random(n) < share
    preterm = 259 - np.ceil(np.minimum(rng.gamma(1.3, 13.0, n), 259 - EARLIEST))
    term = np.clip(np.round(TERM_DAYS + TERM_SD * rng.standard_normal(n)), 259, LATEST)
    stillborn = np.round(EARLIEST + 136 * rng.beta(0.8, 0.9, n))
    return np.where(child < 0, stillborn, np.where(early, preterm, term)).astype(np.int64)


def _apgar(gestation: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores at one and five minutes: about 1.5 % under 7 at five minutes, more if preterm."""
    weak = np.where(gestation < 259, 0.10, 0.012) + np.where(gestation < 224, 0.25, 0.0)
    draw, size = rng.random((2, len(gestation)))
    well = np.where(size < 0.62, 10, np.where(size < 0.95, 9, np.where(size < 0.985, 8, 7)))
    five = np.where(draw < weak, np.floor(1 + 6 * np.sqrt(size)), well).astype(np.int64)
    drop = rng.choice(4, len(gestation), p=[0.12, 0.72, 0.11, 0.05])
    return np.maximum(five - drop, 0), five


def mfr(part: Part) -> None:
    """Make the table `mfr`."""
    born, people, home = births(part), people_of(part), homes(part)
    rng = part.rng("mfr")
    order = extract_order(part, born.mother)
    mother, child, day = born.mother[order], born.child[order], born.day[order]
    n, still = len(order), child < 0
    unsure = rng.random(n) < NO_ULTRASOUND
    daily = people.smoking[mother] == 2 if people.smoking is not None else np.zeros(n, bool)
    silent = rng.random(n) < NO_ANSWER * np.where(daily, 2.0, 0.9)
    pseudonym = part_pseudonyms(part)
    then = np.array([int(number) for number in home.then], dtype=np.int32)
    part.tables["mfr"] = {
        "fodsel_id": row_keys(part, "mfr", np.arange(n)),
        "mor_lopenr": pseudonym[mother],
        "barn_lopenr": pa.array(pseudonym[np.maximum(child, 0)], mask=still),
        "fodselsdato": date64(day),
        "mors_alder": whole_years(people.birth[mother], day),
        "mors_kommune": then[home.find(mother, day)],
        "barnets_kjonn": (1 + born.girl[order]).astype(np.int16),
        "paritet": born.parity[order].astype(np.int16),
        "flerfodsel": born.plurality[order].astype(np.int16),
        "vitalstatus": still.astype(np.int16),
        "svangerskapsvarighet_dager": integers(born.gestation_days[order], unsure),
        "fodselsvekt": integers(born.weight_g[order], np.zeros(n, dtype=bool)),
        "apgar1": integers(born.apgar1[order], still),
        "apgar5": integers(born.apgar5[order], still),
        "forlosning": words(born.mode[order], MODES),
        "royk_start": integers(daily, silent),
    }
