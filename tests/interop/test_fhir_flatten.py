"""A resource as tables in first normal form, and as a tree."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import interop
from labkit.errors import DataError
from labkit.interop.flatten import landing


def test_one_resource_becomes_several_relations():
    tables = interop.flatten(
        {
            "resourceType": "Patient",
            "id": "7",
            "gender": "female",
            "maritalStatus": {"text": "gift"},
            "name": [
                {"use": "official", "family": "Øveli", "given": ["Åse", "Marie"]},
                {"use": "maiden", "family": "Bakken"},
            ],
        }
    )
    assert set(tables) == {"patient", "patient_name", "patient_name_given"}
    assert tables["patient"].to_dict("records") == [
        {"patient_id": "7", "gender": "female", "maritalStatus_text": "gift"}
    ]
    assert tables["patient_name"]["family"].tolist() == ["Øveli", "Bakken"]
    assert tables["patient_name_given"].to_dict("records") == [
        {"patient_id": "7", "name_no": 1, "given_no": 1, "value": "Åse"},
        {"patient_id": "7", "name_no": 1, "given_no": 2, "value": "Marie"},
    ]


def leaves(value):
    """List every value of nested JSON."""
    if isinstance(value, dict):
        return [v for inner in value.values() for v in leaves(inner)]
    if isinstance(value, list):
        return [v for inner in value for v in leaves(inner)]
    return [value]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_is_nested_nothing_is_lost_and_keys_identify(any_tables, data):
    bundle = interop.to_fhir(data.draw(any_tables))
    tables = interop.flatten(bundle)
    held = []
    for name, frame in tables.items():
        keys = [
            c for n, c in enumerate(frame.columns) if c.endswith("_no") or (n == 0 and "_id" in c)
        ]
        assert not frame.duplicated(keys).any(), name
        cells = [v for c in frame if c not in keys for v in frame[c] if not pd.isna(v)]
        assert not any(isinstance(v, dict | list) for v in cells)
        held += cells
    for resource in interop.resources(bundle):
        body = {k: v for k, v in resource.items() if k not in ("id", "resourceType")}
        for value in leaves(body):
            assert value in held


def test_keys_that_would_not_identify():
    patient = {"resource": {"resourceType": "Patient", "id": "7"}}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [patient, patient]}
    with pytest.raises(DataError, match="two resources are Patient/7"):
        interop.flatten(bundle)
    del patient["resource"]["id"]
    with pytest.raises(DataError, match=r"entry\[0\].resource has no id"):
        interop.flatten(bundle)


@pytest.mark.parametrize("version", ["R4B", "R5"])
def test_the_path_table_tells_where_values_land(hand, version):
    bundle = interop.to_fhir(hand, version=version)
    for resource in interop.resources(bundle):
        tables = interop.flatten(resource)
        paths = interop.tree(resource, version=version).table()
        assert len(paths) == len(leaves(resource)) - 1  # all but resourceType
        for row in paths.itertuples():
            assert row.value in tables[row.table][row.column].tolist()
            assert landing(row.path) == (row.table, row.column)


# Cardinalities: hl7.org/fhir/R4B and hl7.org/fhir/R5, the tables of each resource.
@pytest.mark.parametrize(
    ("kind", "version", "name", "cardinality", "type_"),
    [
        ("Encounter", "R4B", "class", "1..1", "Coding"),
        ("Encounter", "R5", "class[0]", "0..*", "CodeableConcept"),
        ("Encounter", "R5", "status", "1..1", "code"),
        ("Encounter", "R5", "participant[0]", "0..*", "BackboneElement"),
        ("Condition", "R5", "clinicalStatus", "1..1", "CodeableConcept"),
        ("MedicationRequest", "R4B", "medicationCodeableConcept", "1..1", "CodeableConcept"),
        ("MedicationRequest", "R5", "medication", "1..1", "CodeableReference"),
        ("Patient", "R5", "birthDate", "0..1", "date"),
    ],
)
def test_cardinalities(hand, kind, version, name, cardinality, type_):
    resource = interop.resources(interop.to_fhir(hand, version=version), kind)[0]
    branches = {b.path: b for b in interop.tree(resource, version=version).branches}
    branch = branches[f"{kind}.{name}"]
    assert (branch.cardinality, branch.type) == (cardinality, type_)


def test_the_tree_is_drawn_without_outside_help(hand):
    patient = interop.resources(interop.to_fhir(hand), "Patient")[0]
    patient["name"][0]["family"] = "<script>"
    drawn = interop.tree(patient)._repr_html_()
    assert "<script>" not in drawn
    assert "0..*" in drawn
