"""The municipalities of a region: names, numbers through the reforms, and sizes.

Municipality numbers changed on 2018-01-01 (Trøndelag), 2020-01-01 (the country) and 2024-01-01
(Viken, Vestfold og Telemark, Troms og Finnmark, Ålesund). `labkit/codes/municipalities.csv` holds
the numbers of Innlandet and Trøndelag; twelve large towns in `towns.csv` there stand in for the
rest of the country.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np

from labkit.errors import InputError
from labkit.world.part import START_DAY

REFORMS = tuple((date(year, 1, 1) - date(1970, 1, 1)).days for year in (2018, 2020, 2024))
ERA_STARTS = np.array([START_DAY, *REFORMS], dtype=np.int32)

# Inhabitants on 1 January 2010: Statistics Norway table 07459, as shipped in fhidata.
FJELL = {
    "Rendalen": 1998,
    "Tolga": 1671,
    "Tynset": 5490,
    "Alvdal": 2441,
    "Folldal": 1669,
    "Os": 2033,
    "Røros": 5576,
    "Holtålen": 2064,
}
# Thousands, about 2024, from memory; every other municipality of the file counts as OTHER.
LARGE = {
    "5001": 214.0,
    "3411": 35.0,
    "3403": 33.0,
    "3407": 31.0,
    "3405": 29.0,
    "5006": 24.0,
    "5035": 25.0,
    "5037": 21.0,
    "3413": 22.0,
    "3420": 22.0,
    "5059": 19.0,
    "3401": 18.0,
}
OTHER = 4.5


@dataclass(frozen=True)
class Municipality:
    """One municipality as it is now, and its numbers before."""

    name: str
    numbers: tuple[tuple[str, ...], ...]  # per era of ERA_STARTS; several if it was merged
    weight: float

    @property
    def number(self) -> str:
        """The number of 2024."""
        return self.numbers[-1][0]


@dataclass(frozen=True)
class Region:
    """The municipalities that people of a dataset live in; the order gives their index."""

    name: str
    municipalities: tuple[Municipality, ...]

    @property
    def weights(self) -> np.ndarray:
        """Shares of the population, float64, sum 1."""
        weight = np.array([m.weight for m in self.municipalities])
        return weight / weight.sum()

    @property
    def numbers(self) -> np.ndarray:
        """Numbers of 2024, U4, by index."""
        return np.array([m.number for m in self.municipalities])

    @property
    def names(self) -> np.ndarray:
        """Names by index."""
        return np.array([m.name for m in self.municipalities])

    def number_at(self, index: np.ndarray, day: np.ndarray, person: np.ndarray) -> np.ndarray:
        """Return the municipality numbers in force on given days.

        Args:
            index: Places in `municipalities`, shape (n,).
            day: Days since 1970-01-01, shape (n,).
            person: Person ids, shape (n,); decides which of several merged municipalities a
                person lived in (approximate: as likely in each of them).

        Returns:
            Numbers, U4, shape (n,).
        """
        era = np.searchsorted(ERA_STARTS, day, side="right") - 1
        return self._table[index, np.maximum(era, 0), person % _SPLITS]

    @property
    def _table(self) -> np.ndarray:
        return _number_table(self)


_SPLITS = 12  # divisible by 1, 2, 3 and 4 old municipalities


@cache
def _number_table(region: Region) -> np.ndarray:
    rows = [
        [[era[k % len(era)] for k in range(_SPLITS)] for era in m.numbers]
        for m in region.municipalities
    ]
    return np.array(rows, dtype="U4")


@cache
def region(name: str) -> Region:
    """Return a region by name: `fjell` (eight municipalities) or `norway`.

    Examples:
        >>> fjell = region("fjell")
        >>> fjell.municipalities[6].name, fjell.municipalities[6].number
        ('Røros', '5025')
        >>> days = np.array([15000, 18000, 19000])  # 2011, 2019, 2022
        >>> fjell.number_at(np.array([6, 6, 2]), days, np.array([1, 1, 1])).tolist()
        ['1640', '5025', '3427']
    """
    if name not in ("fjell", "norway"):
        raise InputError(f"region: '{name}' is not known. Choose fjell or norway.")
    found = []
    with (files("labkit.codes") / "municipalities.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = _numbers(row)
            if name == "norway":
                weight = LARGE.get(row["code_2024"], OTHER) * 1000
                found.append(Municipality(row["name"], numbers, weight))
            elif row["name"] in FJELL and row["code_2024"] in _FJELL_NUMBERS:
                found.append(Municipality(row["name"], numbers, FJELL[row["name"]]))
    if name == "norway":
        with (files("labkit.codes") / "towns.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                weight = 1000 * float(row["thousands_2024"])
                found.append(Municipality(row["name"], _numbers(row), weight))
    return Region(name, tuple(found))


_FJELL_NUMBERS = {"3424", "3426", "3427", "3428", "3429", "3430", "5025", "5026"}


def _numbers(row: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    latest = row["code_2024"]
    third = row["code_2020_2023"] or latest
    second = row["code_2018_2019"] or third
    first = row["code_before_2018"] or second
    return tuple(tuple(era.split(";")) for era in (first, second, third, latest))
