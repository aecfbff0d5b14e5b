"""EHR rows to FHIR and back, in both versions."""

import json
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import interop
from labkit.errors import DataError, InputError
from labkit.interop.pieces import local_time, moment
from labkit.schema.ehr import METADATA

VERSIONS = ("R4B", "R5")


def same(name: str, one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Compare two tables as sets of rows, by their primary key."""
    keys = [column.name for column in METADATA.tables[name].primary_key]
    sort = {"by": keys, "ignore_index": True}
    pd.testing.assert_frame_equal(one.sort_values(**sort), other.sort_values(**sort))


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_come_back_as_they_were_and_resources_keep_the_standard(any_tables, version, data):
    tables = data.draw(any_tables)
    bundle = json.loads(json.dumps(interop.to_fhir(tables, version=version)))
    kinds = {f.kind for f in interop.check(bundle, version=version)}
    assert kinds <= {"date"}  # drawn stays may end before they start
    back = interop.from_fhir(bundle)
    for name, frame in tables.items():
        same(name, frame, back[name])


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)))
def test_local_times_come_back_also_when_the_clock_is_moved(when):
    assert local_time(moment(when)) == when


def test_the_hour_that_does_not_exist_and_the_one_that_comes_twice():
    # Norway: 31 March 2024 02:00 -> 03:00, 27 October 2024 03:00 -> 02:00
    for when in (datetime(2024, 3, 31, 2, 30), datetime(2024, 10, 27, 2, 30)):
        assert local_time(moment(when)) == when


def test_where_the_versions_differ(hand):
    old, new = (interop.to_fhir(hand, version=v) for v in VERSIONS)
    first = {
        (v, kind): interop.resources(bundle, kind)[0]
        for v, bundle in zip(VERSIONS, (old, new), strict=True)
        for kind in ("Encounter", "Condition", "MedicationRequest")
    }
    stay4, stay5 = first["R4B", "Encounter"], first["R5", "Encounter"]
    assert (stay4["status"], stay5["status"]) == ("finished", "completed")
    assert stay4["class"]["code"] == stay5["class"][0]["coding"][0]["code"] == "IMP"
    assert stay4["period"] == stay5["actualPeriod"]
    assert stay4["period"]["start"] == "2023-03-01T22:15:00+01:00"
    assert [d["rank"] for d in stay4["diagnosis"]] == [1, 2]
    assert stay5["diagnosis"][1]["condition"][0]["reference"]["reference"] == "Condition/70-2"
    assert "clinicalStatus" not in first["R4B", "Condition"]
    assert first["R5", "Condition"]["clinicalStatus"]["coding"][0]["code"] == "unknown"
    drug4, drug5 = first["R4B", "MedicationRequest"], first["R5", "MedicationRequest"]
    assert drug4["medicationCodeableConcept"] == drug5["medication"]["concept"]
    assert drug4["reasonCode"][0] == drug5["reason"][0]["concept"]


@pytest.mark.parametrize(("wrote", "reads"), [("R4B", "R5"), ("R5", "R4B")])
def test_one_version_is_not_the_other(hand, wrote, reads):
    findings = interop.check(interop.to_fhir(hand, version=wrote), version=reads)
    assert {"form", "unknown"} <= {f.kind for f in findings}


def test_two_pressures_of_one_moment_are_one_resource(hand):
    seen = interop.resources(interop.to_fhir(hand), "Observation")
    panel = next(o for o in seen if "component" in o)
    assert panel["code"]["coding"][0]["code"] == "85354-9"
    assert [c["valueQuantity"]["value"] for c in panel["component"]] == [151.0, 88.0]
    assert panel["component"][0]["valueQuantity"]["code"] == "mm[Hg]"


def test_a_sample_that_failed_says_why_there_is_no_value(hand):
    seen = interop.resources(interop.to_fhir(hand), "Observation")
    failed = next(o for o in seen if o["id"] == "lab-2")
    assert "valueQuantity" not in failed
    assert failed["dataAbsentReason"]["coding"][0]["code"] == "error"


def test_systems_of_identifiers_and_codes(hand):
    bundle = interop.to_fhir(hand)
    patient = interop.resources(bundle, "Patient")[0]
    assert patient["identifier"][0]["system"] == "urn:oid:2.16.578.1.12.4.1.4.1"
    condition = interop.resources(bundle, "Condition")[0]
    assert condition["code"]["coding"][0]["system"] == "urn:oid:2.16.578.1.12.4.1.1.7110"
    lab = next(o for o in interop.resources(bundle, "Observation") if o["id"] == "lab-1")
    assert lab["code"]["coding"][0] == {
        "system": "urn:oid:2.16.578.1.12.4.1.1.7280",
        "code": "NPU27300",
    }
    assert "display" not in json.dumps(bundle)  # our labels are not the code systems'


def test_foreign_resources_are_read_by_their_codes():
    lab = {
        "resourceType": "Observation",
        "id": "31",
        "status": "final",
        "code": {"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.7280", "code": "NPU27300"}]},
        "subject": {"reference": "https://server.example/fhir/Patient/7"},
        "encounter": {"reference": "Encounter/70"},
        "effectiveDateTime": "2024-06-01T06:00:00Z",
        "valueQuantity": {"value": 41, "system": "http://unitsofmeasure.org", "code": "mmol/mol"},
    }
    row = interop.from_fhir(lab)["lab_result"].iloc[0]
    assert (row["analyte"], row["unit"], row["patient_id"]) == ("hba1c", "mmol/mol", 7)
    assert row["taken_time"] == pd.Timestamp("2024-06-01 08:00")


def change(hand, name, **values):
    return hand | {name: hand[name].assign(**values)}


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("patient", {"fnr": "15050049999"}, "month is not 81-92"),
        ("patient", {"sex": "K"}, "patient.sex is 'K'. Known: F, M"),
        ("patient", {"birth_date": "1950-05-35"}, "birth_date must be a day"),
        ("patient", {"family_name": None}, "family_name is empty"),
        ("encounter", {"kind": "visitt"}, "encounter.kind is 'visitt'"),
        ("encounter", {"encounter_id": 71}, "encounter 70, which is not in table encounter"),
        ("vital_sign", {"unit": "stones"}, "unit is 'stones'"),
        ("lab_result", {"analyte": "blood"}, "'blood' is not in the code system"),
        ("lab_result", {"value": "high"}, "value must be a number, not 'high'"),
        ("prescription", {"refills": 1.5}, "refills must be a whole number"),
        ("prescription", {"refills": True}, "refills must be a whole number"),
    ],
)
def test_rows_that_cannot_be_sent(hand, name, values, said):
    with pytest.raises(InputError, match="to_fhir") as caught:
        interop.to_fhir(change(hand, name, **values))
    assert said in str(caught.value)


def test_the_refused_identity_number_is_not_repeated(hand):
    with pytest.raises(InputError) as caught:
        interop.to_fhir(change(hand, "patient", fnr="15050049999"))
    assert "15050049999" not in str(caught.value)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"pasient": pd.DataFrame()}, "the EHR has no table 'pasient'"),
        ({"patient": [1]}, "must be a DataFrame, not list"),
        ({"diagnosis": pd.DataFrame({"encounter": []})}, "lacks the column 'encounter_id'"),
    ],
)
def test_tables_that_are_none(tables, said):
    with pytest.raises(InputError) as caught:
        interop.to_fhir(tables)
    assert said in str(caught.value)


def test_a_foreign_id_is_told_with_its_path():
    with pytest.raises(DataError) as caught:
        interop.from_fhir({"resourceType": "Patient", "id": "example"})
    assert "Patient.id" in str(caught.value)
    assert '"example"' in str(caught.value)
