"""Rows of the EHR tables to FHIR resources, in R4B (4.3.0) or R5 (5.0.0).

Where the two versions differ, the same fact is written in two ways:

| what | R4B | R5 |
|---|---|---|
| a finished encounter | `status: finished` | `status: completed` |
| its class | one Coding | a list of CodeableConcepts |
| its time | `period` | `actualPeriod` |
| who took part | `participant.individual` | `participant.actor` |
| the order of its diagnoses | `diagnosis.rank` | the order of the list |
| is the condition still there | `clinicalStatus` may be left out | must be said: `unknown` |
| the drug | `medicationCodeableConcept` | `medication.concept` |
| why it was prescribed | `reasonCode` | `reason.concept` |

Source: hl7.org/fhir/R4B and hl7.org/fhir/R5, pages of each resource.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import pandas as pd

from labkit import codes
from labkit.errors import InputError
from labkit.interop import systems as s
from labkit.interop.pieces import (
    Resource,
    concept,
    elsewhere,
    lab_codes,
    moment,
    quantity,
    reference,
    translate,
)
from labkit.interop.read import Version, check_version
from labkit.interop.rows import Row, check_names, rows
from labkit.messages import Language, say

_WHAT = "to_fhir"


def to_fhir(
    tables: Mapping[str, pd.DataFrame], *, version: Version = "R5", lang: Language = "nb"
) -> Resource:
    """Write rows of the EHR as one FHIR Bundle.

    patient, encounter, diagnosis, lab_result, vital_sign and prescription become Patient,
    Encounter, Condition, Observation and MedicationRequest; other tables of the EHR are left
    out, and organisations and practitioners are referred to by number. Systolic and diastolic
    pressure of one moment become one Observation with two components. What the tables do not
    know is not made up: the status of a prescription is `unknown`.

    Args:
        tables: Table name -> DataFrame with the columns of `labkit.schema.ehr`.
        version: `R4B` or `R5`.
        lang: Language of the texts beside codes. They are the kit's own labels.

    Returns:
        The Bundle as plain dicts and lists, ready for `json.dumps`; unchanged tables.

    Raises:
        InputError: If a table, column, value, code or unit is not one of the EHR's, or if a
            national identity number lacks 80 in its month and so could be somebody's.

    Examples:
        >>> patient = pd.DataFrame([{
        ...     "patient_id": 7, "fnr": "01815512373", "given_name": "Ola", "family_name": "Øveli",
        ...     "birth_date": "1955-01-01", "sex": "M", "municipality": "3427", "gp_id": None,
        ...     "death_date": None}])
        >>> bundle = to_fhir({"patient": patient})
        >>> bundle["entry"][0]["resource"]["gender"]
        'male'
    """
    check_version(version, what=_WHAT)
    check_names(tables, what=_WHAT)
    diagnoses = sorted(
        rows(tables, "diagnosis", what=_WHAT), key=lambda r: (r["encounter_id"], r["position"])
    )
    encounters = rows(tables, "encounter", what=_WHAT)
    patient_of = {row["encounter_id"]: row["patient_id"] for row in encounters}
    of_encounter = {
        key: list(group) for key, group in groupby(diagnoses, key=lambda r: r["encounter_id"])
    }
    made = [_patient(row) for row in rows(tables, "patient", what=_WHAT)]
    made += [
        _encounter(row, of_encounter.get(row["encounter_id"], []), version) for row in encounters
    ]
    made += [_condition(row, patient_of, version, lang) for row in diagnoses]
    made += [_lab(row, lang) for row in rows(tables, "lab_result", what=_WHAT)]
    made += list(_vitals(rows(tables, "vital_sign", what=_WHAT), lang))
    made += [_prescription(row, version, lang) for row in rows(tables, "prescription", what=_WHAT)]
    entries = [
        {"fullUrl": f"{s.KIT}/fhir/{r['resourceType']}/{r['id']}", "resource": r} for r in made
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "collection"}
    return bundle | ({"entry": entries} if entries else {})  # FHIR knows no empty list


def _patient(row: Row) -> Resource:
    if not (len(row["fnr"]) == 11 and row["fnr"].isdigit() and 81 <= int(row["fnr"][2:4]) <= 92):
        raise InputError(say("interop.real_fnr", patient=row["patient_id"]))
    municipality = {"system": s.MUNICIPALITY, "code": row["municipality"]}
    patient: Resource = {
        "resourceType": "Patient",
        "id": str(row["patient_id"]),
        "identifier": [{"use": "official", "system": s.FNR, "value": row["fnr"]}],
        "name": [{"use": "official", "family": row["family_name"], "given": [row["given_name"]]}],
        "gender": translate(s.GENDER, row["sex"], "patient.sex"),
        "birthDate": row["birth_date"].isoformat(),
        "address": [
            {
                "extension": [{"url": s.MUNICIPALITY_EXTENSION, "valueCoding": municipality}],
                "use": "home",
                "country": "NO",
            }
        ],
    }
    if row["gp_id"] is not None:
        patient["generalPractitioner"] = [elsewhere("Practitioner", row["gp_id"])]
    if row["death_date"] is not None:
        patient["deceasedDateTime"] = row["death_date"].isoformat()
    return patient


def _encounter(row: Row, diagnoses: list[Row], version: Version) -> Resource:
    r5 = version == "R5"
    act = {"system": s.ACT_CODE, "code": translate(s.CLASS, row["kind"], "encounter.kind")}
    urgency = translate(s.PRIORITY, row["urgency"], "encounter.urgency")
    period = {"start": moment(row["start_time"]), "end": moment(row["end_time"])}
    who = elsewhere("Practitioner", row["practitioner_id"])
    encounter: Resource = {
        "resourceType": "Encounter",
        "id": str(row["encounter_id"]),
        "status": "completed" if r5 else "finished",
        "class": [{"coding": [act]}] if r5 else act,
        "type": [{"coding": [{"system": s.ENCOUNTER_KIND, "code": row["kind"]}]}],
        "priority": {"coding": [{"system": s.ACT_PRIORITY, "code": urgency}]},
        "subject": reference("Patient", row["patient_id"]),
        "participant": [{"actor": who} if r5 else {"individual": who}],
        "serviceProvider": elsewhere("Organization", row["organisation_id"]),
        "actualPeriod" if r5 else "period": period,
    }
    if diagnoses:
        encounter["diagnosis"] = [
            {"condition": [{"reference": reference("Condition", _diagnosis_id(d))}]}
            if r5
            else {"condition": reference("Condition", _diagnosis_id(d)), "rank": d["position"]}
            for d in diagnoses
        ]
    return encounter


def _condition(row: Row, patient_of: dict[int, int], version: Version, lang: Language) -> Resource:
    if row["encounter_id"] not in patient_of:
        raise InputError(
            say(
                "interop.condition_of_nobody",
                diagnosis=_diagnosis_id(row),
                encounter=row["encounter_id"],
            )
        )
    system = row["code_system"]
    uri = translate(s.DIAGNOSIS, system, "diagnosis.code_system")
    condition: Resource = {
        "resourceType": "Condition",
        "id": _diagnosis_id(row),
        "category": [{"coding": [{"system": s.CONDITION_CATEGORY, "code": "encounter-diagnosis"}]}],
        "code": concept(uri, row["code"], "icd10" if system == "ICD-10" else "icpc2", lang),
        "subject": reference("Patient", patient_of[row["encounter_id"]]),
        "encounter": reference("Encounter", row["encounter_id"]),
    }
    if version == "R5":
        condition["clinicalStatus"] = {"coding": [{"system": s.CLINICAL, "code": "unknown"}]}
    return condition


def _lab(row: Row, lang: Language) -> Resource:
    coding = [{"system": s.ANALYTE, "code": row["analyte"]}]
    if row["analyte"] not in lab_codes():
        raise InputError(
            say("interop.unknown_analyte", came=row["analyte"], known=", ".join(lab_codes()))
        )
    npu, unit = lab_codes()[row["analyte"]]
    if npu:
        coding.insert(0, {"system": s.NLK, "code": npu})
    lab: Resource = {
        "resourceType": "Observation",
        "id": f"lab-{row['lab_result_id']}",
        "status": "final",
        "category": _category("laboratory"),
        "code": {"coding": coding, "text": codes.label("lab", row["analyte"], lang)},
        **_context(row),
        "effectiveDateTime": moment(row["taken_time"]),
    }
    if row["value"] is not None:
        return lab | {"valueQuantity": quantity(row["value"], row["unit"])}
    # FHIR allows no dataAbsentReason beside a value; the unit is then that of the analyte.
    if row["unit"] != unit:
        raise InputError(
            say("interop.absent_unit", row=row["lab_result_id"], came=row["unit"], unit=unit)
        )
    absent = {"coding": [{"system": s.ABSENT, "code": "error"}]}
    return lab | {"status": "cancelled", "dataAbsentReason": absent}


def _vitals(vitals: list[Row], lang: Language) -> Iterator[Resource]:
    """Make one Observation of each row, but one of two pressures that were taken together."""
    partner: dict[tuple[Any, ...], list[Row]] = {}
    for row in vitals:
        if row["kind"] in ("systolic", "diastolic"):
            partner.setdefault(_taken(row), []).append(row)
    pairs = {
        key: sorted(found, key=lambda r: r["kind"], reverse=True)
        for key, found in partner.items()
        if sorted(r["kind"] for r in found) == ["diastolic", "systolic"]
    }
    for row in vitals:
        pair = pairs.get(_taken(row), []) if row["kind"] in ("systolic", "diastolic") else []
        if not pair:
            yield _vital(row)
        elif row is pair[0]:
            yield _pressure(pair, lang)


def _taken(row: Row) -> tuple[Any, ...]:
    return row["patient_id"], row["encounter_id"], row["measured_time"]


def _vital(row: Row) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"vital-{row['vital_sign_id']}",
        "status": "final",
        "category": _category("vital-signs"),
        "code": _vital_code(row["kind"]),
        **_context(row),
        "effectiveDateTime": moment(row["measured_time"]),
        "valueQuantity": quantity(row["value"], row["unit"]),
    }


def _pressure(pair: list[Row], lang: Language) -> Resource:
    panel = _vital(pair[0]) | {
        "code": {
            "coding": [{"system": s.LOINC, "code": s.BLOOD_PRESSURE}],
            "text": say("interop.blood_pressure", lang),
        },
        "component": [
            {
                "id": f"vital-{row['vital_sign_id']}",
                "code": _vital_code(row["kind"]),
                "valueQuantity": quantity(row["value"], row["unit"]),
            }
            for row in pair
        ],
    }
    del panel["valueQuantity"]
    return panel


def _prescription(row: Row, version: Version, lang: Language) -> Resource:
    r5 = version == "R5"
    drug = concept(s.ATC, row["atc"], "atc", lang)
    dispense: Resource = {"numberOfRepeatsAllowed": row["refills"]}
    if row["ddd"] is not None:
        dispense["quantity"] = quantity(row["ddd"], "DDD")
    request: Resource = {
        "resourceType": "MedicationRequest",
        "id": str(row["prescription_id"]),
        "status": "unknown",  # whether it has been used up is not in the table
        "intent": "order",
        "medication" if r5 else "medicationCodeableConcept": {"concept": drug} if r5 else drug,
        **_context(row),
        "authoredOn": row["prescribed_date"].isoformat(),
        "dispenseRequest": dispense,
    }
    if row["indication"] is not None:
        why = concept(s.DIAGNOSIS["ICD-10"], row["indication"], "icd10", lang)
        request["reason" if r5 else "reasonCode"] = [{"concept": why} if r5 else why]
    return request


def _diagnosis_id(row: Row) -> str:
    return f"{row['encounter_id']}-{row['position']}"


def _context(row: Row) -> Resource:
    return {
        "subject": reference("Patient", row["patient_id"]),
        "encounter": reference("Encounter", row["encounter_id"]),
    }


def _category(code: str) -> list[Resource]:
    return [{"coding": [{"system": s.OBSERVATION_CATEGORY, "code": code}]}]


def _vital_code(kind: str) -> Resource:
    coding = {"system": s.LOINC, "code": translate(s.VITAL_LOINC, kind, "vital_sign.kind")}
    return {"coding": [coding, {"system": s.VITAL, "code": kind}]}
