"""Reading FHIR resources: JSON, kind of resource, and the structure that the standard fixes.

The structure (which elements there are, how many, of which type) is checked by `fhir.resources`;
what it lets pass, such as `gender: "kvinne"`, is found by `labkit.interop.check`.
"""

import json
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args

from labkit.errors import DataError, InputError
from labkit.interop.finding import Finding
from labkit.interop.pieces import Resource
from labkit.messages import say

Version = Literal["R4B", "R5"]
VERSIONS: tuple[Version, ...] = get_args(Version)
_KINDS = ("Bundle", "Condition", "Encounter", "MedicationRequest", "Observation", "Patient")


def check_version(version: str, *, what: str) -> None:
    """Refuse a version that the kit does not know.

    Raises:
        InputError: With the two there are.
    """
    if version not in VERSIONS:
        raise InputError(say("interop.version", what=what, came=version, known=", ".join(VERSIONS)))


def read(source: str | bytes | Resource, *, version: Version = "R5") -> Resource:
    """Read one FHIR resource or Bundle, and check its structure.

    Args:
        source: JSON text, or what `json.loads` made of it.
        version: `R4B` or `R5`.

    Returns:
        The resource as plain dicts and lists.

    Raises:
        InputError: If the version is not known or `source` is neither text nor a dict.
        DataError: If the text is not JSON, is of no known kind, or breaks the structure of its
            kind; the first five findings are told.

    Examples:
        >>> read('{"resourceType": "Patient", "id": "7"}')["id"]
        '7'
    """
    resource = parse(source, version=version)
    findings = structure(resource, version=version)
    if findings:
        raise DataError(first_findings(f"FHIR {version}", findings))
    return resource


def parse(source: str | bytes | Resource, *, version: Version) -> Resource:
    """Read JSON and find out what kind of resource it is; the structure is not checked."""
    check_version(version, what="FHIR")
    if isinstance(source, str | bytes):
        try:
            source = json.loads(source)
        except json.JSONDecodeError as error:
            raise DataError(
                say("interop.not_json", line=error.lineno, column=error.colno, said=error.msg)
            ) from error
        except UnicodeDecodeError as error:
            raise DataError(say("interop.not_utf8", byte=error.start)) from error
        if not isinstance(source, dict):
            raise DataError(say("interop.not_object", came=named(source)))
    if not isinstance(source, dict):
        raise InputError(say("interop.not_source", came=type(source).__name__))
    kind = source.get("resourceType")
    if kind is None:
        raise DataError(say("interop.no_kind"))
    if not isinstance(kind, str) or model(kind, version) is None:
        near = get_close_matches(str(kind), _KINDS, n=1, cutoff=0.5)
        hint = say("interop.near", near=near[0]) if near else ""
        raise DataError(
            say(
                "interop.unknown_kind",
                version=version,
                kind=kind,
                known=", ".join(_KINDS),
                hint=hint,
            )
        )
    return source


@cache
def any_model(name: str, version: Version) -> Any:
    """Return the class of a resource or data type in `fhir.resources`; None if there is none."""
    if version == "R5":
        from fhir.resources import get_fhir_model_class
    else:
        from fhir.resources.R4B import get_fhir_model_class
    try:
        return get_fhir_model_class(name)
    except (ValueError, ImportError):
        return None


def model(name: str, version: Version) -> Any:
    """Return the class of a resource in `fhir.resources`; None if no resource is called so."""
    found = any_model(name, version)
    bases = [] if found is None else [base.__name__ for base in found.__mro__]
    return found if "Resource" in bases else None


def structure(resource: Resource, *, version: Version) -> list[Finding]:
    """Compare a resource, and each resource of a Bundle, with the structure of its kind."""
    from pydantic import ValidationError

    kind = resource["resourceType"]
    try:
        model(kind, version).model_validate(resource)
    except ValidationError as error:
        return [_finding(resource, detail, version) for detail in error.errors()]
    except (ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
        return [Finding(of(resource), kind, "form", "", str(error))]
    return []


def first_findings(what: str, findings: list[Finding]) -> str:
    """Tell the first five findings, a line each, and how many more there are."""
    more = [say("interop.more", n=len(findings) - 5)] if len(findings) > 5 else []
    return "\n".join([*(f"{what}: {finding}" for finding in findings[:5]), *more])


def of(resource: Resource) -> str:
    """Name a resource: `Patient/7`, or its kind if it has no id."""
    return "/".join(str(resource[k]) for k in ("resourceType", "id") if resource.get(k))


def _finding(resource: Resource, detail: Any, version: Version) -> Finding:
    """Make a finding of what pydantic says; inside a Bundle, of the resource it is in."""
    steps = [step for step in detail["loc"] if step != "resourceType"]
    at: Any = resource
    whose, rest = resource, list(steps)
    for number, step in enumerate(steps):
        at = _inside(at, step)
        if isinstance(at, dict) and isinstance(at.get("resourceType"), str):
            whose, rest = at, list(steps[number + 1 :])
    path = whose["resourceType"] + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest
    )
    kind, message = detail["type"], detail["msg"].removeprefix("Value error, ")
    came = "" if kind == "missing" else named(detail["input"])
    if kind == "missing":
        return Finding(of(whose), path, "missing", "", "")
    if kind == "extra_forbidden":
        return Finding(of(whose), path, "unknown", came, _near(whose, rest, version))
    if message.startswith("Expect any of field value"):
        return Finding(of(whose), f"{path}.{_choices(message)}", "missing", "", "")
    return Finding(of(whose), path, "form", came, _FORMS.get(kind) or _form(message))


_FORMS = {
    "list_type": "[ ... ]",
    "string_type": '"..."',
    "bool_type": "true / false",
    "dict_type": "{ ... }",
    "model_type": "{ ... }",
}


def _form(message: str) -> str:
    if message.startswith("DateTime "):
        return "2024, 2024-05, 2024-05-17, 2024-05-17T09:30:00+02:00"
    if message.startswith("Date "):
        return "2024, 2024-05, 2024-05-17"
    if message.startswith("Decimal "):
        return "5.2"
    return message


def _choices(message: str) -> str:
    names = message[message.index("[") + 1 : message.index("]")].replace("'", "")
    return "|".join(part.strip() for part in names.split(","))


def _near(whose: Resource, rest: list[Any], version: Version) -> str:
    """Find an element of the resource with a like name; deeper down there is no list to look in."""
    if len(rest) != 1:
        return ""
    known = model(whose["resourceType"], version).elements_sequence()
    return "".join(get_close_matches(str(rest[0]), known, n=1))


def _inside(at: Any, step: Any) -> Any:
    try:
        return at[step]
    except (KeyError, IndexError, TypeError):
        return None


def named(value: Any) -> str:
    """Show a value as JSON, cut at 60 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
