"""What the texts of some queries say about the values that tell them apart."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlglot
from sqlglot import exp

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?")
_COMPARING = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like, exp.ILike,
    exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.StartsWith, exp.Contains, exp.RegexpLike,
    exp.RegexpFullMatch, exp.Case, exp.Coalesce,
)  # fmt: skip


@dataclass
class Literals:
    """Values and names found in queries.

    Attributes:
        texts: Text literals by lower-case column name; under "" all of them.
        patterns: LIKE patterns by column name.
        numbers: Number literals by column name; under "" all of them.
        moments: Dates and times named in the queries.
        formats: Date formats (`%d.%m.%Y`) by column name.
        names: Lower-case names mentioned, columns and tables; None when `*` takes them all.
        alike: Groups of column names that are compared with each other.
    """

    texts: dict[str, set[str]] = field(default_factory=dict)
    patterns: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, set[float]] = field(default_factory=dict)
    moments: set[datetime] = field(default_factory=set)
    formats: dict[str, str] = field(default_factory=dict)
    names: set[str] | None = field(default_factory=set)
    alike: list[set[str]] = field(default_factory=list)

    def group(self, name: str) -> set[str]:
        """Return the names that `name` is compared with, itself included."""
        return next((group for group in self.alike if name in group), {name})

    def steps(self) -> list[int]:
        """Return whole numbers above 0 that may be lengths of time or counts."""
        return sorted({int(n) for n in self.numbers.get("", set()) if 0 < n <= 1000 and n % 1 == 0})

    def years(self) -> list[int]:
        """Return the years that are named, as numbers or in dates."""
        named = {int(n) for n in self.numbers.get("", set()) if 1900 <= n <= 2100}
        named |= {int(t) for t in self.texts.get("", set()) if re.fullmatch(r"(19|20)\d\d", t)}
        return sorted(named)


def read_literals(queries: Sequence[str]) -> Literals:
    """Collect literals and the columns they are compared with.

    Examples:
        >>> found = read_literals(["SELECT n FROM t WHERE code LIKE 'I21%' AND value > 5"])
        >>> found.patterns["code"], found.numbers["value"], sorted(found.names)
        ({'I21%'}, {5.0}, ['code', 'n', 't', 'value'])
    """
    found = Literals()
    for query in queries:
        try:
            tree = sqlglot.parse_one(query, dialect="duckdb")
        except sqlglot.errors.SqlglotError:
            _from_words(query, found)
            continue
        _from_tree(tree, found)
    return found


def _from_words(query: str, found: Literals) -> None:
    """Take what can be taken from a text that sqlglot does not read."""
    for text in re.findall(r"'((?:[^']|'')*)'", query):
        _text(text, [], found)
    for number in re.findall(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w'])", query):
        _number(float(number), [], found)
    found.names = None


def _from_tree(tree: exp.Expr, found: Literals) -> None:
    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            found.names = None
    if any(join.method == "NATURAL" for join in tree.find_all(exp.Join)):
        found.names = None
    if found.names is not None:
        found.names |= {node.name.lower() for node in tree.find_all(exp.Column, exp.Identifier)}
    for node in tree.find_all(exp.EQ, exp.NullSafeEQ, exp.In):
        _alike(node, found)
    for literal in tree.find_all(exp.Literal):
        columns = _columns_beside(literal)
        if literal.is_string:
            like = literal.find_ancestor(exp.Like, exp.ILike)
            if like is not None:
                for name in [*columns, ""]:
                    found.patterns.setdefault(name, set()).add(literal.this)
            else:
                _text(literal.this, columns, found)
        else:
            value = float(literal.this)
            _number(-value if isinstance(literal.parent, exp.Neg) else value, columns, found)
    for kind in (exp.StrToTime, exp.TimeToStr, exp.StrToDate, exp.Anonymous):
        for node in tree.find_all(kind):
            _format(node, found)


def _format(node: exp.Expr, found: Literals) -> None:
    formats = [x.this for x in node.find_all(exp.Literal) if x.is_string and "%" in x.this]
    for column in node.find_all(exp.Column):
        if formats and isinstance(node, exp.StrToTime | exp.StrToDate | exp.Anonymous):
            found.formats[column.name.lower()] = formats[0]


def _columns_beside(literal: exp.Expr) -> list[str]:
    """Name the columns that a literal is compared with, or is a value of."""
    node: exp.Expr | None = literal.parent
    if isinstance(node, exp.Alias):  # a relation written out, as algebra's are
        return [node.alias.lower()]
    while node is not None and not isinstance(node, _COMPARING):
        if isinstance(node, exp.Select | exp.Join | exp.And | exp.Or | exp.Query):
            return []
        node = node.parent
    if node is None:
        return []
    return [column.name.lower() for column in node.find_all(exp.Column)]


def _alike(node: exp.Expr, found: Literals) -> None:
    sides: list[exp.Expr | None] = []
    if isinstance(node, exp.In):
        query = node.args.get("query")
        inner = query.find(exp.Select) if query is not None else None
        sides = [node.this, inner.expressions[0].unalias() if inner and inner.expressions else None]
    else:
        sides = [node.args.get("this"), node.args.get("expression")]
    names = {side.name.lower() for side in sides if isinstance(side, exp.Column)}
    if len(names) < 2:
        return
    touching = [group for group in found.alike if group & names]
    found.alike = [group for group in found.alike if not group & names]
    found.alike.append(names.union(*touching))


def _text(text: str, columns: Iterable[str], found: Literals) -> None:
    moment = _DATE.fullmatch(text)
    if moment:
        try:
            found.moments.add(datetime.fromisoformat(text))
        except ValueError:
            return
    elif re.fullmatch(r"\d+(\.\d+)?", text):
        _number(float(text), columns, found)
    for name in [*columns, ""]:
        found.texts.setdefault(name, set()).add(text)


def _number(value: float, columns: Iterable[str], found: Literals) -> None:
    for name in [*columns, ""]:
        found.numbers.setdefault(name, set()).add(value)


def near_number(value: float) -> list[float]:
    """Return a limit and its two neighbours: what tells > from >=.

    Examples:
        >>> near_number(48.0), near_number(6.5)
        ([48.0, 47.0, 49.0], [6.5, 5.5, 7.5, 6.4, 6.6])
    """
    near = [value, value - 1, value + 1]
    return near if value % 1 == 0 else [*near, round(value - 0.1, 6), round(value + 0.1, 6)]


def near_text(value: str) -> list[str]:
    """Return a text and what is nearly it: longer, shorter, another end, other case.

    Examples:
        >>> near_text("I21")
        ['I21', 'I219', 'I22', 'I2', 'i21']
    """
    if not value:
        return ["", "a"]
    last = value[-1]
    other = chr(ord(last) + 1) if last not in "9zZåÅ" else chr(ord(last) - 1)
    near = [value, value + "9", value[:-1] + other, value[:-1]]
    near.append(value.lower() if value != value.lower() else value.upper())
    return [text for text in dict.fromkeys(near) if text]


def near_pattern(pattern: str) -> list[str]:
    """Return texts that a LIKE pattern matches, and some that it nearly matches.

    Examples:
        >>> near_pattern("I21%")
        ['I21', 'I219', 'I22', 'I2', 'i21', 'xI21']
    """
    core = pattern.replace("%", "").replace("_", "1")
    if not core:
        return ["", "a"]
    near = near_text(core)
    if pattern.startswith("%") or not pattern.endswith("%"):
        near.append(core + "x")
    near.append("x" + core)
    if "%" in pattern.strip("%"):
        near.append(pattern.strip("%").replace("%", "x").replace("_", "1"))
    return list(dict.fromkeys(near))


def add_months(day: date, months: int) -> date:
    """Move a date by whole months, to the last day of the month if need be.

    Examples:
        >>> add_months(date(2023, 1, 31), 1), add_months(date(2024, 2, 29), -12)
        (datetime.date(2023, 2, 28), datetime.date(2023, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9998:
        return day
    first = date(year, month + 1, 1)
    after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first + timedelta(days=min(day.day, (after - first).days) - 1)
