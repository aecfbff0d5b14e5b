"""EHR tables mapped to OMOP, counted, and loaded with keys on."""

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import interop
from labkit.errors import DataError, InputError
from labkit.interop.omop import METADATA


def test_names_and_types_of_the_model():
    # OHDSI/CommonDataModel, inst/ddl/5.4/duckdb/OMOPCDM_duckdb_5.4_ddl.sql
    visit = METADATA.tables["visit_occurrence"]
    assert [c.name for c in visit.columns][:8] == [
        "visit_occurrence_id",
        "person_id",
        "visit_concept_id",
        "visit_start_date",
        "visit_start_datetime",
        "visit_end_date",
        "visit_end_datetime",
        "visit_type_concept_id",
    ]
    counts = {name: len(table.columns) for name, table in METADATA.tables.items()}
    assert counts == {
        "concept": 10,
        "person": 18,
        "visit_occurrence": 17,
        "condition_occurrence": 16,
        "drug_exposure": 23,
        "measurement": 23,
        "death": 7,
    }


def test_a_stay_in_omop(hand):
    omop = interop.to_omop(hand)
    person = omop["person"].iloc[0]
    assert (person["gender_concept_id"], person["year_of_birth"]) == (8532, 1950)
    assert person["person_source_value"] == "7"
    visit = omop["visit_occurrence"].iloc[0]
    assert (visit["visit_concept_id"], visit["visit_type_concept_id"]) == (9201, 32817)
    condition = omop["condition_occurrence"]
    assert condition["condition_source_value"].tolist() == ["I21.4", "E11.9"]
    assert (condition["condition_concept_id"] == 0).all()
    drug = omop["drug_exposure"].set_index("drug_source_value")
    assert drug.loc["C10AA05", "drug_concept_id"] == 1545958
    assert drug.loc["C10AA05", "days_supply"] == 100
    assert drug.loc["C10AA05", "drug_exposure_end_date"] == pd.Timestamp("2023-06-13")
    assert drug.loc["A10BA02", "drug_exposure_end_date"] == pd.Timestamp("2023-03-06")
    measured = omop["measurement"].set_index("measurement_source_value")
    assert measured.loc["systolic", "measurement_concept_id"] == 3004249
    assert measured.loc["systolic", "unit_concept_id"] == 8876
    assert measured.loc["NPU27300", "measurement_concept_id"] == 0
    assert pd.isna(measured.loc["NPU03230", "value_as_number"])
    assert omop["death"]["death_date"].tolist() == [pd.Timestamp("2024-01-02")]


def test_local_concepts_are_above_two_billion_and_never_standard(hand):
    # ohdsi.github.io/CommonDataModel/customConcepts.html
    concept = interop.to_omop(hand)["concept"]
    local = concept[concept["vocabulary_id"].str.startswith("labkit")]
    assert (local["concept_id"] > 2_000_000_000).all()
    assert (local["concept_id"] < 2**31).all()
    assert local["standard_concept"].isna().all()
    others = concept.drop(local.index)
    assert (others["concept_id"] < 2_000_000_000).all()


def test_neither_name_nor_identity_number_goes_along(hand):
    text = "".join(frame.to_csv() for frame in interop.to_omop(hand).values())
    for secret in ("Åse", "Øveli", "15850049999"):
        assert secret not in text


def test_the_unmapped_are_counted(hand):
    counted = interop.unmapped(interop.to_omop(hand)).set_index("what")
    assert counted.loc["condition", ["rows", "unmapped", "codes"]].tolist() == [2, 2, 2]
    assert counted.loc["drug", "unmapped"] == 0
    assert counted.loc["measurement", ["rows", "unmapped"]].tolist() == [5, 2]
    assert counted.loc["unit", "unmapped"] == 1  # mmol/mol
    assert counted.loc["measurement", "share"] == pytest.approx(2 / 5)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_row_arrives_and_the_keys_hold(any_tables, data):
    tables = data.draw(any_tables)
    omop = interop.to_omop(tables)
    with duckdb.connect() as con:
        interop.load_omop(con, omop)
        count = {
            name: con.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in METADATA.tables
        }
    assert count["person"] == len(tables["patient"])
    assert count["visit_occurrence"] == len(tables["encounter"])
    assert count["condition_occurrence"] == len(tables["diagnosis"])
    assert count["measurement"] == len(tables["lab_result"]) + len(tables["vital_sign"])
    assert count["drug_exposure"] == len(tables["prescription"])
    assert count["death"] == tables["patient"]["death_date"].notna().sum()


def test_the_keys_refuse_and_nothing_is_left(hand):
    omop = interop.to_omop(hand)
    omop["person"] = omop["person"].assign(gender_concept_id=999)
    with duckdb.connect() as con:
        with pytest.raises(DataError, match=r"load_omop: .*nothing was loaded.*foreign key"):
            interop.load_omop(con, omop)
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("vital_sign", {"patient_id": 8}, "a row of patient 8, who is not in table patient"),
        ("prescription", {"encounter_id": 71}, "a row of encounter 71"),
        ("encounter", {"encounter_id": 71}, "a diagnosis is of encounter 70"),
        ("patient", {"patient_id": 8}, "is not in table patient"),
    ],
)
def test_rows_that_belong_nowhere(hand, name, values, said):
    with pytest.raises(InputError) as caught:
        interop.to_omop(hand | {name: hand[name].assign(**values)})
    assert said in str(caught.value)


def test_keys_too_large(hand):
    patient = hand["patient"].assign(patient_id=2**31)
    with pytest.raises(InputError, match="32-bit keys"):
        interop.to_omop({"patient": patient})


def test_patients_are_needed(hand):
    with pytest.raises(InputError, match="table patient is missing"):
        interop.to_omop({"encounter": hand["encounter"]})
