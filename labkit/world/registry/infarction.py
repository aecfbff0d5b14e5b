"""The infarction registry: one row per infarction admitted to hospital since 2013.

Stays for an infarction less than 28 days apart are one infarction, whichever hospital they were at.

Source:
    First report of the registry (2013 data): 28 % STEMI; PCI in 77 % of STEMI and 35 % of NSTEMI;
    transfers count once. An earlier infarction is one known before the day of admission. About one
    case in ten is missing, as the yearly coverage analyses against the patient registry find;
    door-to-balloon times are from memory.
"""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit.world.columns import coded, codes, take, whole_years
from labkit.world.drugs import DRUGS
from labkit.world.part import END_DAY, Part
from labkit.world.registry.format import date_text, decimal_comma, integers, words
from labkit.world.registry.pseudonym import part_pseudonyms, row_keys
from labkit.world.registry.source import (
    Encounters,
    codes_by_encounter,
    death_days,
    encounters,
    main_diagnoses,
    numbers,
    people_of,
)
from labkit.world.units import units

SINCE = (date(2013, 1, 1) - date(1970, 1, 1)).days
COMPLETENESS = 0.90
SAME_DAYS = 28
STEMI_CODES, NSTEMI_CODE = ("I21.0", "I21.1"), "I21.4"
STEMI_SHARE = 0.28  # where the code does not tell
PCI_CODES = ("FNG02", "FNG05")
BALLOON_MEDIAN_MIN, BALLOON_SPREAD = 78, 0.45
SMOKING_UNKNOWN = 0.08
STATIN_DAYS = 30  # a statin collected this soon after discharge was started in hospital


def infarkt(part: Part) -> None:
    """Make the table `infarkt`."""
    rng = part.rng("infarkt")
    people, death = people_of(part), death_days(part)
    seen = encounters(part, ("inpatient",), since=SINCE)
    main = main_diagnoses(part, seen.row)
    place, distinct = codes(main)
    is_infarction = np.array([code.startswith("I21") for code in distinct], dtype=bool)
    stay = np.flatnonzero(is_infarction[place])
    person, day = seen.person[stay], seen.day[stay]
    new = np.r_[True, (person[1:] != person[:-1]) | (np.diff(day) >= SAME_DAYS)][: len(stay)]
    case = np.cumsum(new) - 1
    first = stay[new]
    n = len(first)

    # The first code that tells decides the type.
    told = np.array([_stemi(code) for code in distinct])[place[stay]]
    stemi = np.where(rng.random(n) < STEMI_SHARE, 1, 0)
    known = told[::-1] >= 0
    stemi[case[::-1][known]] = told[::-1][known]
    pci = _had_pci(part, seen, first)
    person, day = seen.person[first], seen.day[first]
    last = (np.append(np.flatnonzero(new)[1:], len(stay)) - 1)[:n]
    out = seen.stop[stay[last]] // 1440
    dead = death[person]
    balloon = BALLOON_MEDIAN_MIN * np.exp(BALLOON_SPREAD * rng.standard_normal(n))
    reported = rng.random(n) < COMPLETENESS
    silent = rng.random(n) < SMOKING_UNKNOWN
    smoking = people.smoking if people.smoking is not None else np.zeros(part.size, np.int8)
    earlier = (part.onset["mi"][person] < day - SAME_DAYS).astype(np.int16)
    hospital = part.contacts["organisation"][seen.row[first]]
    names = {number: name for number, name, *_ in units(part.config.region).organisations}
    hospitals, at = np.unique(hospital, return_inverse=True)
    minute = seen.start[first] % 1440
    died_in = dead <= out
    columns = {
        "infarkt_id": row_keys(part, "infarkt", np.cumsum(reported) - 1),
        "pasientnr": part_pseudonyms(part)[person],
        "alder": whole_years(people.birth[person], day),
        "kvinne": people.female[person].astype(np.int16),
        "sykehus": words(at, [names[h] for h in hospitals.tolist()]),
        "innlagt": _day_and_minute(day, minute),
        "infarkttype": words(stemi, ["NSTEMI", "STEMI"]),
        "tidligere_infarkt": earlier,
        "royker": integers(smoking[person], silent),
        "troponin_maks": decimal_comma(_troponin(part, seen.row[stay], case, n), 1),
        "pci": words(pci, ["Nei", "Ja"]),
        "dor_til_ballong_min": integers(np.round(balloon), ~((stemi == 1) & pci)),
        "statin_ut": words(_statin(part, person, day, out), ["Nei", "Ja"], died_in),
        "dod_30d": integers(dead <= day + 30, (dead > END_DAY) & (day + 30 > END_DAY)),
    }
    part.tables["infarkt"] = take(columns, np.flatnonzero(reported))


def _stemi(code: str) -> int:
    return 1 if code in STEMI_CODES else 0 if code == NSTEMI_CODE else -1


def _had_pci(part: Part, seen: Encounters, first: np.ndarray) -> np.ndarray:
    """Whether the person had a PCI at a stay that began within 28 days of each first stay."""
    done, count = codes_by_encounter(part, "procedure", seen.row)
    place, distinct = codes(done)
    is_pci = np.array([code in PCI_CODES for code in distinct], dtype=bool)
    stay = np.repeat(np.arange(len(count)), count)[is_pci[place]]
    when = (seen.person.astype(np.int64) << 20) + seen.day
    key = np.sort(when[stay])
    found = np.searchsorted(key, when[first] + SAME_DAYS) > np.searchsorted(key, when[first])
    return np.asarray(found)


def _troponin(part: Part, row: np.ndarray, case: np.ndarray, n: int) -> np.ndarray:
    """The highest troponin T of each infarction, nan if none was measured."""
    highest = np.full(n, np.nan)
    if "lab_result" not in part.tables or n == 0:
        return highest
    labs = part.tables["lab_result"]
    place, distinct = codes(labs["analyte"])
    wanted = np.flatnonzero(place == distinct.index("troponin_t"))
    ids = numbers(part.tables["encounter"]["encounter_id"])[row]
    order = np.argsort(ids)
    encounter = numbers(labs["encounter_id"])[wanted]
    at = np.minimum(np.searchsorted(ids, encounter, sorter=order), len(ids) - 1)
    hit = ids[order[at]] == encounter
    value = numbers(labs["value"])[wanted].astype(float)
    hit &= ~np.isnan(value)
    top = np.full(n, -np.inf)
    np.maximum.at(top, case[order[at[hit]]], value[hit])
    return np.where(np.isinf(top), np.nan, top)


def _statin(part: Part, person: np.ndarray, day: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Whether a statin was collected between three months before admission and soon after it."""
    taken = part.dispensings
    is_statin = np.array([code.startswith("C10AA") for code in DRUGS])
    row = np.flatnonzero(is_statin[taken["atc"]])
    key = np.sort((taken["person"][row].astype(np.int64) << 20) + taken["day"][row])
    base = person.astype(np.int64) << 20
    return np.searchsorted(key, base + out + STATIN_DAYS) > np.searchsorted(key, base + day - 90)


_CLOCK = [f" {m // 60:02d}:{m % 60:02d}" for m in range(1440)]


def _day_and_minute(day: np.ndarray, minute: np.ndarray) -> pa.Array:
    """Write DD.MM.YYYY HH:MM."""
    parts = date_text(day, "%d.%m.%Y"), coded(minute, _CLOCK)
    return pc.binary_join_element_wise(*(pa.array(part).cast(pa.string()) for part in parts), "")
