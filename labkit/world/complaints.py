"""Everyday complaints: what people come with beside the diseases that the kit follows."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from labkit.world.columns import Ladder
from labkit.world.diagnosis_codes import age_limits, place, procedure_place

COMPLAINT_AGES = np.array([0, 6, 16, 30, 50, 67, 80])
_GROUP = (np.searchsorted(COMPLAINT_AGES, np.arange(130), side="right") - 1).astype(np.int8)


@dataclass(frozen=True)
class Complaints:
    """What people come with, for one kind of contact: weights by sex and age group."""

    main: np.ndarray
    acute: np.ndarray
    days: np.ndarray
    procedure: np.ndarray
    share: np.ndarray
    youngest: np.ndarray  # years of age, by the limits of the code
    oldest: np.ndarray
    limits: Ladder  # flat; group g lies between g and g + 1

    def draw(self, group: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Return rows for groups (sex x age) from uniform draws."""
        return self.limits.places(group + share) - group * np.int64(len(self.main))


@cache
def complaints() -> dict[str, Complaints]:
    """Read the everyday complaints by kind of contact."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (files("labkit.world.calibration") / "complaints.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["kind"], []).append(row)
    found = {}
    for kind, some in rows.items():
        weights = np.array([[float(row[f"a{age}"]) for age in COMPLAINT_AGES] for row in some])
        both = []
        for sex in "MF":
            fits = np.array([row["sex"] in ("any", sex) for row in some])
            sums = np.cumsum(weights * fits[:, None], axis=0)
            both.append((sums / sums[-1]).T)
        shares = np.concatenate(both)  # (groups, complaints)
        main = np.array([place(row["code"]) for row in some], dtype=np.int16)
        low, high = age_limits()
        found[kind] = Complaints(
            main=main,
            acute=np.array([float(row["acute"]) for row in some]),
            days=np.array([float(row["days"]) for row in some]),
            procedure=np.array([procedure_place(row["procedure"]) for row in some], np.int16),
            share=np.array([float(row["share"] or 0) for row in some]),
            youngest=low[main],
            oldest=high[main],
            limits=Ladder((shares + np.arange(len(shares))[:, None]).ravel()),
        )
    return found


def group_of(female: np.ndarray, age_years: np.ndarray) -> np.ndarray:
    """Return the group of sex and age that `Complaints.draw` wants."""
    return _GROUP.take(np.clip(age_years, 0, len(_GROUP) - 1).astype(np.int32)) + len(
        COMPLAINT_AGES
    ) * female.astype(np.int8)
