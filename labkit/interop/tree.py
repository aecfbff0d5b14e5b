"""A FHIR resource drawn as an indented tree with the cardinalities of the standard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from labkit.interop.flatten import landing
from labkit.interop.pieces import Resource
from labkit.interop.read import Version, any_model, named, parse, read

_REQUIRED = ("element_required", "one_of_many_required")  # the second: a choice, value[x]


@dataclass(frozen=True)
class Branch:
    """One element of the resource."""

    path: str  # "Patient.name[0].family"
    depth: int
    cardinality: str  # "0..1", "1..1", "0..*", "1..*": what the standard allows
    type: str  # "HumanName", "string"
    value: Any  # None for an element that has parts


@dataclass(frozen=True)
class Tree:
    """A resource as a tree; a notebook shows it indented, `table()` gives its paths."""

    branches: tuple[Branch, ...]

    def __str__(self) -> str:
        return "\n".join("  " * b.depth + " ".join(_words(b)) for b in self.branches)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        lines = []
        for b in self.branches:
            name, cardinality, kind, *value = map(escape, _words(b))
            lines.append(
                f'<div style="padding-left:{b.depth * 1.6}em"><b>{name}</b> '
                f'<span style="color:#0b5394">{cardinality}</span> '
                f"<i>{kind}</i> {' '.join(value)}</div>"
            )
        inner = "".join(lines)
        return f'<div role="img" style="font-family:monospace;line-height:1.5">{inner}</div>'

    def table(self) -> pd.DataFrame:
        """Return the path table: one row per element with a value.

        Columns path, cardinality, type, value, and the table and column where `flatten` puts it.
        """
        leaves = [b for b in self.branches if b.value is not None]
        return pd.DataFrame(
            [(b.path, b.cardinality, b.type, b.value, *landing(b.path)) for b in leaves],
            columns=["path", "cardinality", "type", "value", "table", "column"],
        )


def tree(source: str | bytes | Resource, *, version: Version = "R5") -> Tree:
    """Read a resource as a tree of its elements, each with how often the standard lets it occur.

    Args:
        source: JSON text or plain dicts of one resource (for a Bundle, draw one of its
            `resources`).
        version: `R4B` or `R5`; cardinalities differ.

    Raises:
        DataError: If the resource breaks the structure of its kind.

    Examples:
        >>> print(tree({"resourceType": "Patient", "id": "7", "name": [{"family": "Øveli"}]}))
        Patient 1..1 Patient
          id 0..1 id = "7"
          name[0] 0..* HumanName
            family 0..1 string = "Øveli"
    """
    resource = read(parse(source, version=version), version=version)
    kind = resource["resourceType"]
    root = Branch(kind, 0, "1..1", kind, None)
    return Tree((root, *_branches(resource, kind, kind, 1, version)))


def _words(b: Branch) -> list[str]:
    value = [] if b.value is None else [f"= {named(b.value)}"]
    return [b.path.rpartition(".")[2], b.cardinality, b.type, *value]


def _branches(at: Resource, path: str, kind: str, depth: int, version: Version) -> Iterator[Branch]:
    elements = _elements(kind, version)
    for name, value in at.items():
        if name == "resourceType":
            continue
        cardinality, part = elements.get(name.removeprefix("_"), ("0..1", "Element"))
        part = "Element" if name.startswith("_") else part
        several = isinstance(value, list)
        for number, one in enumerate(value if several else [value]):
            here = f"{path}.{name}" + (f"[{number}]" if several else "")
            if isinstance(one, dict):
                part = one.get("resourceType", part)
                own = part != path.partition(".")[0] and part.startswith(path.partition(".")[0])
                shown = "BackboneElement" if own else part  # FHIR's word for a nameless type
                yield Branch(here, depth, cardinality, shown, None)
                yield from _branches(one, here, part, depth + 1, version)
            else:
                yield Branch(here, depth, cardinality, part, one)


def _elements(kind: str, version: Version) -> dict[str, tuple[str, str]]:
    """Return the elements of a type: name -> (cardinality, type)."""
    found = any_model(kind, version)
    if found is None:
        return {}
    made = {}
    for name, field in found.model_fields.items():
        more = field.json_schema_extra or {}
        least = 1 if field.is_required() or any(more.get(k) for k in _REQUIRED) else 0
        most = "*" if "List[" in str(field.annotation) else "1"
        made[field.alias or name] = (f"{least}..{most}", _type(str(field.annotation)))
    return made


def _type(annotation: str) -> str:
    """Read FHIR's name of a type out of the library's annotation."""
    complex_type = re.search(r"\.(\w+?)Type\b", annotation)
    if complex_type:
        return complex_type[1]
    primitive = re.findall(r"\b([A-Z]\w*)\(", annotation)
    if primitive:
        return primitive[0][0].lower() + primitive[0][1:]
    plain = {"bool": "boolean", "int": "integer", "Decimal": "decimal", "datetime": "dateTime"}
    return next((fhir for word, fhir in plain.items() if word in annotation), "string")
