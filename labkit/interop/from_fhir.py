"""FHIR resources to rows of the EHR tables."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any

import pandas as pd

from labkit.errors import DataError
from labkit.interop import systems as s
from labkit.interop.finding import Finding
from labkit.interop.pieces import Resource, lab_codes, local_time
from labkit.interop.read import first_findings, named, of
from labkit.interop.rows import Row, frame

TABLES = ("patient", "encounter", "diagnosis", "lab_result", "vital_sign", "prescription")
_SEX = {code: sex for sex, code in s.GENDER.items()}
_URGENCY = {code: urgency for urgency, code in s.PRIORITY.items()} | {"R": "planned"}
_VITAL = {code: kind for kind, code in s.VITAL_LOINC.items()}
_UNIT = {code: unit for unit, code in s.UNITS.items()}


def from_fhir(resource: Resource) -> dict[str, pd.DataFrame]:
    """Read a Bundle, or one resource, into the tables of the EHR.

    R4B and R5 are both read, whichever way they say a thing. Kinds of resource that have no table
    here are passed over.

    Args:
        resource: A Bundle or resource as plain dicts, as `read` or `to_fhir` gives.

    Returns:
        patient, encounter, diagnosis, lab_result, vital_sign and prescription with the columns of
        `labkit.schema.ehr`, in the order of the Bundle; what `to_fhir` wrote comes back as it was.

    Raises:
        DataError: If something that a table needs is missing or cannot be read; the first five
            findings are told. `check` lists them all.
    """
    found: dict[str, list[Row]] = {name: [] for name in TABLES}
    findings: list[Finding] = []
    for one in resources(resource):
        made, missed = table_rows(one)
        findings += missed
        for name, row in made:
            found[name].append(row)
    if findings:
        raise DataError(first_findings("from_fhir", findings))
    return {name: frame(name, found[name]) for name in TABLES}


def resources(resource: Resource, kind: str | None = None) -> list[Resource]:
    """List the resources of a Bundle (or the one given), all or those of one kind.

    Examples:
        >>> resources({"resourceType": "Patient", "id": "7"}, "Encounter")
        []
    """
    every = (
        [entry["resource"] for entry in resource.get("entry", []) if "resource" in entry]
        if resource.get("resourceType") == "Bundle"
        else [resource]
    )
    return [one for one in every if kind in (None, one.get("resourceType"))]


def table_rows(resource: Resource) -> tuple[list[tuple[str, Row]], list[Finding]]:
    """Read the rows of one resource as (table, row), and what could not be read."""
    reader = _READERS.get(resource.get("resourceType", ""))
    if reader is None:
        return [], []
    element = _Element(resource)
    made = list(reader(element))
    return ([], element.findings) if element.findings else (made, [])


class _Element:
    """A resource being read: what is missing becomes a finding, and reading goes on."""

    def __init__(self, resource: Resource):
        self.resource = resource
        self.findings: list[Finding] = []

    def at(self, path: str, root: Any = None) -> Any:
        """Follow a path such as `name[0].family`; None if it leads nowhere."""
        here: Any = self.resource if root is None else root
        for step in re.findall(r"\w+", path):
            try:
                here = here[int(step)] if step.isdigit() else here[step]
            except (KeyError, IndexError, TypeError):
                return None
        return here

    def miss(self, path: str, came: Any, allowed: str = "") -> None:
        came = "" if came is None else named(came)
        where = f"{self.resource['resourceType']}.{path}"
        self.findings.append(Finding(of(self.resource), where, "mapping", came, allowed))

    def need(
        self, path: str, convert: Callable[[Any], Any], allowed: str = "", *, root: Any = None
    ) -> Any:
        """Read one value that the tables cannot do without."""
        value = self.at(path, root)
        try:
            return convert(value)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.miss(path, value, allowed)
            return None

    def may(self, path: str, convert: Callable[[Any], Any], allowed: str = "") -> Any:
        """Read one value that may be missing."""
        return None if self.at(path) is None else self.need(path, convert, allowed)

    def coding(
        self, path: str, systems: Collection[str], root: Any = None
    ) -> tuple[str, str] | None:
        """Return (system, code) of the first coding, by order of `systems`, under a path."""
        listed = self.at(path, root) or []
        listed = listed if isinstance(listed, list) else [listed]  # R4B: Encounter.class
        codings = [c for one in listed for c in one.get("coding", [one])]
        for system in systems:
            for coding in codings:
                if coding.get("system") == system and coding.get("code"):
                    return system, coding["code"]
        return None

    def translate(
        self, path: str, tables: dict[str, dict[str, str]], root: Any = None
    ) -> str | None:
        """Return our code for that of the first code system that is there and known."""
        for system, table in tables.items():
            found = self.coding(path, [system], root)
            if found and found[1] in table:
                return table[found[1]]
        self.miss(path, self.at(path, root), ", ".join(tables))
        return None

    def reference(self, path: str, kind: str) -> Any:
        return self.need(
            f"{path}.reference", lambda v: int(_match(rf"(?:.*/)?{kind}/(\d+)", v)), f"{kind}/7"
        )

    def number_of(self, path: str, kind: str) -> Any:
        """Read the number of somebody who is not sent along."""
        return self.need(f"{path}.identifier.value", int, f"{s.KIT}/id/{kind}")

    def context(self) -> Row:
        return {
            "patient_id": self.reference("subject", "Patient"),
            "encounter_id": self.reference("encounter", "Encounter"),
        }


def _match(pattern: str, value: str) -> str:
    found = re.fullmatch(pattern, value)
    if not found:
        raise ValueError(value)
    return found[1]


def _patient(r: _Element) -> Iterator[tuple[str, Row]]:
    def fnr(listed: Any) -> str:
        return str(next(i["value"] for i in listed or [] if i.get("system") == s.FNR))

    def municipality(listed: Any) -> str:
        return str(
            next(
                e["valueCoding"]["code"]
                for e in listed or []
                if e.get("url") == s.MUNICIPALITY_EXTENSION
            )
        )

    yield (
        "patient",
        {
            "patient_id": r.need("id", int, "7"),
            "fnr": r.need("identifier", _first(fnr), s.FNR),
            "given_name": r.need("name[0].given", " ".join),
            "family_name": r.need("name[0].family", _text),
            "birth_date": r.need("birthDate", date.fromisoformat, "1955-01-31"),
            "sex": r.need("gender", _SEX.__getitem__, "female, male"),
            "municipality": r.need(
                "address[0].extension", _first(municipality), s.MUNICIPALITY_EXTENSION
            ),
            "gp_id": r.number_of("generalPractitioner[0]", "Practitioner")
            if r.at("generalPractitioner")
            else None,
            "death_date": r.may("deceasedDateTime", lambda v: local_time(v).date(), "2024-05-17"),
        },
    )


def _encounter(r: _Element) -> Iterator[tuple[str, Row]]:
    period = "actualPeriod" if r.at("actualPeriod") else "period"
    who = "actor" if r.at("participant[0].actor") else "individual"
    own = r.coding("type", [s.ENCOUNTER_KIND])
    yield (
        "encounter",
        {
            "encounter_id": r.need("id", int, "7"),
            "patient_id": r.reference("subject", "Patient"),
            "organisation_id": r.number_of("serviceProvider", "Organization"),
            "practitioner_id": r.number_of(f"participant[0].{who}", "Practitioner"),
            "kind": own[1] if own else r.translate("class", {s.ACT_CODE: s.CLASS_READ}),
            "urgency": r.translate("priority", {s.ACT_PRIORITY: _URGENCY}),
            "start_time": r.need(f"{period}.start", local_time),
            "end_time": r.need(f"{period}.end", local_time),
        },
    )


def _condition(r: _Element) -> Iterator[tuple[str, Row]]:
    found = r.coding("code", s.DIAGNOSIS_READ)
    if found is None:
        r.miss("code", r.at("code"), ", ".join(s.DIAGNOSIS_READ))
    system, code = found or ("", "")
    yield (
        "diagnosis",
        {
            "encounter_id": r.reference("encounter", "Encounter"),
            "position": r.need("id", lambda v: int(_match(r"\d+-(\d+)", v)), "7-1"),
            "code_system": s.DIAGNOSIS_READ.get(system),
            "code": code,
        },
    )


def _observation(r: _Element) -> Iterator[tuple[str, Row]]:
    if r.at("component"):
        for number, part in enumerate(r.at("component")):
            yield "vital_sign", _vital(r, f"component[{number}].", part)
    elif r.coding("code", [s.VITAL]) or (r.coding("code", [s.LOINC]) or ("", ""))[1] in _VITAL:
        yield "vital_sign", _vital(r, "", None)
    else:
        yield "lab_result", _lab(r)


def _vital(r: _Element, path: str, part: Any) -> Row:
    own = {kind: kind for kind in s.VITAL_LOINC}
    return {
        "vital_sign_id": r.need(f"{path}id", _key("vital"), "vital-7"),
        **r.context(),
        "kind": r.translate(f"{path}code", {s.VITAL: own, s.LOINC: _VITAL}),
        "value": r.need(f"{path}valueQuantity.value", float),
        "unit": _unit(r, f"{path}valueQuantity"),
        "measured_time": r.need("effectiveDateTime", local_time),
    }


def _lab(r: _Element) -> Row:
    own = {analyte: analyte for analyte in lab_codes()}
    npu = {code: analyte for analyte, (code, _) in lab_codes().items()}
    analyte = r.translate("code", {s.ANALYTE: own, s.NLK: npu})
    absent = r.at("valueQuantity") is None and r.at("dataAbsentReason") is not None
    return {
        "lab_result_id": r.need("id", _key("lab"), "lab-7"),
        **r.context(),
        "analyte": analyte,
        "value": None if absent else r.need("valueQuantity.value", float),
        "unit": lab_codes()[analyte][1] if absent and analyte else _unit(r, "valueQuantity"),
        "taken_time": r.need("effectiveDateTime", local_time),
    }


def _prescription(r: _Element) -> Iterator[tuple[str, Row]]:
    drug = "medication.concept" if r.at("medication.concept") else "medicationCodeableConcept"
    atc = r.coding(drug, s.ATC_READ)
    if atc is None:
        r.miss(drug, r.at(drug), s.ATC)
    why = "reason[0].concept" if r.at("reason") else "reasonCode[0]"
    icd = [uri for uri, name in s.DIAGNOSIS_READ.items() if name == "ICD-10"]
    indication = r.coding(why, icd)
    yield (
        "prescription",
        {
            "prescription_id": r.need("id", int, "7"),
            **r.context(),
            "atc": atc[1] if atc else None,
            "ddd": r.may("dispenseRequest.quantity.value", float),
            "refills": r.may("dispenseRequest.numberOfRepeatsAllowed", int) or 0,
            "prescribed_date": r.need("authoredOn", lambda v: local_time(v).date(), "2024-05-17"),
            "indication": indication[1] if indication else None,
        },
    )


def _unit(r: _Element, path: str) -> str | None:
    written = r.at(f"{path}.unit")
    if written in s.UNITS:
        return str(written)
    return r.need(f"{path}.code", _UNIT.__getitem__, ", ".join(_UNIT))


def _key(prefix: str) -> Callable[[Any], int]:
    return lambda value: int(_match(rf"(?:{prefix}-)?(\d+)", value))


def _first(find: Callable[[Any], str]) -> Callable[[Any], str]:
    def found(listed: Any) -> str:
        try:
            return find(listed)
        except StopIteration as nothing:
            raise ValueError from nothing

    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


_READERS: dict[str, Callable[[_Element], Iterator[tuple[str, Row]]]] = {
    "Patient": _patient,
    "Encounter": _encounter,
    "Condition": _condition,
    "Observation": _observation,
    "MedicationRequest": _prescription,
}
