"""Codes as small integers: places in one list that holds ICD-10 first, then ICPC-2."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np


@cache
def code_list(*systems: str) -> tuple[str, ...]:
    """Return the codes of one or more systems, in the order of their files.

    Examples:
        >>> code_list("icd10")[0], len(code_list("icd10", "icpc2")) > 300
        ('A04.7', True)
    """
    found: list[str] = []
    for system in systems:
        with (files("labkit.codes") / f"{system}.csv").open(encoding="utf-8") as file:
            found += [row["code"] for row in csv.DictReader(file)]
    return tuple(found)


DIAGNOSES = code_list("icd10", "icpc2")
PROCEDURES = code_list("procedures")
_PLACE = {code: place for place, code in enumerate(DIAGNOSES)}
_PROCEDURE = {code: place for place, code in enumerate(PROCEDURES)}
FIRST_ICPC = len(code_list("icd10"))


@cache
def age_limits() -> tuple[np.ndarray, np.ndarray]:
    """Return the youngest and oldest age in years of each of `DIAGNOSES`; ICPC-2 has no limits."""
    low, high = np.zeros(len(DIAGNOSES)), np.full(len(DIAGNOSES), 200.0)
    with (files("labkit.codes") / "icd10.csv").open(encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            low[number], high[number] = float(row["age_from"]), float(row["age_to"]) + 1
    return low, high


def place(code: str) -> int:
    """Return a diagnosis code's place in `DIAGNOSES`."""
    return _PLACE[code]


def procedure_place(code: str) -> int:
    """Return a procedure code's place in `PROCEDURES`, -1 for none."""
    return _PROCEDURE[code] if code else -1


def pick(weights: Mapping[str, float], share: np.ndarray) -> np.ndarray:
    """Choose codes by weight from uniform draws; int16 places, shape of `share`.

    Examples:
        >>> [DIAGNOSES[p] for p in pick({"I10": 1, "I20.9": 3}, np.array([0.1, 0.3]))]
        ['I10', 'I20.9']
    """
    places = np.array([place(code) for code in weights], dtype=np.int16)
    limits = np.cumsum(list(weights.values()))
    chosen = np.zeros(share.shape, dtype=np.int8)
    for limit in limits[:-1] / limits[-1]:  # a search takes longer: there are a few codes only
        chosen += share >= limit
    return places[chosen]
