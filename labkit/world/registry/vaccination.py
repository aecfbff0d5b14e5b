"""The vaccination registry (SYSVAK): influenza each autumn, COVID-19 from 27 December 2020.

Source:
    Influenza at 65 and above: `influenza_vaccine_coverage` in the calibration figures; 2010-2014
    and 2017 interpolated. COVID-19 doses one and two by age: the national institute's figures of
    6 January 2022 (NTB); doses three and later, and risk groups, from memory. Registration of
    influenza vaccines was less complete before 2020, and coverage here is what was registered.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from labkit.world.normal import quantile
from labkit.world.part import END_DAY, NEVER, Part
from labkit.world.population import date64
from labkit.world.registry.format import date_text, integers, words
from labkit.world.registry.hospital import birth_year
from labkit.world.registry.pseudonym import extract_order, part_pseudonyms, row_keys
from labkit.world.registry.source import death_days, homes, people_of

VACCINES = ["J07BB02", "J07BN01", "J07BN02"]  # influenza; mRNA and viral vector against COVID-19
INFLUENZA, MRNA, VECTOR = 0, 1, 2
FIRST_SEASON = 2010
COVERAGE_65 = (20, 20, 21, 21, 22, 24, 38, 39, 40, 43, 61, 63, 62, 64, 61)  # %, 2010/11-2024/25
RISK_SHARE, OTHER_SHARE = 0.55, 0.10  # of the coverage at 65 and above
RISK = ("t1d", "t2d", "copd", "asthma", "hf", "ihd", "mi", "stroke", "af", "ckd")
STEADY = 0.8  # share of the inclination that stays with the person from year to year


def day_of(text: str) -> int:
    """Return a day as a count from 1970-01-01."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Dose:
    """One dose of the COVID-19 programme: shares in % and first days by age on 2021-07-01."""

    number: int
    ages: tuple[int, ...]
    share: tuple[float, ...]
    first: tuple[str, ...]
    weeks: tuple[int, ...]  # over which the age group was vaccinated


DOSES = (
    Dose(
        1,
        (12, 16, 18, 45, 65, 80),
        (78, 95.9, 90, 93, 96, 97),
        ("2021-09-06", "2021-08-23", "2021-06-14", "2021-05-03", "2021-03-01", "2020-12-27"),
        (6, 4, 12, 8, 9, 10),
    ),
    Dose(
        2,
        (12, 16, 18, 45, 65, 80),
        (2.2, 81.2, 86, 91, 95, 96),
        ("2021-11-08", "2021-10-18", "2021-08-02", "2021-06-28", "2021-05-10", "2021-02-07"),
        (6, 6, 9, 7, 7, 8),
    ),
    Dose(
        3,
        (18, 45, 65, 80),
        (43, 72, 92, 93),
        ("2022-01-03", "2021-12-13", "2021-11-15", "2021-10-11"),
        (9, 7, 6, 6),
    ),
    Dose(4, (18, 65, 80), (4, 62, 76), ("2022-09-05", "2022-09-05", "2022-08-01"), (12, 10, 10)),
    Dose(5, (18, 65, 80), (2, 50, 62), ("2023-09-25",) * 3, (10, 9, 8)),
    Dose(6, (18, 65, 80), (1, 42, 54), ("2024-09-30",) * 3, (10, 8, 8)),
)
VECTOR_DAYS = (day_of("2021-02-11"), day_of("2021-03-11"))  # in use; then stopped
VECTOR_SHARE = 0.04  # of adults under 66, mostly health personnel


def sysvak(part: Part) -> None:
    """Make the table `sysvak`."""
    rng = part.rng("sysvak")
    people, home = people_of(part), homes(part)
    inclined = rng.standard_normal(part.size)
    shots = [_influenza(part, inclined, rng), _covid(part, inclined, rng)]
    person, day, vaccine, dose = (np.concatenate(c) for c in zip(*shots, strict=True))
    by_day = np.argsort(day, kind="stable")
    order = by_day[extract_order(part, person[by_day])]
    person, day, vaccine, dose = person[order], day[order], vaccine[order], dose[order]
    part.tables["sysvak"] = {
        "vaksinasjon_id": row_keys(part, "sysvak", np.arange(len(day))),
        "person_lopenr": part_pseudonyms(part)[person],
        "fodselsaar": birth_year(people.birth)[person],
        "kjonn": words(people.female[person], ["M", "K"]),
        "bosted": words(home.find(person, day), home.name),
        "vaksinedato": date_text(day, "%Y-%m-%d"),
        "vaksine": words(vaccine, VACCINES),
        "dosenr": integers(dose, dose == 0),
        "registrert": date64(day + np.minimum(rng.geometric(0.55, len(day)) - 1, 14)),
    }


Shots = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # person, day, vaccine, dose


def _inclination(inclined: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """This season's inclination, standard normal; correlated with that of other seasons."""
    return np.sqrt(STEADY) * inclined + np.sqrt(1 - STEADY) * rng.standard_normal(len(inclined))


def _influenza(part: Part, inclined: np.ndarray, rng: np.random.Generator) -> Shots:
    people, death = people_of(part), death_days(part)
    ill = np.full(part.size, NEVER, dtype=np.int64)
    for disease in RISK:
        ill = np.minimum(ill, part.onset.get(disease, NEVER))
    found = []
    for year, coverage in enumerate(COVERAGE_65, start=FIRST_SEASON):
        start = day_of(f"{year}-10-01")
        age = (start - people.birth) / 365.25
        group = np.where(age < 0.5, 0, np.where(age >= 65, 3, np.where(ill <= start, 2, 1)))
        limit = quantile(np.array([0.0, OTHER_SHARE, RISK_SHARE, 1.0]) * coverage / 100)
        who = np.flatnonzero(_inclination(inclined, rng) < limit[group])
        # Most are vaccinated in October and November, the last at the end of the year.
        day = start + np.floor(91 * rng.beta(1.6, 3.2, len(who))).astype(np.int64)
        here = (day < death[who]) & (day >= people.entry[who]) & (day <= END_DAY)
        found.append((who[here], day[here]))
    person = np.concatenate([who for who, _ in found])
    day = np.concatenate([d for _, d in found])
    none = np.zeros(len(day), dtype=np.int64)
    return person, day, none + INFLUENZA, none


def _covid(part: Part, inclined: np.ndarray, rng: np.random.Generator) -> Shots:
    """Each dose goes to those who had the one before; the shares are of everyone."""
    people, death = people_of(part), death_days(part)
    age = (day_of("2021-07-01") - people.birth) / 365.25
    last = np.full(part.size, -(2**20))
    had = np.ones(part.size, dtype=bool)
    before = np.ones(part.size)
    found = []
    for dose in DOSES:
        group = np.searchsorted(np.array(dose.ages), age, side="right") - 1
        share = np.where(group < 0, 0.0, np.array(dose.share)[group] / 100)
        first = np.array([day_of(d) for d in dose.first])[group]
        weeks = np.array(dose.weeks)[group]
        day = first + np.floor(7 * weeks * rng.random(part.size)).astype(np.int64)
        vector = np.zeros(part.size, dtype=bool)
        if dose.number == 1:
            vector = (rng.random(part.size) < VECTOR_SHARE) & (age >= 18) & (age < 66)
            early = rng.integers(*VECTOR_DAYS, part.size)
            day = np.where(vector, early, day)
        day = np.maximum(day, last + 21)
        if dose.number == 1:
            takes = _inclination(inclined, rng) < quantile(share)
        else:
            takes = had & (rng.random(part.size) < share / before)
        takes &= (day < death) & (day >= people.entry) & (day <= END_DAY)
        who = np.flatnonzero(takes)
        found.append((who, day[who], np.where(vector[who], VECTOR, MRNA), dose.number))
        before = np.where(share > 0, np.minimum(share, before), before)
        had, last = takes, np.where(takes, day, last)
    person, day, vaccine = (np.concatenate([f[i] for f in found]) for i in range(3))
    number = np.concatenate([np.full(len(f[0]), f[3]) for f in found])
    return person, day, vaccine, number
