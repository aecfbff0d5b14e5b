"""Figures the world is made from: the project's own data. Years and sources: `figures.csv`."""

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Read one of the calibration files, `diseases` for `diseases.toml`."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


Bands = tuple[
    list[float], list[float], list[float]
]  # first ages, men, women: per 1000 person-years


@cache
def baselines() -> dict[str, Bands]:
    """Read the fitted hazards of a reference person, by disease; see `fit`."""
    found: dict[str, Bands] = {}
    path = files(__package__) / "baseline.csv"
    if not path.is_file():
        return found
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ages, men, women = found.setdefault(row["name"], ([], [], []))
            ages.append(float(row["age_from"]))
            men.append(float(row["men"]))
            women.append(float(row["women"]))
    return found
