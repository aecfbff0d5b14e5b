"""A FHIR resource as relations in first normal form: repeated elements become tables."""

from typing import Any

import pandas as pd

from labkit.errors import DataError
from labkit.interop.pieces import Resource
from labkit.messages import say

Keys = dict[str, Any]


def flatten(resource: Resource) -> dict[str, pd.DataFrame]:
    """Turn a resource, or each resource of a Bundle, into tables without nesting.

    One table per kind of resource, and one per repeated element, however deep. A single element
    inside another becomes a column (`period.start` is `period_start`); a repeated one becomes a
    table of its own (`Patient.name.given` is `patient_name_given`) whose key is that of its
    parent and its number in the list, from 1. Together the tables hold all that the resource
    held.

    Args:
        resource: A resource or Bundle as plain dicts.

    Returns:
        Table name -> DataFrame, keys first; one row per resource or per repetition. Values are as
        JSON has them: dates stay text.

    Raises:
        DataError: If two resources of one kind have the same id, or one in a Bundle has none, so
            that the keys would not identify.

    Examples:
        >>> tables = flatten({"resourceType": "Patient", "id": "7",
        ...                   "name": [{"family": "Øveli", "given": ["Ola", "Per"]}]})
        >>> tables["patient_name_given"].values.tolist()
        [['7', 1, 1, 'Ola'], ['7', 1, 2, 'Per']]
    """
    found: dict[str, list[Keys]] = {}
    seen: set[str] = set()
    if resource.get("resourceType") != "Bundle":
        _add(resource, found, seen)
    else:
        entries = [dict(entry) for entry in resource.get("entry", [])]
        for number, entry in enumerate(entries):
            if "resource" in entry:
                one = entry.pop("resource")
                if not one.get("id"):
                    raise DataError(say("interop.entry_no_id", number=number))
                _add(one, found, seen)
                entry["resource"] = f"{one['resourceType']}/{one['id']}"
        _add({"id": "1"} | resource | {"entry": entries}, found, seen)
    return {name: pd.DataFrame(made) for name, made in found.items()}


def _add(resource: Resource, found: dict[str, list[Keys]], seen: set[str]) -> None:
    kind = resource["resourceType"]
    if f"{kind}/{resource.get('id')}" in seen:
        raise DataError(say("interop.same_id", resource=f"{kind}/{resource.get('id')}"))
    seen.add(f"{kind}/{resource.get('id')}")
    name = kind.lower()
    body = {k: v for k, v in resource.items() if k not in ("resourceType", "id")}
    _row(body, name, {f"{name}_id": resource.get("id")}, found)


def _row(value: Any, table: str, keys: Keys, found: dict[str, list[Keys]]) -> None:
    """Add one row to a table, and the rows of the lists inside it to theirs."""
    row = dict(keys)
    found.setdefault(table, []).append(row)
    waiting = [("", value)]
    while waiting:
        name, here = waiting.pop(0)
        if isinstance(here, dict):
            waiting += [(f"{name}_{k}" if name else k, inner) for k, inner in here.items()]
        elif isinstance(here, list):
            short = name.rpartition("_")[2]
            for number, one in enumerate(here, start=1):
                _row(one, f"{table}_{name}", keys | {f"{short}_no": number}, found)
        else:
            row[name or "value"] = here


def landing(path: str) -> tuple[str, str]:
    """Say in which table and column of `flatten` a path such as `Patient.name[0].family` lands.

    Examples:
        >>> landing("Patient.name[0].family")
        ('patient_name', 'family')
        >>> landing("Patient.name[0].given[1]")
        ('patient_name_given', 'value')
        >>> landing("Patient.id")
        ('patient', 'patient_id')
    """
    kind, *steps = path.split(".")
    table, column = [kind.lower()], []
    if steps == ["id"]:
        return table[0], f"{table[0]}_id"
    for step in steps:
        column.append(step.partition("[")[0])
        if step.endswith("]"):
            table, column = [*table, *column], []
    return "_".join(table), "_".join(column) or "value"
