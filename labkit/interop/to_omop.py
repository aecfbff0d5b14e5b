"""The EHR tables mapped to OMOP's tables, and loaded.

Which codes have a standard concept, and which do not, is told in `labkit.interop.concepts`.

Source: ohdsi.github.io/CommonDataModel, CDM 5.4 and its data model conventions.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Date, DateTime, Integer, Numeric

from labkit.errors import DataError, InputError
from labkit.interop.concepts import EHR, Concepts
from labkit.interop.omop import METADATA
from labkit.interop.pieces import lab_codes
from labkit.interop.rows import Row, check_names, rows
from labkit.messages import say

if TYPE_CHECKING:
    import duckdb

_WHAT = "to_omop"
_MAPPED = (
    ("person", "gender"),
    ("visit_occurrence", "visit"),
    ("condition_occurrence", "condition"),
    ("drug_exposure", "drug"),
    ("measurement", "measurement"),
    ("measurement", "unit"),
)


def to_omop(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Map tables of the EHR to OMOP.

    To person, visit_occurrence, condition_occurrence, drug_exposure, measurement and death, with
    the concepts they use.

    The national identity number and the name are left behind: the person's source value is the
    patient's number. Prescriptions become exposures of one defined daily dose a day, which is a
    convention and not what was swallowed; without a defined daily dose they last one day.

    Args:
        tables: Table name -> DataFrame with the columns of `labkit.schema.ehr`; `patient` is
            needed, and `encounter` where `diagnosis` is given.

    Returns:
        The seven tables with the columns of `labkit.interop.omop`, ready for `load_omop`.

    Raises:
        InputError: If a table, column or value is not the EHR's, a row belongs to nobody, or a
            number is too large for OMOP's 32-bit keys.
    """
    check_names(tables, what=_WHAT)
    if "patient" not in tables:
        raise InputError(say("interop.omop_no_patient"))
    concepts = Concepts()
    patients = rows(tables, "patient", what=_WHAT)
    encounters = rows(tables, "encounter", what=_WHAT)
    visits = {row["encounter_id"]: row for row in encounters}
    people = {row["patient_id"] for row in patients}
    labs = [_lab(row, concepts) for row in rows(tables, "lab_result", what=_WHAT)]
    vitals = [_vital(row, concepts) for row in rows(tables, "vital_sign", what=_WHAT)]
    made = {
        "person": [_person(row, concepts) for row in patients],
        "visit_occurrence": [_visit(row, concepts) for row in encounters],
        "condition_occurrence": [
            _condition(row, visits, concepts) for row in rows(tables, "diagnosis", what=_WHAT)
        ],
        "drug_exposure": [_drug(r, concepts) for r in rows(tables, "prescription", what=_WHAT)],
        "measurement": labs + vitals,
        "death": [
            {
                "person_id": row["patient_id"],
                "death_date": row["death_date"],
                "death_type_concept_id": concepts.plain(EHR),
            }
            for row in patients
            if row["death_date"] is not None
        ],
    }
    for name in ("condition_occurrence", "measurement"):  # numbered here: theirs are not unique
        made[name] = [{f"{name}_id": n} | row for n, row in enumerate(made[name], start=1)]
    for name, found in made.items():
        _check(name, found, people, visits)
    return {"concept": _frame("concept", concepts.rows())} | {
        name: _frame(name, found) for name, found in made.items()
    }


def unmapped(omop: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count what has no standard concept: one row per table, and one for units.

    Args:
        omop: What `to_omop` gave.

    Returns:
        Columns table, what, rows, unmapped, share (0-1), codes (different source values without
        a standard concept).
    """
    found = []
    for name, what in _MAPPED:
        frame = omop[name]
        lost = frame[frame[f"{what}_concept_id"] == 0]
        share = len(lost) / len(frame) if len(frame) else 0.0
        different = lost[f"{what}_source_value"].nunique()
        found.append((name, what, len(frame), len(lost), share, different))
    return pd.DataFrame(found, columns=["table", "what", "rows", "unmapped", "share", "codes"])


def load_omop(con: "duckdb.DuckDBPyConnection", omop: Mapping[str, pd.DataFrame]) -> None:
    """Make the OMOP tables in a DuckDB database, keys on, and fill them.

    Args:
        con: An open connection to a database without these tables.
        omop: What `to_omop` gave, or tables of the same columns.

    Raises:
        DataError: If a row breaks a key or a table is there already; nothing is then loaded.
    """
    import duckdb

    from labkit.schema.ddl import create

    con.begin()
    try:
        for table in METADATA.sorted_tables:
            con.execute(create(table, "duckdb"))
            if table.name in omop:
                names = ", ".join(column.name for column in table.columns)
                con.register("incoming", omop[table.name])
                con.execute(f"INSERT INTO {table.name} SELECT {names} FROM incoming")
                con.unregister("incoming")
        con.commit()
    except duckdb.Error as error:
        con.rollback()
        raise DataError(say("interop.omop_refused", said=str(error).splitlines()[0])) from error


def _person(row: Row, concepts: Concepts) -> Row:
    birth = row["birth_date"]
    return {
        "person_id": row["patient_id"],
        "gender_concept_id": concepts.standard("sex", row["sex"]),
        "year_of_birth": birth.year,
        "month_of_birth": birth.month,
        "day_of_birth": birth.day,
        "race_concept_id": 0,  # not recorded in Norway
        "ethnicity_concept_id": 0,
        "provider_id": row["gp_id"],
        "person_source_value": str(row["patient_id"]),
        "gender_source_value": row["sex"],
    }


def _visit(row: Row, concepts: Concepts) -> Row:
    return {
        "visit_occurrence_id": row["encounter_id"],
        "person_id": row["patient_id"],
        "visit_concept_id": concepts.standard("kind", row["kind"]),
        "visit_start_date": row["start_time"].date(),
        "visit_start_datetime": row["start_time"],
        "visit_end_date": row["end_time"].date(),
        "visit_end_datetime": row["end_time"],
        "visit_type_concept_id": concepts.plain(EHR),
        "provider_id": row["practitioner_id"],
        "care_site_id": row["organisation_id"],
        "visit_source_value": row["kind"],
        "visit_source_concept_id": concepts.source("kind", row["kind"]),
    }


def _condition(row: Row, visits: Mapping[int, Row], concepts: Concepts) -> Row:
    visit = visits.get(row["encounter_id"])
    if visit is None:
        raise InputError(say("interop.omop_of_nobody", encounter=row["encounter_id"]))
    main = "main" if row["position"] == 1 else "secondary"
    return {
        "person_id": visit["patient_id"],
        "condition_concept_id": 0,
        "condition_start_date": visit["start_time"].date(),
        "condition_start_datetime": visit["start_time"],
        "condition_type_concept_id": concepts.plain(EHR),
        "provider_id": visit["practitioner_id"],
        "visit_occurrence_id": row["encounter_id"],
        "condition_source_value": row["code"],
        "condition_source_concept_id": concepts.source(row["code_system"], row["code"]),
        "condition_status_source_value": main,
    }


def _drug(row: Row, concepts: Concepts) -> Row:
    days = None if row["ddd"] is None else max(1, round(row["ddd"]))
    start = row["prescribed_date"]
    return {
        "drug_exposure_id": row["prescription_id"],
        "person_id": row["patient_id"],
        "drug_concept_id": concepts.standard("atc", row["atc"]),
        "drug_exposure_start_date": start,
        "drug_exposure_end_date": start + timedelta(days=(days or 1) - 1),
        "drug_type_concept_id": concepts.plain(EHR),
        "refills": row["refills"],
        "quantity": row["ddd"],
        "days_supply": days,
        "visit_occurrence_id": row["encounter_id"],
        "drug_source_value": row["atc"],
        "drug_source_concept_id": concepts.source("atc", row["atc"]),
        "dose_unit_source_value": None if row["ddd"] is None else "DDD",
    }


def _lab(row: Row, concepts: Concepts) -> Row:
    npu = lab_codes().get(row["analyte"], ("", ""))[0]
    return {
        **_measured(row, row["taken_time"], concepts),
        "measurement_concept_id": 0,
        "measurement_source_value": npu or row["analyte"],
        "measurement_source_concept_id": concepts.source("lab", row["analyte"]),
    }


def _vital(row: Row, concepts: Concepts) -> Row:
    return {
        **_measured(row, row["measured_time"], concepts),
        "measurement_concept_id": concepts.standard("vital", row["kind"]),
        "measurement_source_value": row["kind"],
        "measurement_source_concept_id": concepts.source("vital", row["kind"]),
    }


def _measured(row: Row, when: Any, concepts: Concepts) -> Row:
    return {
        "person_id": row["patient_id"],
        "measurement_date": when.date(),
        "measurement_datetime": when,
        "measurement_type_concept_id": concepts.plain(EHR),
        "value_as_number": row["value"],
        "unit_concept_id": concepts.standard("unit", row["unit"]),
        "visit_occurrence_id": row["encounter_id"],
        "unit_source_value": row["unit"],
        "value_source_value": None if row["value"] is None else f"{row['value']:g}",
    }


def _check(name: str, found: list[Row], people: set[int], visits: Mapping[int, Row]) -> None:
    """Refuse rows that OMOP's keys would refuse, with the kit's words for them."""
    for row in found:
        if row["person_id"] not in people:
            raise InputError(say("interop.omop_no_person", table=name, patient=row["person_id"]))
        visit = row.get("visit_occurrence_id")
        if visit is not None and visit not in visits:
            raise InputError(say("interop.omop_no_visit", table=name, encounter=visit))
        for column, value in row.items():
            if column.endswith("_id") and value is not None and value > 2**31 - 1:
                raise InputError(say("interop.omop_large", column=column, value=value))


def _frame(name: str, found: list[Row]) -> pd.DataFrame:
    made = {}
    for column in METADATA.tables[name].columns:
        values = [row.get(column.name) for row in found]
        if isinstance(column.type, Integer):
            kind: Any = "Int64" if column.nullable else "int64"
        elif isinstance(column.type, Date | DateTime):
            kind = "datetime64[us]"
        else:
            kind = "float64" if isinstance(column.type, Numeric) else object
        made[column.name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(made)
