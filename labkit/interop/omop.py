"""A subset of the OMOP Common Data Model 5.4 as a schema, with foreign keys inline.

Names, types and NOT NULL are those of the CDM's DuckDB script for 5.4 (OHDSI/CommonDataModel,
Apache-2.0); tables that the kit does not fill are left out, and so are the foreign keys to them
(provider_id, care_site_id, location_id, visit_detail_id stay as plain columns). Unlike the CDM's
script, which adds keys by ALTER TABLE, the keys stand in CREATE TABLE: DuckDB cannot add a foreign
key later.
"""

from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
)

METADATA = MetaData()


def _concept(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Integer, ForeignKey("concept.concept_id"), nullable=null)


def _key(name: str) -> Column[Any]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


def _whole(name: str, *, null: bool = True) -> Column[Any]:
    return Column(name, Integer, nullable=null)


def _text(name: str, length: int = 50, *, null: bool = True) -> Column[Any]:
    return Column(name, String(length), nullable=null)


def _day(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Date, nullable=null)


def _time(name: str) -> Column[Any]:
    return Column(name, DateTime, nullable=True)


def _number(name: str) -> Column[Any]:
    return Column(name, Numeric, nullable=True)


def _person() -> Column[Any]:
    return Column("person_id", Integer, ForeignKey("person.person_id"), nullable=False)


def _visit() -> Column[Any]:
    to = ForeignKey("visit_occurrence.visit_occurrence_id")
    return Column("visit_occurrence_id", Integer, to, nullable=True)


concept = Table(
    "concept",
    METADATA,
    _key("concept_id"),
    _text("concept_name", 255, null=False),
    _text("domain_id", 20, null=False),
    _text("vocabulary_id", 20, null=False),
    _text("concept_class_id", 20, null=False),
    _text("standard_concept", 1),
    _text("concept_code", null=False),
    _day("valid_start_date"),
    _day("valid_end_date"),
    _text("invalid_reason", 1),
)
person = Table(
    "person",
    METADATA,
    _key("person_id"),
    _concept("gender_concept_id"),
    _whole("year_of_birth", null=False),
    _whole("month_of_birth"),
    _whole("day_of_birth"),
    _time("birth_datetime"),
    _concept("race_concept_id"),
    _concept("ethnicity_concept_id"),
    _whole("location_id"),
    _whole("provider_id"),
    _whole("care_site_id"),
    _text("person_source_value"),
    _text("gender_source_value"),
    _concept("gender_source_concept_id", null=True),
    _text("race_source_value"),
    _concept("race_source_concept_id", null=True),
    _text("ethnicity_source_value"),
    _concept("ethnicity_source_concept_id", null=True),
)
visit_occurrence = Table(
    "visit_occurrence",
    METADATA,
    _key("visit_occurrence_id"),
    _person(),
    _concept("visit_concept_id"),
    _day("visit_start_date"),
    _time("visit_start_datetime"),
    _day("visit_end_date"),
    _time("visit_end_datetime"),
    _concept("visit_type_concept_id"),
    _whole("provider_id"),
    _whole("care_site_id"),
    _text("visit_source_value"),
    _concept("visit_source_concept_id", null=True),
    _concept("admitted_from_concept_id", null=True),
    _text("admitted_from_source_value"),
    _concept("discharged_to_concept_id", null=True),
    _text("discharged_to_source_value"),
    Column(
        "preceding_visit_occurrence_id",
        Integer,
        ForeignKey("visit_occurrence.visit_occurrence_id"),
        nullable=True,
    ),
)
condition_occurrence = Table(
    "condition_occurrence",
    METADATA,
    _key("condition_occurrence_id"),
    _person(),
    _concept("condition_concept_id"),
    _day("condition_start_date"),
    _time("condition_start_datetime"),
    _day("condition_end_date", null=True),
    _time("condition_end_datetime"),
    _concept("condition_type_concept_id"),
    _concept("condition_status_concept_id", null=True),
    _text("stop_reason", 20),
    _whole("provider_id"),
    _visit(),
    _whole("visit_detail_id"),
    _text("condition_source_value"),
    _concept("condition_source_concept_id", null=True),
    _text("condition_status_source_value"),
)
drug_exposure = Table(
    "drug_exposure",
    METADATA,
    _key("drug_exposure_id"),
    _person(),
    _concept("drug_concept_id"),
    _day("drug_exposure_start_date"),
    _time("drug_exposure_start_datetime"),
    _day("drug_exposure_end_date"),
    _time("drug_exposure_end_datetime"),
    _day("verbatim_end_date", null=True),
    _concept("drug_type_concept_id"),
    _text("stop_reason", 20),
    _whole("refills"),
    _number("quantity"),
    _whole("days_supply"),
    Column("sig", Text, nullable=True),
    _concept("route_concept_id", null=True),
    _text("lot_number"),
    _whole("provider_id"),
    _visit(),
    _whole("visit_detail_id"),
    _text("drug_source_value"),
    _concept("drug_source_concept_id", null=True),
    _text("route_source_value"),
    _text("dose_unit_source_value"),
)
measurement = Table(
    "measurement",
    METADATA,
    _key("measurement_id"),
    _person(),
    _concept("measurement_concept_id"),
    _day("measurement_date"),
    _time("measurement_datetime"),
    _text("measurement_time", 10),
    _concept("measurement_type_concept_id"),
    _concept("operator_concept_id", null=True),
    _number("value_as_number"),
    _concept("value_as_concept_id", null=True),
    _concept("unit_concept_id", null=True),
    _number("range_low"),
    _number("range_high"),
    _whole("provider_id"),
    _visit(),
    _whole("visit_detail_id"),
    _text("measurement_source_value"),
    _concept("measurement_source_concept_id", null=True),
    _text("unit_source_value"),
    _concept("unit_source_concept_id", null=True),
    _text("value_source_value"),
    _whole("measurement_event_id"),
    _concept("meas_event_field_concept_id", null=True),
)
death = Table(
    "death",
    METADATA,
    Column(
        "person_id",
        Integer,
        ForeignKey("person.person_id"),
        primary_key=True,
        autoincrement=False,
    ),
    _day("death_date"),
    _time("death_datetime"),
    _concept("death_type_concept_id", null=True),
    _concept("cause_concept_id", null=True),
    _text("cause_source_value"),
    _concept("cause_source_concept_id", null=True),
)
