"""The targets: published figures that a generated dataset is held against.

`targets.csv` holds one figure a line. Its tolerance follows from the rule in `tolerance`, which was
set down before any dataset was measured: from how the figure is known, not from how well it is met.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from labkit.messages import Language, say

RELATIVE = {"s": 0.15, "d": 0.20, "m": 0.25}
MEAN = {"s": 0.03, "d": 0.04, "m": 0.05}
YEARS = {"s": 1.0, "d": 1.5, "m": 1.5}
ABSOLUTE = {"day of pregnancy": 2.0, "ISO week": 2.0, "percent per year": 1.5, "children": 0.15}
LEAST_POINTS = 0.3
EXACT = 0.5  # percentage points: what rounding of a published distribution allows


@dataclass(frozen=True)
class Target:
    """One published figure, what it is a figure of, and how near it must be met."""

    metric: str
    stratum: str  # sex;ages;item, each if it narrows
    years: tuple[int, int]  # calendar years measured, first and last
    value: float
    unit: str
    tolerance: float  # in the unit
    year: str  # of the figure
    confidence: str  # s read in a source, d read but sources differ, m from memory
    held_out: bool  # not used when the generator was tuned
    region: str  # "" for any
    source: str
    address: str
    note: str
    why: str  # for a target known to be missed: a name for the reason, see `reason`

    @property
    def sex(self) -> str:
        """`F`, `M`, or empty for both."""
        parts = self.stratum.split(";")
        return "F" if "female" in parts else "M" if "male" in parts else ""

    @property
    def ages(self) -> tuple[int, int]:
        """First and last whole year of age."""
        for part in self.stratum.split(";"):
            if part.endswith("+") and part[:-1].isdigit():
                return int(part[:-1]), 200
            low, dash, high = part.partition("-")
            if dash and low.isdigit() and high.isdigit():
                return int(low), int(high)
            if part.isdigit():
                return int(part), int(part)
        return 0, 200

    @property
    def item(self) -> str:
        """What the stratum names beside sex and age."""
        parts = self.stratum.split(";")
        return next((p for p in parts if p not in SEXES and not p[:1].isdigit()), "")

    def reason(self, lang: Language | None = None) -> str:
        """Why it is known to be missed; empty if it is not."""
        return say(f"targets.{self.why}", lang) if self.why else ""

    def shown_unit(self, lang: Language | None = None) -> str:
        """The unit, as a reader of the language writes it."""
        return say(f"targets.unit_{re.sub(r'[^a-zA-Z0-9]+', '_', self.unit)}", lang)

    def shown_source(self, lang: Language | None = None) -> str:
        """Where the figure is from; the title of a source keeps its language."""
        return say("targets.memory", lang) if self.source == MEMORY else self.source

    @property
    def name(self) -> str:
        """Metric and stratum, as they are shown."""
        return f"{self.metric} [{self.stratum}]" if self.stratum else self.metric


SEXES = ("", "both", "male", "female")
MEMORY = "from memory"


def tolerance(value: float, unit: str, confidence: str) -> float:
    """Return how far from the figure the world may be, in the unit of the figure.

    The world is for teaching: a clinician should recognise its figures, and no lesson hangs on one
    of them. So the room is that of a figure from another sample, year or definition: 15 % where it
    was read in a source, 20 % where sources differ on it, 25 % where it is from memory. A share is
    judged from the nearer end, so that 95 % is not free to be 81 %. Means vary less than rates, and
    get 3, 4 or 5 %; ages and life expectancy 1 or 1.5 years.

    Args:
        value: The figure.
        unit: Its unit.
        confidence: `s`, `d` or `m`.

    Examples:
        >>> round(tolerance(77.0, "percent", "s"), 2)  # 15 % of the 23 who do not
        3.45
        >>> tolerance(81.4, "years", "s")
        1.0
    """
    if unit in ABSOLUTE:
        return ABSOLUTE[unit]
    if unit == "percent, exact":
        return EXACT
    if unit == "years":
        return YEARS[confidence]
    if unit == "percent":
        return max(RELATIVE[confidence] * min(value, 100 - value), LEAST_POINTS)
    if unit.startswith("per ") or unit.startswith("sd ") or unit in ("ratio", "days"):
        return RELATIVE[confidence] * value
    return MEAN[confidence] * value


@cache
def targets() -> tuple[Target, ...]:
    """Read `targets.csv`; lines that begin with # are its head."""
    found = []
    with (files(__package__) / "targets.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            first, _, last = row["years"].partition("-")
            known: dict[str, Any] = dict(row)
            known |= {name: float(row[name]) for name in ("value", "tolerance")}
            known |= {"years": (int(first), int(last or first))}
            known |= {"held_out": row["held_out"] == "yes"}
            found.append(Target(**known))
    return tuple(found)
