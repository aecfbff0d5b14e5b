"""The course's rule for a module: 70 % of the automatic points, and all that is written at level 1.

One place says it, for the start page, a student's own status, the class report and the exam list.
Points that a person gives by a rubric are no automatic points; the reason of a choice is written
too, though its points are automatic.
"""

from collections.abc import Iterable
from typing import NamedTuple

from labkit.grading.kinds import KINDS

PASS_SHARE = 0.70  # of the automatic points
PASS_LEVEL = 1  # of every text
_ROUNDING = 1e-9


class Earned(NamedTuple):
    """What one task has earned, of how many points."""

    kind: str
    points: float
    most: float


def is_automatic(kind: str) -> bool:
    """Tell whether the points of a kind are given without a person."""
    return not (kind in KINDS and KINDS[kind].written)


def automatic(tasks: Iterable[Earned]) -> Earned:
    """Add up the automatic points.

    Examples:
        >>> automatic([Earned("sql", 1.5, 2), Earned("text", 0, 3), Earned("value", 1, 1)])[1:]
        (2.5, 3.0)
    """
    counted = [task for task in tasks if is_automatic(task.kind)]
    points, most = sum(task.points for task in counted), sum(task.most for task in counted)
    return Earned("", float(points), float(most))


def share(tasks: Iterable[Earned]) -> float:
    """Return the share of the automatic points that is earned, 0 to 1; 1 if there are none."""
    found = automatic(tasks)
    return found.points / found.most if found.most else 1.0


def enough(part: float) -> bool:
    """Tell whether a share of the automatic points passes a module.

    Examples:
        >>> enough(7 / 10), enough(0.69)
        (True, False)
    """
    return part >= PASS_SHARE - _ROUNDING


def percent(part: float) -> int:
    """Return whole per cent, rounded down so that 69.9 does not read as passed.

    Examples:
        >>> percent(0.699), percent(0.29)
        (69, 29)
    """
    return int(100 * part + _ROUNDING)
