"""The municipalities of a region: names, numbers through the reforms, and sizes.

The numbers come from `labkit.codes`: Innlandet and Trøndelag, and twelve large towns that stand in
for the rest of the country.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np

from labkit.codes import municipalities_at
from labkit.errors import InputError
from labkit.messages import say
from labkit.world.part import START

# First days of the eras between which municipality numbers changed.
ERAS = (START, *(date(year, 1, 1) for year in (2012, 2018, 2019, 2020, 2024)))
ERA_STARTS = np.array([(day - date(1970, 1, 1)).days for day in ERAS], dtype=np.int32)

# Inhabitants on 1 January 2010: Statistics Norway table 07459, as shipped in fhidata.
FJELL = {
    "3424": 1998,  # Rendalen
    "3426": 1671,  # Tolga
    "3427": 5490,  # Tynset
    "3428": 2441,  # Alvdal
    "3429": 1669,  # Folldal
    "3430": 2033,  # Os
    "5025": 5576,  # Røros
    "5026": 2064,  # Holtålen
}
# Thousands of inhabitants about 2024, from memory; every other municipality outside the towns
# counts as OTHER. The sizes of the towns are in `labkit/codes/towns.csv`.
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
        raise InputError(say("world.choice", option="region", came=name, known="fjell, norway"))
    names = {row["code_2024"]: row["name"] for row in _rows("municipalities.csv")}
    if name == "fjell":
        sizes: dict[str, float] = dict(FJELL)
    else:
        sizes = {number: 1000 * LARGE.get(number, OTHER) for number in names}
        for row in _rows("towns.csv"):
            names[row["code_2024"]] = row["name"]
            sizes[row["code_2024"]] = 1000 * float(row["thousands_2024"])
    found = (
        Municipality(names[number], tuple(municipalities_at(number, day) for day in ERAS), size)
        for number, size in sizes.items()
    )
    return Region(name, tuple(found))


def _rows(name: str) -> list[dict[str, str]]:
    with (files("labkit.codes") / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
