"""The tables of the clinical information system that follow from the contacts."""

from typing import Any

import numpy as np
import pyarrow as pa

from labkit.world.columns import coded, ranges
from labkit.world.contacts import BIRTH, CAUSE, KINDS, OUTPATIENT, doctor_of
from labkit.world.diagnosis_codes import DIAGNOSES, FIRST_ICPC, PROCEDURES, place
from labkit.world.disease import diseases
from labkit.world.names import names
from labkit.world.part import END_DAY, IDS_PER_PARTITION, Part
from labkit.world.population import date64, people_of, text
from labkit.world.region import region
from labkit.world.units import units

SECONDARY = np.array([0.45, 0.12, 0.12, 0.10, 0.0])  # by `KINDS`: a known disease is written down
MOST_SECONDARY = 3
WITHOUT_GP = 0.015  # our assumption: on no GP list


def moment(minutes: np.ndarray) -> np.ndarray:
    """Return minutes since 1970 as datetime64[us]."""
    return (minutes * np.int64(60_000_000)).view("datetime64[us]")


def patient_ids(part: Part) -> np.ndarray:
    """Return the patient number of each place in the partition; its order tells nothing."""
    order = part.once("patient_id", lambda: part.rng("patient_id").permutation(part.size))
    return part.index * IDS_PER_PARTITION + 1 + order.astype(np.int64)


def encounter_ids(part: Part) -> np.ndarray:
    """Return the encounter id of each contact."""
    return part.ids(len(part.contacts["person"]))


def contacts_of(part: Part, encounter_id: Any) -> np.ndarray:
    """Return the place in `part.contacts` of each encounter id of a column, int64."""
    return np.asarray(encounter_id).astype(np.int64) - int(part.ids(1)[0])


def patient(part: Part) -> None:
    """Make the table `patient`: everyone with at least one contact."""
    people = people_of(part)
    assert people.death is not None
    seen = np.zeros(part.size, dtype=bool)
    seen[part.contacts["person"]] = True
    number = patient_ids(part)
    who = np.flatnonzero(seen)
    who = who[np.argsort(number.take(who))]
    given, family = names(part)
    places = region(part.config.region)
    found = units(part.config.region)
    practice = found.practice[people.municipality]
    gp = found.first_doctor[practice] + doctor_of(part)
    dead = date64(people.death).take(who).copy()
    dead[people.death.take(who) > END_DAY] = np.datetime64("NaT")
    part.tables["patient"] = {
        "patient_id": number.take(who),
        "fnr": text(people.fnr.take(who)),
        "given_name": given.take(pa.array(who)),
        "family_name": family.take(pa.array(who)),
        "birth_date": date64(people.birth.take(who)),
        "sex": coded(people.female.take(who), ["M", "F"]),
        "municipality": coded(people.municipality.take(who), places.numbers.tolist()),
        "gp_id": pa.array(gp.take(who).astype(np.int32), mask=without_gp(part).take(who)),
        "death_date": pa.array(dead),
    }


def without_gp(part: Part) -> np.ndarray:
    """Tell who is on no list: outside the regular GP scheme, or waiting for a place."""
    return part.rng("without_gp").random(part.size) < WITHOUT_GP


def encounter(part: Part) -> None:
    """Make the table `encounter`."""
    found = part.contacts
    part.tables["encounter"] = {
        "encounter_id": encounter_ids(part),
        "patient_id": patient_ids(part).take(found["person"]),
        "organisation_id": found["organisation"],
        "practitioner_id": found["practitioner"],
        "kind": coded(found["kind"], KINDS),
        "urgency": coded(found["acute"], ["planned", "acute"]),
        "start_time": moment(found["start"]),
        "end_time": moment(found["stop"]),
    }


def diagnosis(part: Part) -> None:
    """Make the table `diagnosis`: the main one, then known diseases and causes of injury."""
    found = part.contacts
    rng = part.rng("diagnosis")
    n = len(found["person"])
    extra: list[tuple[np.ndarray, ...]] = []  # contact, how many stood before, code
    hospital = found["kind"] <= OUTPATIENT
    chance = SECONDARY.take(found["kind"])
    chance[found["cause"] == CAUSE[BIRTH]] = 0.0
    codes = part.codes
    day = found["day"]
    filled = np.zeros(n, dtype=np.int64)
    by_day = (found["person"] << 20) + day  # rises: contacts lie by person and time
    end = np.searchsorted(found["person"], np.arange(part.size), side="right")
    # In an order that differs from row to row no more than it must: from a common start.
    for name, disease in diseases().items():
        ill = np.flatnonzero(part.found[name] <= END_DAY)
        first = np.searchsorted(by_day, (ill << 20) + np.maximum(part.found[name][ill], 0))
        known = ranges(first, end[ill] - first)
        known = known[np.flatnonzero(rng.random(len(known)) < chance.take(known))]
        known = known[filled.take(known) < MOST_SECONDARY]
        code = np.where(
            hospital.take(known), codes[name][found["person"].take(known)], place(disease.icpc2)
        )
        new = _stem(code) != _stem(found["main"].take(known))
        known, code = known[new], code[new]
        extra.append((known, filled.take(known), _as_history(name, code, hospital.take(known))))
        filled[known] += 1
    injured = hospital & _INJURIES.take(found["main"])
    injured &= filled < MOST_SECONDARY
    who = np.flatnonzero(injured)
    share = rng.random(len(who))
    extra.append((who, filled.take(who), np.where(share < 0.55, place("W0n0r"), place("W0n8r"))))
    filled[who] += 1
    count = 1 + filled
    first = np.cumsum(count) - count
    row = np.repeat(np.arange(n), count)
    code = np.empty(len(row), dtype=np.int16)
    code[first] = found["main"]
    for contact, before, one in extra:
        code[first.take(contact) + 1 + before] = one
    part.tables["diagnosis"] = {
        "encounter_id": encounter_ids(part).take(row),
        "position": (1 + np.arange(len(row)) - first.take(row)).astype(np.int16),
        "code_system": coded((code >= FIRST_ICPC).astype(np.int8), ["ICD-10", "ICPC-2"]),
        "code": coded(code, DIAGNOSES),
    }


_INJURIES = np.array([code.startswith("S") for code in DIAGNOSES])
_STEMS = np.unique(np.array([code[:3] for code in DIAGNOSES]), return_inverse=True)[1]


def _stem(code: np.ndarray) -> np.ndarray:
    """Number the three-character category of codes, so that two of one disease are alike."""
    return _STEMS[code]


def _as_history(name: str, code: np.ndarray, hospital: np.ndarray) -> np.ndarray:
    """An acute event becomes a history of it when it is not the reason for the contact."""
    history = {"mi": "I25.2", "stroke": "I69.3"}.get(name)
    return np.where(hospital, place(history), code) if history else code


def procedure(part: Part) -> None:
    """Make the table `procedure`."""
    found = part.contacts
    row = np.flatnonzero(found["procedure"] >= 0)
    part.tables["procedure"] = {
        "encounter_id": encounter_ids(part).take(row),
        "position": np.ones(len(row), dtype=np.int16),
        "code": coded(found["procedure"].take(row), PROCEDURES),
        "procedure_date": date64(found["day"].take(row)),
    }
