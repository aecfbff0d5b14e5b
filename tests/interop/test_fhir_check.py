"""Findings: what the structure lets through, and what breaks it."""

import copy
import json

import pytest

from labkit import interop
from labkit.errors import DataError, InputError

PATIENT = {"resourceType": "Patient", "id": "7"}
STAY = {"R4B": {"class": {"code": "IMP"}}, "R5": {}}


def only(resource, version="R5", **options):
    """Return the one finding there is, as (path, kind, came)."""
    findings = interop.check(resource, version=version, mapping=False, **options)
    assert len(findings) == 1, [f.text("en") for f in findings]
    return findings[0].path, findings[0].kind, findings[0].came


def test_the_library_accepts_what_check_finds():
    kvinne = PATIENT | {"gender": "kvinne"}
    assert interop.read(kvinne) == kvinne
    assert only(kvinne) == ("Patient.gender", "code", '"kvinne"')


def test_findings_are_said_in_both_languages():
    finding = interop.check(PATIENT | {"gender": "kvinne"}, mapping=False)[0]
    assert finding.text("nb") == (
        'Patient/7: Patient.gender er "kvinne", som ikke er en av kodene der. '
        "Mulig: female, male, other, unknown."
    )
    assert "is not one of its codes" in finding.text("en")


# Codes of one version only. Sources: hl7.org/fhir/R4B and hl7.org/fhir/R5, value sets
# encounter-status, medicationrequest-status and condition-clinical.
@pytest.mark.parametrize(("status", "right"), [("finished", "R4B"), ("completed", "R5")])
def test_encounter_status_by_version(status, right):
    for version in ("R4B", "R5"):
        stay = {"resourceType": "Encounter", "id": "1", "status": status} | STAY[version]
        if version == right:
            assert interop.check(stay, version=version, mapping=False) == []
        else:
            assert only(stay, version) == ("Encounter.status", "code", f'"{status}"')


def test_clinical_status_unknown_came_with_r5():
    coding = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/7"},
        "clinicalStatus": {"coding": [coding | {"code": "unknown"}]},
    }
    assert interop.check(condition, version="R5", mapping=False) == []
    assert only(condition, "R4B") == ("Condition.clinicalStatus", "code", '["unknown"]')
    del condition["clinicalStatus"]
    assert interop.check(condition, version="R4B", mapping=False) == []
    assert only(condition, "R5") == ("Condition.clinicalStatus", "missing", "")


def test_codes_in_lists_are_found_with_their_place():
    names = [{"use": "official", "family": "A"}, {"use": "pet", "family": "B"}]
    assert only(PATIENT | {"name": names}) == ("Patient.name[1].use", "code", '"pet"')


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"birthDate": "1980-13-40"}, ("Patient.birthDate", "form", '"1980-13-40"')),
        ({"genders": "male"}, ("Patient.genders", "unknown", '"male"')),
        ({"name": "Kari"}, ("Patient.name", "form", '"Kari"')),
        ({"name": [{"family": 3}]}, ("Patient.name[0].family", "form", "3")),
        (
            {"birthDate": "1980-05-02", "deceasedDateTime": "1980-04-30"},
            ("Patient.deceasedDateTime", "date", "1980-04-30"),
        ),
        (
            {"identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "01019912345"}]},
            ("Patient.identifier[0].value", "person", ""),
        ),
    ],
)
def test_what_is_wrong_with_a_patient(more, expected):
    assert only(PATIENT | more) == expected


def test_an_unknown_element_is_guessed():
    finding = interop.check(PATIENT | {"genders": "male"}, mapping=False)[0]
    assert finding.allowed == "gender"


def test_a_status_that_is_missing_is_told_beside_other_findings():
    found = interop.check({"resourceType": "Observation", "code": "x"}, mapping=False)
    assert {(f.path, f.kind) for f in found} == {
        ("Observation.status", "missing"),
        ("Observation.code", "form"),
    }


def test_a_stay_that_ends_before_it_starts_and_a_time_without_zone():
    stay = {"resourceType": "Encounter", "id": "1", "status": "completed"}
    period = {"start": "2024-05-02T10:00:00+02:00", "end": "2024-05-02T07:59:00Z"}
    assert only(stay | {"actualPeriod": period})[:2] == ("Encounter.actualPeriod", "date")
    bare = {"start": "2024-05-02T10:00:00"}
    assert only(stay | {"actualPeriod": bare})[:2] == ("Encounter.actualPeriod.start", "form")


def test_references_that_point_nowhere(hand):
    bundle = interop.to_fhir(hand)
    assert interop.check(bundle) == []
    lost = copy.deepcopy(bundle)
    del lost["entry"][0]
    found = interop.check(lost)
    assert {f.kind for f in found} == {"reference"}
    assert {f.came for f in found} == {"Patient/7"}
    kinds = ("Encounter", "Condition", "Observation", "MedicationRequest")
    assert len(found) == sum(len(interop.resources(lost, kind)) for kind in kinds)


def test_findings_in_a_bundle_name_their_resource(hand):
    bundle = interop.to_fhir(hand)
    bundle["entry"][1]["resource"]["status"] = 5
    finding = interop.check(bundle)[0]
    assert (finding.resource, finding.path) == ("Encounter/70", "Encounter.status")


def test_what_is_lawful_but_cannot_fill_the_tables():
    found = interop.check(PATIENT)
    assert {f.kind for f in found} == {"mapping"}
    assert {f.path for f in found} >= {"Patient.identifier", "Patient.birthDate", "Patient.gender"}
    assert interop.check(PATIENT, mapping=False) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('{"resourceType": "Patient",\n "id": }', "line 2, column 8"),
        ("[1, 2]", "a JSON object"),
        (b'{"\xe6": 1}', "not UTF-8"),
        ("{}", "'resourceType' is missing"),
        ('{"resourceType": "Pasient"}', "no resource is called 'Pasient'"),
        ('{"resourceType": "Pasient"}', "Did you mean 'Patient'?"),
        ('{"resourceType": "HumanName"}', "no resource is called 'HumanName'"),
        ('{"resourceType": 3}', "no resource is called '3'"),
    ],
)
def test_what_is_no_resource(source, said):
    for reads in (interop.read, interop.check):
        with pytest.raises(DataError) as caught:
            reads(source)
        assert said in str(caught.value)


def test_read_tells_the_first_findings():
    wrong = PATIENT | {f"x{n}": n for n in range(7)}
    with pytest.raises(DataError, match=r"and 2 more"):
        interop.read(json.dumps(wrong))


@pytest.mark.parametrize("source", [None, 3, ["Patient"]])
def test_what_is_neither_text_nor_dict(source):
    with pytest.raises(InputError, match="give JSON text or a dict"):
        interop.check(source)


def test_a_version_that_is_unknown():
    with pytest.raises(InputError, match=r"version 'R3' is not known\. Choose one of R4B, R5"):
        interop.check(PATIENT, version="R3")


@pytest.mark.parametrize("entry", ["x", ["x"], [{"resource": "x"}], [{"resource": {"id": "1"}}]])
def test_a_broken_bundle_gives_findings(entry):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entry}
    assert interop.check(bundle)
