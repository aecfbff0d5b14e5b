"""The diabetes registry for adults: one row per yearly check-up, as the clinic reported it.

A check-up is the year's first contact for diabetes in the records at which HbA1c was measured, else
its first contact; what was measured within nine months before it is reported with it.

Source:
    Shares of examinations done in general practice: ROSA 4 (2014), `t2d_quality` in the calibration
    figures; type 1 and answers left out from memory. Not every clinic reports.
"""

import numpy as np
import pyarrow as pa

from labkit.world.columns import codes, days, ordered, year_of
from labkit.world.part import Part
from labkit.world.population import text
from labkit.world.registry.format import date_text, decimal_comma, integers, words
from labkit.world.registry.hospital import birth_year
from labkit.world.registry.pseudonym import part_pseudonyms, row_keys
from labkit.world.registry.source import (
    Encounters,
    encounters,
    find,
    homes,
    numbers,
    people_of,
    person_of_patient,
)

REPORTED_PERSON, REPORTED_YEAR = 0.90, 0.95
LOOK_BACK_DAYS = 270
EYE_YES, EYE_NO = 0.61, 0.15  # the others did not answer
FOOT_YES, FOOT_NO = 0.26, 0.44
TYPE_1_MORE = 1.25  # examinations are more often done in type 1
SMOKING_UNKNOWN = 0.07
ALBUMIN_RAISED = 3.0  # mg/mmol
LATEST = ("uacr", "hba1c", "chol_ldl", "systolic", "diastolic", "weight")


def diabetes(part: Part) -> None:
    """Make the table `diabetes`."""
    rng = part.rng("diabetes")
    people, home = people_of(part), homes(part)
    reports = rng.random(part.size) < REPORTED_PERSON
    seen, row = _check_ups(part)
    year = year_of(seen.day.take(row))
    draws = rng.random((4, len(row)))
    adult = year - birth_year(people.birth)[seen.person.take(row)] >= 18
    keep = adult & reports[seen.person.take(row)] & (draws[0] < REPORTED_YEAR)
    row, draws = row[keep], draws[:, keep]
    person, day = seen.person.take(row), seen.day.take(row)
    n = len(row)
    known = {kind: part.found[kind][person] for kind in ("t1d", "t2d")}
    type_1 = known["t1d"] <= day
    found = np.minimum(known["t1d"], known["t2d"])
    more = np.where(type_1, TYPE_1_MORE, 1.0)
    eye = np.select([draws[1] < EYE_YES * more, draws[1] < EYE_YES * more + EYE_NO], [1, 0], 2)
    foot = np.select([draws[2] < FOOT_YES * more, draws[2] < FOOT_YES * more + FOOT_NO], [1, 0], 9)
    known_people = np.zeros(part.size, dtype=bool)
    known_people[person] = True
    labs = Measured(part, "lab_result", known_people, what="analyte", when="taken_time")
    signs = Measured(part, "vital_sign", known_people, what="kind", when="measured_time")
    albumin = labs.latest("uacr", person, day)
    smoking = people.smoking if people.smoking is not None else np.zeros(part.size, np.int8)
    towns = [f"{number} {name.upper()}" for number, name in zip(home.then, home.name, strict=True)]
    part.tables["diabetes"] = {
        "kontroll_id": row_keys(part, "diabetes", np.arange(n)),
        "p_id": part_pseudonyms(part).take(person),
        "fnr_klinikk": text(people.fnr.take(person).astype("S11")),
        "kjonn": words(people.female.take(person), ["M", "F"]),
        "kontrolldato": date_text(day, "%d.%m.%y"),
        "kommune": words(home.find(person, day), towns),
        "diabetestype": np.where(type_1, 1, 2).astype(np.int16),
        "diagnoseaar": birth_year(found),
        "hba1c": decimal_comma(labs.latest("hba1c", person, day), 1),
        "ldl": decimal_comma(labs.latest("chol_ldl", person, day), 1),
        "systolisk": _whole(signs.latest("systolic", person, day)),
        "diastolisk": _whole(signs.latest("diastolic", person, day)),
        "vekt": decimal_comma(signs.latest("weight", person, day), 1),
        "oyeundersokelse": words(eye % 2, ["Nei", "Ja"], eye == 2),
        "mikroalbumin": words(
            np.select([np.isnan(albumin), albumin >= ALBUMIN_RAISED], [2, 1], 0),
            ["normal", "forhøyet", "ikke målt"],
        ),
        "fotundersokelse": foot.astype(np.int16),
        "royker": words(smoking.take(person) == 2, ["N", "J"], draws[3] < SMOKING_UNKNOWN),
    }


def _whole(value: np.ndarray) -> pa.Array:
    return integers(np.round(np.nan_to_num(value)), np.isnan(value))


def _is_diabetes(code: str) -> bool:
    return code in ("T89", "T90") or code[:3] in ("E10", "E11")


def _check_ups(part: Part) -> tuple[Encounters, np.ndarray]:
    """The contacts for diabetes, and the places of the one that counts in each year."""
    seen = encounters(part, ("gp", "outpatient"), about=_is_diabetes)
    labs = part.tables["lab_result"]
    analyte, names = codes(labs["analyte"])
    is_hba1c = np.flatnonzero(analyte == names.index("hba1c"))
    ids = numbers(part.tables["encounter"]["encounter_id"])
    measured = np.zeros(len(ids), dtype=bool)
    measured[find(ids, numbers(labs["encounter_id"])[is_hba1c])] = True
    unmeasured = ~measured.take(seen.row)
    group = seen.person.astype(np.int64) * 10_000 + seen.year
    # Rows of one person stand together and in time order; those with a measurement come first.
    order = np.lexsort((np.arange(len(group)), unmeasured, group))
    first = np.r_[True, np.diff(group.take(order)) != 0][: len(group)]
    return seen, np.sort(order[first])


class Measured:
    """Values of one table (lab_result, vital_sign) that check-ups report, of some people."""

    def __init__(self, part: Part, table: str, people: np.ndarray, *, what: str, when: str) -> None:
        """Read the rows of the people marked; `what` and `when` name columns."""
        rows = part.tables[table]
        place, self.names = codes(rows[what])
        row = np.flatnonzero(np.array([name in LATEST for name in self.names]).take(place))
        owner = person_of_patient(part, numbers(rows["patient_id"]).take(row))
        some = np.flatnonzero(people[owner])
        row, owner = row[some], owner[some]
        self.place = place.take(row)
        self.value = numbers(rows["value"]).take(row).astype(float)
        self.key = (owner << 20) + days(numbers(rows[when]).take(row))

    def latest(self, name: str, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return each person's last value up to a day, at most nine months old, else nan."""
        result = np.full(len(person), np.nan)
        if name not in self.names:
            return result
        row = np.flatnonzero((self.place == self.names.index(name)) & ~np.isnan(self.value))
        order, key = ordered(self.key.take(row))
        row = row.take(order)
        if len(row) == 0:
            return result
        asked = (person.astype(np.int64) << 20) + day
        at = np.searchsorted(key, asked, side="right") - 1
        near = (at >= 0) & (key[np.maximum(at, 0)] >= asked - LOOK_BACK_DAYS)
        result[near] = self.value[row[at[near]]]
        return result
