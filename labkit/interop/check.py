"""Findings about FHIR resources: what the structure lets through, and what our tables need."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from labkit.interop import systems as s
from labkit.interop.finding import Finding
from labkit.interop.from_fhir import resources, table_rows
from labkit.interop.pieces import Resource, local_time
from labkit.interop.read import Version, named, of, parse, structure

_MUST = (  # 1..1 in both versions; the library looks for these only when all else is well
    "Encounter.status",
    "Observation.status",
    "Observation.code",
    "MedicationRequest.status",
    "MedicationRequest.intent",
    "Bundle.type",
)
_PERIODS = ("Encounter.period", "Encounter.actualPeriod")


def check(
    source: str | bytes | Resource, *, version: Version = "R5", mapping: bool = True
) -> list[Finding]:
    """List what is wrong with a resource or a Bundle.

    - The structure of its kind: elements missing, unknown, or of the wrong form.
    - Required codes, by `bindings.toml`: `gender` must be one of four words.
    - Order of dates: end before start, death before birth.
    - In a Bundle: references that point nowhere in it.
    - National identity numbers that are not synthetic.
    - What is lawful FHIR but cannot fill the kit's tables (`kind == "mapping"`).

    Args:
        source: JSON text, or plain dicts.
        version: `R4B` or `R5`: some codes and elements are right in one of them only.
        mapping: Whether to list what the kit's tables need.

    Returns:
        Findings in the order of the resources; empty if none was found. Not a proof that the
        resource is right: extensible bindings and profiles are not checked.

    Raises:
        InputError: If the version is not known or `source` is neither text nor a dict.
        DataError: If the text is not JSON or of no known kind.

    Examples:
        >>> kvinne = {"resourceType": "Patient", "id": "7", "gender": "kvinne"}
        >>> print(check(kvinne, mapping=False)[0].text("en"))
        Patient/7: Patient.gender is "kvinne", which is not one of its codes. Possible: female, \
male, other, unknown.
    """
    resource = parse(source, version=version)
    findings = structure(resource, version=version)
    bundle = resource["resourceType"] == "Bundle"
    try:
        every = [resource, *resources(resource)] if bundle else [resource]
        findings += [
            Finding("Bundle", f"Bundle.entry[{number}].resource.resourceType", "missing", "", "")
            for number, entry in enumerate(resource.get("entry", []) if bundle else [])
            if "resource" in entry and "resourceType" not in entry["resource"]
        ]
        every = [one for one in every if isinstance(one.get("resourceType"), str)]
    except (TypeError, AttributeError):  # so broken that the structure says it all
        return findings
    for one in every:
        findings += _of_one(one, version)
    if bundle:
        findings += _references(resource)
    if mapping and not findings:
        for one in resources(resource):
            findings += table_rows(one)[1]
    return list(dict.fromkeys(findings))


def _of_one(resource: Resource, version: Version) -> Iterator[Finding]:
    kind, who = resource["resourceType"], of(resource)
    for path in _MUST:
        if path.startswith(f"{kind}.") and resource.get(path.partition(".")[2]) is None:
            yield Finding(who, path, "missing", "", "")
    for binding in _bindings():
        if binding.path.startswith(f"{kind}.") and binding.version in (None, version):
            for path, value in _values(resource, binding.path.split(".")[1:], kind):
                if not binding.allows(value):
                    yield Finding(who, path, "code", _shown(value), ", ".join(binding.codes))
    yield from _dates(resource)
    if kind == "Patient":
        for path, value in _values(resource, ["identifier"], kind):
            if isinstance(value, dict) and value.get("system") == s.FNR:
                number = str(value.get("value", ""))
                if not 81 <= int(number[2:4] if number[2:4].isdigit() else 0) <= 92:
                    yield Finding(who, f"{path}.value", "person", "", "")


@dataclass(frozen=True)
class _Binding:
    path: str
    codes: tuple[str, ...]
    system: str | None
    version: str | None

    def allows(self, value: Any) -> bool:
        if self.system is None:
            return not isinstance(value, str) or value in self.codes  # else: the wrong form
        codings = value.get("coding", []) if isinstance(value, dict) else []
        return any(c.get("system") == self.system and c.get("code") in self.codes for c in codings)


@cache
def _bindings() -> tuple[_Binding, ...]:
    text = (files(__package__) / "bindings.toml").read_text(encoding="utf-8")
    return tuple(
        _Binding(path, tuple(sorted(b["codes"].split())), b.get("system"), b.get("version"))
        for path, bindings in tomllib.loads(text).items()
        for b in bindings
    )


def _values(at: Any, steps: list[str], path: str) -> Iterator[tuple[str, Any]]:
    """Yield every value at a path, lists gone through, with its path and places."""
    if isinstance(at, list):
        for number, one in enumerate(at):
            yield from _values(one, steps, f"{path}[{number}]")
    elif not steps:
        yield path, at
    elif isinstance(at, dict) and steps[0] in at:
        yield from _values(at[steps[0]], steps[1:], f"{path}.{steps[0]}")


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value.get("coding"):
        return named([c.get("code") for c in value["coding"]])
    return named(value)


def _dates(resource: Resource) -> Iterator[Finding]:
    kind, who = resource["resourceType"], of(resource)
    for path in _PERIODS:
        if path.startswith(f"{kind}."):
            period = resource.get(path.partition(".")[2])
            if isinstance(period, dict) and _after(period.get("start"), period.get("end")):
                came = f"{period['start']} - {period['end']}"
                yield Finding(who, path, "date", came, "")
    birth, death = resource.get("birthDate"), resource.get("deceasedDateTime")
    if kind == "Patient" and _after(birth, death):
        yield Finding(who, "Patient.deceasedDateTime", "date", str(death), f"{birth} -")


def _after(first: Any, last: Any) -> bool:
    """Say whether the first moment is after the last; parts of dates are compared as text."""
    try:
        return local_time(first) > local_time(last)
    except (ValueError, TypeError):
        return (
            isinstance(first, str)
            and isinstance(last, str)
            and first[: len(last)] > last[: len(first)]
            and _is_date(first)
            and _is_date(last)
        )


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat((text[:10] + "-01-01")[:10])
    except ValueError:
        return False
    return True


def _references(bundle: Resource) -> Iterator[Finding]:
    """Yield references to resources that the Bundle does not hold."""
    entries = [e for e in bundle.get("entry", []) if isinstance(e, dict)]
    there = {e["fullUrl"] for e in entries if "fullUrl" in e}
    there |= {of(e["resource"]) for e in entries if "resource" in e}
    for one in resources(bundle):
        own = {f"#{c.get('id')}" for c in one.get("contained", [])}
        for path, target in _targets(one, str(one.get("resourceType"))):
            outside = target.startswith(("http:", "https:"))  # may lie on a server
            if not (outside or target in there or target in own):
                yield Finding(of(one), path, "reference", target, "")


def _targets(at: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(at, list):
        for number, one in enumerate(at):
            yield from _targets(one, f"{path}[{number}]")
    elif isinstance(at, dict):
        for name, value in at.items():
            if name == "reference" and isinstance(value, str):
                yield f"{path}.{name}", value
            else:
                yield from _targets(value, f"{path}.{name}")
