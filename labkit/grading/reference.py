"""The reference of a task as digests, and the ladder that an answer climbs against it.

One comparison serves the instant check, whose key a student holds, and the grader. A reference is
never kept as such: it is kept as digests of its columns, of its rows and of its measured cells, so
that it can say "columns right, three rows missing" without holding the answer.
"""

import base64
import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from labkit.errors import GradingError
from labkit.grading.buckets import bucket, buckets_around, coarse, exact, exact_names, is_measured
from labkit.grading.plain import SCALARS, Cell, Day, Plain
from labkit.messages import say

WORK = 20_000  # hashing rounds spent on one answer, about 10 ms: guessing small numbers costs
MAX_ROWS = 20_000  # rows of a reference; a larger answer teaches no more
ROWS = 0.7  # share of the points that right rows can earn while others are not right
ORDER = 0.8  # share that is earned when only the order is off
_INFINITE = {math.inf, -math.inf}
SMALL = 0.8  # share that is earned when a query holds on the dataset but not on a small database


@dataclass(frozen=True)
class Settings:
    """What counts as the same answer.

    Attributes:
        tolerance: Largest difference, in the answer's own unit; None for one part in a million.
        order: True if the order of rows matters, or the columns that the rows are sorted by.
        names: Whether columns go by name; otherwise by position.
        case: Whether capitals matter in text; None means only in tables.
    """

    tolerance: float | None = None
    order: bool | tuple[str, ...] = False
    names: bool = True
    case: bool | None = None

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Settings":
        """Read the keyword arguments of a check call.

        Raises:
            GradingError: If a setting is unknown or has a value that cannot be.
        """
        unknown = sorted(set(raw) - set(cls.__dataclass_fields__))
        if unknown:
            known = ", ".join(cls.__dataclass_fields__)
            raise GradingError(say("author.setting", came=unknown[0], known=known))
        made = dict(raw)
        tolerance = made.get("tolerance")
        number = isinstance(tolerance, (int, float)) and not isinstance(tolerance, bool)
        if tolerance is not None and not (number and 0 <= tolerance < math.inf):
            raise GradingError(say("author.tolerance", came=repr(tolerance)))
        order = made.get("order", False)
        if isinstance(order, str):
            order = (order,)
        made["order"] = tuple(order) if isinstance(order, (list, tuple)) else bool(order)
        return cls(**made)

    def to_key(self) -> dict[str, Any]:
        """Write them as simple values, which `of` reads."""
        order = list(self.order) if isinstance(self.order, tuple) else self.order
        return {
            "tolerance": self.tolerance,
            "order": order,
            "names": self.names,
            "case": self.case,
        }


@dataclass(frozen=True)
class Difference:
    """How an answer stands to its reference: the rung it stopped on, and what was seen there.

    Attributes:
        rung: `same`, or the first rung that did not hold: `type`, `empty`, `nan`, `infinite`,
            `columns`, `types`, `rows`, `duplicates`, `values`, `order`.
        facts: What the words of that rung need: names, counts, the student's own row.
        share: Part of the task's points that the answer has earned, from 0 to 1.
    """

    rung: str
    facts: dict[str, Any] = field(default_factory=dict)
    share: float = 0.0

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return self.rung == "same"


@dataclass(frozen=True)
class Reference:
    """Digests of one reference answer.

    Attributes:
        columns, types: Names and types of its columns, in order. They are the form of the answer,
            which the statement asks for, and are kept in the open.
        measured: For each column, whether its numbers are compared with a tolerance.
        count: Number of rows.
        row_digests: Digest of the exact cells of a row -> how many such rows.
        column_digests: One for each exact column, over its sorted values.
        cell_digests: Digests of all buckets that a measured cell may fall in.
        order_digest: Over the exact cells in order; empty if order does not matter.
    """

    kind: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    measured: tuple[bool, ...]
    count: int
    distinct: bool
    row_digests: dict[str, int]
    column_digests: dict[str, str]
    cell_digests: frozenset[str]
    order_digest: str
    settings: Settings
    salt: str
    rounds: int

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = WORK) -> "Reference":
        """Digest a reference answer.

        Args:
            answer: The solution's answer.
            settings: What counts as the same.
            salt: Text that no other task shares.
            work: Hashing rounds that one answer may cost; 0 for a reference that nobody is given,
                which keeps the answer itself.

        Raises:
            GradingError: If the answer cannot be a reference: none, or too many rows.
        """
        if answer.kind == "none":
            raise GradingError(say("author.answer_none"))
        if len(answer.rows) > MAX_ROWS:
            raise GradingError(say("author.answer_long", came=len(answer.rows), most=MAX_ROWS))
        wanted = settings.order if isinstance(settings.order, tuple) else ()
        absent = [name for name in wanted if name not in answer.columns]
        if absent:
            raise GradingError(say("author.order", came=absent[0]))
        measured = tuple(
            is_measured(answer, i, settings.tolerance) for i in range(len(answer.columns))
        )
        hashes = len(answer.rows) * (1 + sum(measured))
        rounds = max(1, work // max(1, hashes)) if work else 0
        hasher = Hasher(salt, rounds)
        view = _View(answer, answer.columns, measured, settings)
        cells = view.measured_cells(by_position=False)
        if settings.order is True:
            cells = cells + view.measured_cells(by_position=True)
        cell_digests = {
            hasher(place, name, near)
            for place, name, value in cells
            for near in buckets_around(value, settings.tolerance)
        }
        return cls(
            kind=answer.kind,
            columns=answer.columns,
            types=answer.types,
            measured=measured,
            count=len(answer.rows),
            distinct=len(set(map(repr, answer.rows))) == len(answer.rows),
            row_digests=dict(sorted(Counter(map(hasher, view.keys)).items())),
            column_digests={name: hasher(*view.column(name)) for name in view.exact},
            cell_digests=frozenset(cell_digests),
            order_digest=hasher(*view.sequence()) if settings.order else "",
            settings=settings,
            salt=salt,
            rounds=rounds,
        )

    def compare(self, answer: Plain) -> Difference:
        """Let an answer climb the ladder: type, empty, columns, rows, values, order."""
        fitted = self._fitted(answer)
        if isinstance(fitted, Difference):
            return fitted
        view = _View(fitted, self.columns, self.measured, self.settings)
        hasher = Hasher(self.salt, self.rounds)
        digests = [hasher(key) for key in view.keys]
        unknown = self._unknown(digests)
        matched = len(digests) - len(unknown)
        sound = {
            name: hasher(*view.column(name)) == self.column_digests[name] for name in view.exact
        }
        if len(fitted.rows) != self.count:
            return self._rows(fitted, view, matched, unknown)
        if unknown:
            return self._values(fitted, unknown, sound)
        off = [
            (place, name)
            for place, name, value in view.measured_cells(by_position=False)
            if not self._near(hasher, place, name, value)
        ]
        if off:
            return self._cells(fitted, view, off)
        return self._order(view, hasher)

    def matched(self, answer: Plain) -> int:
        """Count rows whose exact cells the reference has too; the columns must fit."""
        fitted = self._fitted(answer)
        if isinstance(fitted, Difference):
            return 0
        hasher = Hasher(self.salt, self.rounds)
        keys = Counter(map(hasher, _View(fitted, self.columns, self.measured, self.settings).keys))
        return sum(min(n, self.row_digests.get(digest, 0)) for digest, n in keys.items())

    def _unknown(self, digests: list[str]) -> list[int]:
        """List the rows that the reference has not, or not so many of."""
        if dict(Counter(digests)) == self.row_digests:
            return []
        seen: Counter[str] = Counter()
        unknown = []
        for place, digest in enumerate(digests):
            seen[digest] += 1
            if seen[digest] > self.row_digests.get(digest, 0):
                unknown.append(place)
        return unknown

    def _near(self, hasher: "Hasher", place: str, name: str, value: Cell) -> bool:
        return hasher(place, name, bucket(value, self.settings.tolerance)) in self.cell_digests

    def _fitted(self, answer: Plain) -> Plain | Difference:
        """Give the answer the reference's shape where that is unambiguous, or say what differs."""
        kind = answer.kind
        if self.kind in ("list", "set") and kind in ("list", "set"):
            answer = answer._replace(kind=self.kind)
        elif self.kind == "list" and kind == "mapping":
            answer = Plain(
                "list",
                ("value",),
                answer.types[1:],
                answer.whole[1:],
                [row[1:] for row in answer.rows],
            )
        elif kind != self.kind:
            if kind == "none" and self.kind == "number":
                return Difference("nan")
            single = self.kind in SCALARS and kind not in SCALARS
            single = single and len(answer.rows) == 1 and len(answer.columns) == 1
            return Difference("type", {"came": kind, "asked": self.kind, "single": single})
        if not answer.rows and self.count:
            return Difference("empty", {"columns": list(answer.columns)})
        if self.kind == "table":
            placed = self._placed(answer)
            if isinstance(placed, Difference):
                return placed
            answer = placed
        for name, came, asked in zip(self.columns, answer.types, self.types, strict=True):
            if came != asked and asked != "mixed" and "none" not in (came, asked) and answer.rows:
                facts = {"column": name, "came": came, "asked": asked, "kind": self.kind}
                return Difference("types", facts)
        if "number" in self.types and not _INFINITE.isdisjoint(chain.from_iterable(answer.rows)):
            return Difference("infinite")
        return answer

    def _placed(self, answer: Plain) -> Plain | Difference:
        if not self.settings.names:
            if len(answer.columns) != len(self.columns):
                facts = {"came": len(answer.columns), "asked": len(self.columns)}
                return Difference("column_count", facts)
            return answer._replace(columns=self.columns)
        folded = {name.casefold(): i for i, name in reversed(list(enumerate(answer.columns)))}
        lacking = [name for name in self.columns if name.casefold() not in folded]
        extra = [
            name
            for name in answer.columns
            if name.casefold() not in {c.casefold() for c in self.columns}
        ]
        if lacking or extra:
            return Difference("columns", {"lacking": lacking, "extra": extra})
        places = [folded[name.casefold()] for name in self.columns]
        return Plain(
            answer.kind,
            self.columns,
            tuple(answer.types[i] for i in places),
            tuple(answer.whole[i] for i in places),
            answer.rows
            if places == list(range(len(answer.columns)))
            else [tuple(row[i] for i in places) for row in answer.rows],
        )

    def _rows(self, answer: Plain, view: "_View", matched: int, unknown: list[int]) -> Difference:
        came = len(answer.rows)
        facts: dict[str, Any] = {"came": came, "asked": self.count, "kind": self.kind}
        only_measured = not view.exact
        if came > self.count:
            doubled = came - len(set(map(repr, answer.rows)))
            if doubled and self.distinct and came - doubled == self.count:
                return Difference(
                    "duplicates", facts | {"doubled": doubled}, share=ROWS * self.count / came
                )
        facts["matched"] = None if only_measured else matched
        if unknown and came > self.count and matched == self.count:
            facts["row"] = self._shown(answer, unknown[0])
        right = 0.0 if only_measured else matched / max(came, self.count, 1)
        return Difference("rows", facts, share=ROWS * right)

    def _values(self, answer: Plain, unknown: list[int], sound: dict[str, bool]) -> Difference:
        suspects = [name for name, right in sound.items() if not right]
        right = 1 - len(unknown) / max(1, len(answer.rows))
        facts = {
            "columns_right": [name for name in sound if sound[name]],
            "column": suspects[0] if suspects else None,
            "row": self._shown(answer, unknown[0]),
            "off": len(unknown),
            "asked": self.count,
            "kind": self.kind,
        }
        share = 0.0 if self.kind in SCALARS else ROWS * right
        return Difference("values", facts, share)

    def _cells(self, answer: Plain, view: "_View", off: list[tuple[str, str]]) -> Difference:
        places = view.rows_of(off)
        columns = {name for _, name in off}
        facts = {
            "columns_right": [name for name in self.columns if name not in columns],
            "column": off[0][1],
            "row": self._shown(answer, places[0]),
            "off": len(places),
            "asked": self.count,
            "kind": self.kind,
        }
        right = 1 - len(places) / max(1, len(answer.rows))
        share = 0.0 if self.kind in SCALARS else ROWS * right
        return Difference("values", facts, share)

    def _order(self, view: "_View", hasher: "Hasher") -> Difference:
        if not self.settings.order:
            return Difference("same", share=1.0)
        in_order = hasher(*view.sequence()) == self.order_digest
        if self.settings.order is True:
            in_order = in_order and all(
                self._near(hasher, place, name, value)
                for place, name, value in view.measured_cells(by_position=True)
            )
        if in_order:
            return Difference("same", share=1.0)
        by = list(self.settings.order) if isinstance(self.settings.order, tuple) else []
        return Difference("order", {"by": by}, share=ORDER)

    def _shown(self, answer: Plain, place: int) -> dict[str, Any]:
        """Return the student's own row, as words can show it: its number from 1 and its cells."""
        cells = {
            name: value.iso if isinstance(value, Day) else value
            for name, value in zip(answer.columns, answer.rows[place], strict=True)
        }
        return {"number": place + 1, "cells": cells}

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "types": list(self.types),
            "measured": list(self.measured),
            "count": self.count,
            "distinct": self.distinct,
            "rows": [[digest, n] for digest, n in self.row_digests.items()],
            "column_digests": self.column_digests,
            "cells": sorted(self.cell_digests),
            "order": self.order_digest,
            "settings": self.settings.to_key(),
            "salt": self.salt,
            "rounds": self.rounds,
        }

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> "Reference":
        """Read what `to_key` wrote."""
        return cls(
            kind=raw["kind"],
            columns=tuple(raw["columns"]),
            types=tuple(raw["types"]),
            measured=tuple(raw["measured"]),
            count=raw["count"],
            distinct=raw["distinct"],
            row_digests={digest: n for digest, n in raw["rows"]},
            column_digests=raw["column_digests"],
            cell_digests=frozenset(raw["cells"]),
            order_digest=raw["order"],
            settings=Settings.of(raw["settings"]),
            salt=raw["salt"],
            rounds=raw["rounds"],
        )


def prints(
    answer: Plain, settings: Settings, *, salt: str, around: bool, work: int = WORK
) -> frozenset[str]:
    """Digest a whole answer, so that a known wrong one is recognised.

    Args:
        answer: The answer.
        settings: Of the task.
        salt: Of the task.
        around: True for the known wrong answer (all buckets of a lone number), False for the
            student's (one bucket). Two answers are taken for the same when their sets meet.
        work: Hashing rounds that one answer may cost.
    """
    measured = tuple(is_measured(answer, i, settings.tolerance) for i in range(len(answer.columns)))
    hasher = Hasher(salt, max(1, work // (2 if answer.kind in SCALARS else 400)))
    if answer.kind == "number":
        value = answer.rows[0][0]
        find = buckets_around if around else lambda v, t: [bucket(v, t)]
        return frozenset(hasher("number", b) for b in find(value, settings.tolerance))
    names = sorted(answer.columns) if settings.names else list(answer.columns)
    places = [answer.columns.index(name) for name in names]
    fold = _folds(answer.kind, settings)
    rows = sorted(
        repr([coarse(row[i]) if measured[i] else exact(row[i], fold) for i in places])
        for row in answer.rows
    )
    shape = "list" if answer.kind == "set" else answer.kind
    return frozenset([hasher(shape, *rows)])


class Hasher:
    """Turns parts of an answer into short digests, slowly enough that guessing costs.

    With one round nothing is to be slow; with none the parts stay what they are: a grader keeps its
    references to itself.
    """

    def __init__(self, salt: str, rounds: int) -> None:
        self.salt = salt.encode()
        self.rounds = rounds

    def __call__(self, *parts: str) -> str:
        """Digest the parts together."""
        if self.rounds == 0:
            return "\x1f".join(parts)
        payload = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        if self.rounds == 1:
            return hashlib.blake2b(self.salt + b"\x1f" + payload, digest_size=12).hexdigest()
        raw = hashlib.pbkdf2_hmac("sha256", payload, self.salt, self.rounds, 12)
        return base64.b64encode(raw).decode()


class _View:
    """An answer in the reference's columns: exact keys of rows, and measured cells by place."""

    def __init__(
        self,
        answer: Plain,
        columns: tuple[str, ...],
        measured: tuple[bool, ...],
        settings: Settings,
    ) -> None:
        self.answer, self.columns, self.settings = answer, columns, settings
        self.fold = _folds(answer.kind, settings)
        self.exact = [n for n, m in zip(columns, measured, strict=True) if not m]
        self.floating = [i for i, m in enumerate(measured) if m]
        self.fixed = [i for i, m in enumerate(measured) if not m]
        cells = list(zip(*answer.rows, strict=True)) or [()] * len(columns)
        self.names = {i: exact_names(cells[i], self.fold) for i in self.fixed}
        self.keys = self._keys(self.fixed)

    def _keys(self, places: list[int]) -> list[str]:
        if not places:
            return [""] * len(self.answer.rows)
        return list(map("\x1e".join, zip(*(self.names[i] for i in places), strict=True)))

    def column(self, name: str) -> list[str]:
        return sorted(self.names[self.columns.index(name)])

    def sequence(self) -> list[str]:
        if isinstance(self.settings.order, tuple):
            chosen = [self.columns.index(name) for name in self.settings.order]
            return self._keys([i for i in chosen if i in self.fixed])
        return self.keys

    def measured_cells(self, *, by_position: bool) -> list[tuple[str, str, Cell]]:
        """List (place, column, value). A place is a row's exact key and the value's rank there.

        Within one tolerance, two lists of numbers can be matched if and only if they match when
        both are sorted, so ranks among rows with the same key are enough.
        """
        found: list[tuple[str, str, Cell]] = []
        self._rows_by_place: dict[tuple[str, str], int] = {}
        for i in self.floating:
            groups: dict[str, list[tuple[Cell, int]]] = {}
            for at, (key, row) in enumerate(zip(self.keys, self.answer.rows, strict=True)):
                groups.setdefault(key, []).append((row[i], at))
            for key, members in groups.items():
                if not by_position:
                    members.sort(key=_number_order)
                for rank, (value, at) in enumerate(members):
                    place = f"{key}\x1d{f'@{at}' if by_position else rank}"
                    found.append((place, self.columns[i], value))
                    self._rows_by_place[(place, self.columns[i])] = at
        return found

    def rows_of(self, cells: list[tuple[str, str]]) -> list[int]:
        self.measured_cells(by_position=False)
        return sorted({self._rows_by_place[cell] for cell in cells})


def _number_order(member: tuple[Cell, int]) -> tuple[int, float]:
    value = member[0]
    return (0, float(value)) if isinstance(value, (int, float)) else (1, 0.0)


def _folds(kind: str, settings: Settings) -> bool:
    return kind != "table" if settings.case is None else not settings.case
