"""Draw tiny databases whose values lie where two queries may part.

A random table of random numbers hardly ever tells `> 48` from `>= 48`. So values come from the
literals of the queries and their neighbours, each database keeps to few values, so that rows
agree with each other, and dates lie the queries' own lengths of time apart. Some databases keep
close to what the queries ask for, since many conditions are seldom met together by chance. The idea
is that of XData (Shah et al., ICDE 2011) and of the boundary values of software testing, drawn at
random.
"""

import random
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from labkit.sql.engine import Instance, Rows
from labkit.sql.literals import (
    Literals,
    add_months,
    near_number,
    near_pattern,
    near_text,
    read_literals,
)
from labkit.sql.shape import Field, Relation, Shape

_SYSTEMS = {  # three common values of a code system, for columns that no literal speaks of
    "icd10": ["I21.9", "E11.9", "J44.0"],
    "icpc2": ["K75", "T90", "R95"],
    "icd10 or icpc2": ["I21.9", "E11.9", "T90"],
    "atc": ["C10AA01", "A10BA02", "N02BE01"],
    "municipality": ["3427", "5025", "3429"],
    "procedure": ["FNG02", "NFB20", "JAH01"],
    "lab": ["hba1c", "ldl", "creatinine"],
}
_SPANS = [("start_time", "end_time"), ("inntid", "uttid"), ("from_date", "to_date")]
_CLOSE = 0.25  # share of the databases that keep close to what the queries ask for
_TIMES = [time(0), time(10, 30), time(23, 59, 59), time(8)]
Row = list[Any]
_Few = dict[tuple[str, int], list[Any]]  # the values a column takes in one database


class Generator:
    """Draws tiny databases of one shape for some queries; the same seed draws the same."""

    def __init__(self, shape: Shape, queries: Sequence[str], *, seed: int) -> None:
        self.shape = shape
        self.rng = random.Random(seed)
        self.said = read_literals(queries)
        self.moments = _moments(self.said)
        self.steps = _steps(self.said, queries)
        names = self.said.names
        self.free = {
            (relation.name, i)
            for relation in shape.values()
            for i, f in enumerate(relation.fields)
            if names is None or f.name.lower() in names
        }
        self.pools = {
            (relation.name, i): self._pool(f)
            for relation in shape.values()
            for i, f in enumerate(relation.fields)
        }
        self.exact = {
            (relation.name, i): self._exact(f)
            for relation in shape.values()
            for i, f in enumerate(relation.fields)
        }
        self.formats = {
            (relation.name, i): self.date_format(f)
            for relation in shape.values()
            for i, f in enumerate(relation.fields)
        }
        self.plans = {relation.name: self._plan(relation) for relation in shape.values()}
        small = [n for n in self.said.steps() if n <= 6]
        small += [len(exact) for exact in self.exact.values() if len(exact) <= 6]
        self.most = max([3, *(n + 1 for n in small)])

    def draw(self, n: int) -> list[Instance]:
        """Draw n databases, each of a few rows in each table."""
        return [self._instance() for _ in range(n)]

    def _pool(self, field: Field) -> tuple[list[Any], list[Any]]:
        """Return the values that literals point to, and ordinary ones; dates are drawn apart."""
        names = sorted(self.said.group(field.name.lower()))
        if field.kind == "bool":
            return [True, False], []
        if field.kind == "int" or field.kind == "float":
            own = [v for name in names for v in sorted(self.said.numbers.get(name, ()))]
            pointed: list[Any] = [w for v in own for w in near_number(v)]
            others = [w for v in sorted(self.said.numbers.get("", ())) for w in near_number(v)]
            sums = [a - b for a in own for b in own if a != b][:8]
            ordinary: list[Any] = [1, 2, 3, 10, *sums, *others[:24]]
            if field.kind == "int":
                pointed, ordinary = _whole(pointed), _whole(ordinary)
            return _allowed(field, pointed, ordinary, self.said)
        if field.kind == "text":
            near = [p for name in names for p in sorted(self.said.patterns.get(name, ()))]
            pointed = [w for pattern in near for w in near_pattern(pattern)]
            own_texts = [t for name in names for t in sorted(self.said.texts.get(name, ()))]
            pointed += [w for text in own_texts for w in near_text(text)]
            return _allowed(field, pointed, self._ordinary_texts(field), self.said)
        return [], []

    def _exact(self, field: Field) -> list[Any]:
        """Return the values that the queries name for a column, without their neighbours."""
        names = sorted(self.said.group(field.name.lower()))
        if field.kind in ("int", "float"):
            exact: list[Any] = [v for n in names for v in sorted(self.said.numbers.get(n, ()))]
            exact = _whole(exact) if field.kind == "int" else exact
        elif field.kind == "text" and not self.date_format(field):
            exact = [t for n in names for t in sorted(self.said.texts.get(n, ()))]
            patterns = [p for n in names for p in sorted(self.said.patterns.get(n, ()))]
            exact += [near_pattern(pattern)[0] for pattern in patterns]
        else:
            return []
        return _allowed(field, exact, [], self.said)[0]

    def _ordinary_texts(self, field: Field) -> list[Any]:
        if field.system:
            return list(_SYSTEMS.get(field.system, ["a", "b", "c"]))
        if field.unit:
            return ["12,5", "0,5", "100"]
        texts = sorted(
            text
            for name, found in self.said.texts.items()
            if name == ""
            for text in found
            if "%" not in text and len(text) > 1
        )
        return ["a", "b", "c", *texts[:6]]

    def _instance(self) -> Instance:
        rng = self.rng
        close = rng.random() < _CLOSE
        days = self._days()
        few: _Few = self._close(days) if close else {}
        rows: dict[str, list[Row]] = {}
        largest = self.most if close or rng.random() < 0.2 else 3
        for relation in self.shape.values():
            size = rng.choices(range(largest + 1), [1] + [4] * largest)[0]
            rows[relation.name] = [self._row(relation, n, days, few) for n in range(size)]
        for relation in self.shape.values():
            self._refer(relation, rows, close=close)
        return repair(self.shape, {name: [tuple(r) for r in found] for name, found in rows.items()})

    def _close(self, days: list[datetime]) -> _Few:
        """Let columns hold what the queries name, and each date column one of their years."""
        rng = self.rng
        few: _Few = {}
        for place, exact in self.exact.items():
            if exact and rng.random() < 0.9:
                few[place] = exact
        years = [datetime(year, 6, 15, 12) for year in self.said.years()]
        for relation in self.shape.values():
            for i, field in enumerate(relation.fields):
                if field.kind in ("date", "time") and rng.random() < 0.9:
                    few[relation.name, i] = [rng.choice(years or days)]
        return few

    def _days(self) -> list[datetime]:
        """Choose the few moments of one database: some the queries' lengths of time apart."""
        rng = self.rng
        base = rng.choice(self.moments)
        days = [base]
        for _ in range(rng.choice([1, 2, 3, 4])):
            start = rng.choice(days)
            unit, step = rng.choice(self.steps)
            days.append(moved(start, unit, rng.choice([-1, 1, 1]) * step))
            if rng.random() < 0.3:
                days[-1] += timedelta(days=rng.choice([-1, 1]))
        if rng.random() < 0.5:
            days.append(rng.choice(self.moments))
        return [day for day in days if 1850 < day.year < 2150] or [base]

    def _plan(self, relation: Relation) -> tuple[Row, list[int], list[int], list[tuple[int, int]]]:
        """Return a plain row, the columns to number, those to draw, and spans from start to end."""
        name, places = relation.name, {f.name: i for i, f in enumerate(relation.fields)}
        template = [self.plain(field, name, i) for i, field in enumerate(relation.fields)]
        keys = {i for key in relation.keys for i in key}
        alone = {i for key in relation.keys if len(key) == 1 for i in key}
        numbered = sorted(alone | {i for i in keys if (name, i) not in self.free})
        drawn = [i for i in range(len(template)) if (name, i) in self.free and i not in alone]
        spans = [(places[a], places[b]) for a, b in _SPANS if a in places and b in places]
        return template, numbered, drawn, spans

    def _row(self, relation: Relation, n: int, days: list[datetime], few: _Few) -> Row:
        template, numbered, drawn, spans = self.plans[relation.name]
        row = template.copy()
        for i in numbered:
            row[i] = self._key(relation, i, n)
        for i in drawn:
            row[i] = self._value(relation, i, n, days, few)
        for first, last in spans:
            if last not in drawn:
                row[last] = row[first]
            elif first not in drawn:
                row[first] = row[last] if row[last] is not None else row[first]
            elif row[first] is not None and row[last] is not None and row[first] > row[last]:
                row[first], row[last] = row[last], row[first]
        return row

    def _key(self, relation: Relation, i: int, n: int) -> Any:
        field = relation.fields[i]
        pointed = self.pools[relation.name, i][0]
        if pointed and self.rng.random() < 0.4:
            return self.rng.choice(pointed)
        if field.kind == "text":
            return chr(ord("a") + n % 26)
        if field.kind in ("date", "time"):
            return _moment(field, self.moments[0] + timedelta(days=n))
        return n + 1

    def _value(self, relation: Relation, i: int, n: int, days: list[datetime], few: _Few) -> Any:
        rng, field, place = self.rng, relation.fields[i], (relation.name, i)
        if field.nullable and rng.random() < 0.25:
            return None
        if field.kind in ("date", "time") and place in few:
            return _moment(field, rng.choice(few[place]))
        if few.get(place) is self.exact[place] and rng.random() < 0.8:
            return few[place][n % len(few[place])]  # in turn, so that all of them are there
        written = self.formats[place]
        if field.kind == "date" or written:
            day = rng.choice(days).date()
            return day.strftime(written) if written else day
        if field.kind == "time":
            moment = rng.choice(days)
            return moment if rng.random() < 0.5 else datetime.combine(moment, rng.choice(_TIMES))
        if place not in few:
            few[place] = self._some(field, place, days)
        return rng.choice(few[place])

    def _some(self, field: Field, place: tuple[str, int], days: list[datetime]) -> list[Any]:
        """Choose the few values that a column takes in one database."""
        rng = self.rng
        pointed, ordinary = self.pools[place]
        if field.kind == "int" and "year" in field.about.lower() and not field.codes:
            steps = [0, *self.said.steps()]
            ordinary = [d.year - s + k for d in days for s in steps[:12] for k in (-1, 0, 1)]
        size = rng.choice([1, 2, 2, 3])
        chosen = [
            rng.choice(pointed if pointed and (rng.random() < 0.8 or not ordinary) else ordinary)
            for _ in range(size)
        ]
        if field.kind == "text" and _is_list(field) and rng.random() < 0.6:
            pool = pointed + ordinary
            chosen.append(";".join(rng.sample(pool, min(2, len(pool)))))
        return chosen

    def date_format(self, field: Field) -> str | None:
        """Say how a text column writes dates, from the queries or the column's description."""
        if field.kind != "text":
            return None
        said = self.said.formats.get(field.name.lower())
        if said:
            return said
        for words, written in (("YYYYMMDD", "%Y%m%d"), ("DD.MM.YYYY", "%d.%m.%Y")):
            if words in field.about:
                return written
        return None

    def plain(self, field: Field, name: str, i: int) -> Any:
        """Return the value of a column that no query mentions."""
        if field.nullable:
            return None
        if field.kind in ("date", "time"):
            return _moment(field, self.moments[0])
        written = self.date_format(field)
        if written:
            return self.moments[0].strftime(written)
        pointed, ordinary = self.pools[name, i]
        return (ordinary or pointed)[0]

    def _refer(self, relation: Relation, rows: dict[str, list[Row]], *, close: bool) -> None:
        """Let foreign keys point to rows of the parent that are there; mostly one, if close."""
        for reference in relation.references:
            parents = rows[reference.table]
            for row in rows[relation.name]:
                optional = all(relation.fields[i].nullable for i in reference.columns)
                if not parents or (optional and self.rng.random() < 0.25):
                    target: Row | None = None
                elif close and self.rng.random() < 0.8:
                    target = parents[0]
                else:
                    target = self.rng.choice(parents)
                for here, there in zip(reference.columns, reference.targets, strict=True):
                    if target is not None:
                        row[here] = target[there]
                    elif relation.fields[here].nullable:
                        row[here] = None


def moved(moment: datetime, unit: str, step: int) -> datetime:
    """Move a moment by some seconds, days or months.

    Examples:
        >>> moved(datetime(2023, 1, 31, 8), "month", 1), moved(datetime(2023, 1, 31), "day", -31)
        (datetime.datetime(2023, 2, 28, 8, 0), datetime.datetime(2022, 12, 31, 0, 0))
    """
    if unit == "month":
        return datetime.combine(add_months(moment.date(), step), moment.time())
    return moment + timedelta(**{f"{unit}s": step})


def repair(shape: Shape, instance: Instance) -> Instance:
    """Leave out rows that break a key, NOT NULL or a foreign key, until none does.

    Deleting a row takes the rows that depend on it along, so this is also how to delete with
    dependants.
    """
    rows = {name: list(found) for name, found in instance.items()}
    for relation in shape.values():
        rows[relation.name] = _unique(relation, rows[relation.name])
    changed = True
    while changed:
        changed = False
        for relation in shape.values():
            for reference in relation.references:
                there = {tuple(row[i] for i in reference.targets) for row in rows[reference.table]}
                kept = [
                    row
                    for row in rows[relation.name]
                    if any(row[i] is None for i in reference.columns)
                    or tuple(row[i] for i in reference.columns) in there
                ]
                if len(kept) < len(rows[relation.name]):
                    rows[relation.name] = kept
                    changed = True
    return rows


def _unique(relation: Relation, rows: Rows) -> Rows:
    seen: list[set[Any]] = [set() for _ in relation.keys]
    kept = []
    for row in rows:
        if any(v is None and not f.nullable for v, f in zip(row, relation.fields, strict=True)):
            continue
        values = [tuple(row[i] for i in key) for key in relation.keys]
        if any(v in s and None not in v for v, s in zip(values, seen, strict=True)):
            continue
        for v, s in zip(values, seen, strict=True):
            s.add(v)
        kept.append(row)
    return kept


def _moment(field: Field, value: datetime) -> date | datetime:
    return value if field.kind == "time" else value.date()


def _whole(values: Sequence[float]) -> list[Any]:
    return list(dict.fromkeys(int(v) for v in values if v % 1 == 0 and abs(v) < 30_000))


def _allowed(
    field: Field, pointed: list[Any], ordinary: list[Any], said: Literals
) -> tuple[list[Any], list[Any]]:
    """Keep to the values that the schema lists, if it lists any, and to the column's width."""
    if field.codes:
        inside = [v for v in dict.fromkeys(pointed) if v in field.codes]
        return inside, list(field.codes)
    width = field.type.partition("(")[2].rstrip(")")
    if field.kind == "text" and width.isdigit():
        pointed = [v for v in pointed if len(v) <= int(width)]
        ordinary = [v for v in ordinary if len(v) <= int(width)] or ["a"]
    return list(dict.fromkeys(pointed)), list(dict.fromkeys(ordinary))


def _is_list(field: Field) -> bool:
    return "semicolon" in field.about


def _moments(said: Literals) -> list[datetime]:
    """Return the moments around which dates are drawn."""
    found = sorted(said.moments)
    for moment in sorted(said.moments):
        found += [moment - timedelta(days=1), moment + timedelta(days=1)]
    for year in said.years():
        found += [datetime(year, 1, 1), datetime(year, 12, 31), datetime(year + 1, 1, 1)]
        found += [datetime(year - 1, 12, 31), datetime(year, 6, 15)]
    for text in sorted(said.texts.get("", ())):
        for written, pattern in (("%Y%m%d", r"\d{8}"), ("%d.%m.%Y", r"\d\d\.\d\d\.\d{4}")):
            found += _read_date(text, written, pattern)
    return list(dict.fromkeys(found)) or [datetime(2023, 3, 10), datetime(2023, 12, 31)]


def _read_date(text: str, written: str, pattern: str) -> list[datetime]:
    if not re.fullmatch(pattern, text):
        return []
    try:
        day = datetime.strptime(text, written)
    except ValueError:
        return []
    return [day, day - timedelta(days=1), day + timedelta(days=1)]


def _steps(said: Literals, queries: Sequence[str]) -> list[tuple[str, int]]:
    """Return lengths of time worth having between two moments: unit and number."""
    text = " ".join(queries).lower()
    steps: list[tuple[str, int]] = [("day", 0), ("day", 1), ("day", 40), ("month", 12)]
    for n in said.steps():
        if n <= 400:
            steps += [("day", n - 1), ("day", n), ("day", n + 1)]
        if n <= 120 and ("year" in text or "365" in text or "age" in text):
            steps += [("month", 12 * n)] * 2
        if n <= 60 and "month" in text:
            steps.append(("month", n))
        if n <= 100 and "hour" in text:
            steps += [("second", 3600 * n), ("second", 3600 * n - 60), ("second", 3600 * n + 60)]
        if n <= 600 and "minute" in text:
            steps += [("second", 60 * n), ("second", 60 * n + 1)]
    return steps
