"""Figures: what their axes hold, as data. Colours, sizes and styles are the student's own.

Taken are the points of lines, scatters, bars, steps and histograms, with their kind of mark, and
the texts on the axes. Nothing of the picture itself is compared.
"""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.plain import Cell, NotPlain, Plain, cell
from labkit.grading.reference import WORK, Difference, Reference, Settings
from labkit.messages import say

_COLUMNS = ("what", "x", "y")
LABELS = 0.3  # share of the points that the labels earn
_NEEDED = ("xlabel", "ylabel")


def take_figure(answer: Any, options: Options) -> Taken:
    """Take an Axes, a Figure, or an array of Axes.

    Returns:
        A table with a row for each point (`what` is `line`, `points` or `bar`) and for each text
        (`what` is `xlabel`, `ylabel` or `title`, `x` is the text).
    """
    rows: list[tuple[Cell, ...]] = []
    for axes in _axes(answer):
        rows += _points(axes)
        for what, text in (
            ("xlabel", axes.get_xlabel()),
            ("ylabel", axes.get_ylabel()),
            ("title", axes.get_title() or axes.get_title("left")),
        ):
            if str(text).strip():
                rows.append((what, cell(str(text)), None))
    if not any(row[0] in ("line", "points", "bar") for row in rows):
        raise NotPlain("kinds.empty_figure")
    types = ("text", "mixed", "number")
    return Taken(Plain("table", _COLUMNS, types, (False,) * 3, rows))


def verify_figure(options: Options) -> None:
    """Refuse options that cannot be."""
    needs = options.get("needs", list(_NEEDED))
    known = ("xlabel", "ylabel", "title")
    if not isinstance(needs, list) or set(needs) - set(known):
        raise GradingError(say("author.needs", known=", ".join(known), came=repr(needs)))
    units = options.get("units", {})
    if not isinstance(units, dict) or set(units) - set(known):
        raise GradingError(say("author.units"))
    if not isinstance(options.get("marks", True), bool):
        raise GradingError(say("author.marks"))


@dataclass(frozen=True)
class Figure:
    """The points of a figure as digests, and what its labels must hold."""

    points: Reference
    marks: tuple[str, ...]  # kinds of mark; empty when any will do
    needs: tuple[str, ...]
    units: dict[str, list[str]]

    @property
    def settings(self) -> Settings:
        """What counts as the same point."""
        return self.points.settings

    @property
    def salt(self) -> str:
        """Text that no other task shares."""
        return self.points.salt

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = WORK) -> "Figure":
        """Digest the solution's figure of a task without options of its own."""
        return cls.with_options(answer, settings, {}, salt=salt, work=work)

    @classmethod
    def with_options(
        cls, answer: Plain, settings: Settings, options: Options, *, salt: str, work: int = WORK
    ) -> "Figure":
        """Digest the solution's figure.

        Args:
            answer: As `take_figure` took it.
            settings: `tolerance` is of y.
            options: `needs`: texts that must be there (both axes); `units`: for a text, words of
                which it must hold one; `marks`: whether the kind of mark matters (it does).
            salt: Text that no other task shares.
            work: Hashing rounds that one answer may cost.

        Raises:
            GradingError: If the solution's own labels are not what the task needs.
        """
        data = _data(answer, settings)
        marks = tuple(sorted({str(row[0]) for row in answer.rows if row[0] in _MARKS}))
        made = cls(
            Reference.of(data, settings, salt=salt, work=work),
            marks if options.get("marks", True) else (),
            tuple(options.get("needs", _NEEDED)),
            {name: list(words) for name, words in options.get("units", {}).items()},
        )
        lacking = made._lacking(answer)
        if lacking:
            raise GradingError(say("author.figure_lacks", what=lacking[0]))
        return made

    def compare(self, answer: Plain) -> Difference:
        """Compare the points, then the kind of mark, then the texts."""
        if answer.columns != _COLUMNS:
            return Difference("no_points")
        lacking = self._lacking(answer)
        difference = self.points.compare(_data(answer, self.settings))
        texts = len(set(self.needs) | set(self.units)) or 1
        labels = LABELS * (1 - len(lacking) / texts)
        if not difference.same:
            share = (1 - LABELS) * difference.share
            rung = "points" if difference.rung in _POINTS else difference.rung
            right = difference.share > 0
            return Difference(rung, {**difference.facts, "inner": difference.rung},
                              share + (labels if right else 0.0))  # fmt: skip
        marks = {str(row[0]) for row in answer.rows} & set(_MARKS)
        if self.marks and marks != set(self.marks):
            facts = {"came_marks": sorted(marks), "asked_marks": list(self.marks)}
            return Difference("marks", facts, 0.5 * (1 - LABELS) + labels)
        if lacking:
            name = lacking[0]
            said = any(row[0] == name for row in answer.rows)
            return Difference("unit" if said else "label", {"label": name}, 1 - LABELS + labels)
        return Difference("same", share=1.0)

    def _lacking(self, answer: Plain) -> list[str]:
        texts = {str(row[0]): str(row[1]) for row in answer.rows if row[0] not in _MARKS}
        found = []
        for name in dict.fromkeys([*self.needs, *self.units]):
            words = self.units.get(name, [""])
            text = texts.get(name, "").casefold()
            if not text or not any(word.casefold() in text for word in words):
                found.append(name)
        return found

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        return {
            "points": self.points.to_key(),
            "marks": list(self.marks),
            "needs": list(self.needs),
            "units": self.units,
        }

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> "Figure":
        """Read what `to_key` wrote."""
        points = Reference.from_key(raw["points"])
        return cls(points, tuple(raw["marks"]), tuple(raw["needs"]), raw["units"])


_MARKS = ("line", "points", "bar")
_POINTS = ("rows", "values", "duplicates", "empty")


def _data(answer: Plain, settings: Settings) -> Plain:
    """Return the points alone: x as text, so that it tells the points apart, and y as number."""
    rows: list[tuple[Cell, ...]] = []
    for what, x, y in answer.rows:
        if what in _MARKS:
            number = isinstance(x, (int, float)) and not isinstance(x, bool)
            rows.append((f"{x:.6g}" if number else str(x), y))
    types = ("text", "number" if rows else "none")
    return Plain("table", ("x", "y"), types, (False, False), rows)


def _axes(answer: Any) -> list[Any]:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

    if isinstance(answer, Axes):
        return [answer]
    if isinstance(answer, Drawn):
        return list(answer.axes)
    parts = list(getattr(answer, "flat", answer if isinstance(answer, (list, tuple)) else ()))
    if parts and all(isinstance(part, Axes) for part in parts):
        return parts
    raise NotPlain("kinds.not_figure", came=type(answer).__name__)


def _points(axes: Any) -> Iterator[tuple[Cell, ...]]:
    from matplotlib.collections import PathCollection
    from matplotlib.container import BarContainer
    from matplotlib.patches import Rectangle, StepPatch

    names = {axis: _names(getattr(axes, f"{axis}axis")) for axis in "xy"}
    barred = set()
    for container in axes.containers:
        if isinstance(container, BarContainer):
            lying = container.orientation == "horizontal"
            for bar in container.patches:
                barred.add(id(bar))
                yield _bar(bar, lying, names["y" if lying else "x"])
    for line in axes.lines:
        if line.get_transform() == axes.transData and line.get_linestyle() != "None":
            yield from _pairs("line", line.get_xydata(), names["x"])
        elif line.get_transform() == axes.transData:
            yield from _pairs("points", line.get_xydata(), names["x"])
    for collection in axes.collections:
        if isinstance(collection, PathCollection):
            yield from _pairs("points", collection.get_offsets(), names["x"])
    for patch in axes.patches:
        if isinstance(patch, Rectangle) and id(patch) not in barred:
            yield _bar(patch, False, names["x"])
        elif isinstance(patch, StepPatch):
            values, edges, _ = patch.get_data()
            centres = [(a + b) / 2 for a, b in pairwise(edges)]
            yield from _pairs("bar", list(zip(centres, values, strict=True)), {})


def _bar(bar: Any, lying: bool, names: dict[float, str]) -> tuple[Cell, ...]:
    centre = bar.get_y() + bar.get_height() / 2 if lying else bar.get_x() + bar.get_width() / 2
    height = bar.get_width() if lying else bar.get_height()
    return ("bar", names.get(round(float(centre), 6), _number(centre)), _number(height))


def _pairs(what: str, points: Any, names: dict[float, str]) -> Iterator[tuple[Cell, ...]]:
    for x, y in points:
        if math.isfinite(float(y)):
            yield what, names.get(round(float(x), 6), _number(x)), _number(y)


def _number(value: Any) -> Cell:
    number = float(value)
    return None if math.isnan(number) else number


def _names(axis: Any) -> dict[float, str]:
    """Return the names that stand at places along an axis, where they are words, not numbers."""
    from matplotlib.category import UnitData
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    units = axis.get_units()
    if isinstance(units, UnitData):
        return {float(place): str(name) for name, place in units._mapping.items()}
    fixed = isinstance(axis.get_major_formatter(), (FixedFormatter, FuncFormatter))
    if not fixed or not isinstance(axis.get_major_locator(), FixedLocator):
        return {}
    places = axis.get_majorticklocs()
    found = {}
    for place, name in zip(places, axis.get_major_formatter().format_ticks(places), strict=True):
        with contextlib.suppress(ValueError):
            float(name.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
            continue  # a number: the place itself says as much
        found[round(float(place), 6)] = str(name)
    return found
