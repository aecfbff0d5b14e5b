"""Inserts that a right schema must accept or refuse, whatever its names are.

The author writes a reference schema, and rows for it as INSERT statements:

    CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE admission (fnr TEXT REFERENCES patient, number INTEGER, PRIMARY KEY (fnr, number));

    INSERT INTO patient VALUES ('01', 'Kari');
    -- accept: Samme pasient kan legges inn to ganger. | One patient may be admitted twice.
    INSERT INTO admission VALUES ('01', 1);
    INSERT INTO admission VALUES ('01', 2);
    -- refuse: En innleggelse uten pasient. | An admission without a patient.
    INSERT INTO admission VALUES (NULL, 1);

What comes before the first `-- accept` or `-- refuse` is there for every probe. Of a probe to be
refused it is the last insert that must fail. The rows are put into the student's tables through a
mapping from the reference: by names and synonyms, then columns, keys and foreign keys. Where the
student has a number of their own for key, the row that the reference refers to is looked up.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING, Any

from labkit.er.mapping import TableMap, map_schema
from labkit.er.names import Names, Synonyms
from labkit.er.refusals import reason_text
from labkit.er.schema import Column, Schema, SchemaError, read_schema
from labkit.er.schema import quote as _quote
from labkit.er.verdict import Difference, Verdict, verdict
from labkit.messages import LANGUAGES, say

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["Probe", "Probes", "SchemaError", "probe"]
_HEAD = re.compile(r"^\s*--\s*(accept|refuse)\s*:\s*(.*?)\s*\|\s*(.*?)\s*$", re.MULTILINE)
SECONDS = 5
_SHOWN = 300  # characters of a row that are shown
Row = dict[str, Any]


@dataclass(frozen=True)
class Probe:
    """One thing that a schema must accept or refuse."""

    accepts: bool
    text: dict[str, str]  # language -> what is tried
    rows: tuple[tuple[str, Row], ...]  # table of the reference, and values by column


@dataclass(frozen=True)
class Probes:
    """A reference schema, the rows that are there first, and the probes."""

    reference: Schema
    given: tuple[tuple[str, Row], ...]
    probes: tuple[Probe, ...]

    @classmethod
    def read(cls, text: str, reference: "MetaData | None" = None) -> "Probes":
        """Read probes; the CREATE TABLE statements come first, or as metadata.

        Raises:
            SchemaError: If a statement is neither, or a row does not fit the reference.
        """
        heads = list(_HEAD.finditer(text))
        first = text[: heads[0].start()] if heads else text
        creates, inserts = _split(first)
        schema = read_schema(reference if reference is not None else creates)
        given = tuple(_rows(inserts, schema))
        probes = []
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=False):
            body = text[head.end() : end]
            rows = tuple(_rows(_split(body)[1], schema))
            texts = {"nb": head[2], "en": head[3]}
            if not rows:
                message = say("er.schema_no_insert", None, text=head[0].strip())
                raise SchemaError(message, kind="no_insert")
            probes.append(Probe(head[1] == "accept", texts, rows))
        if not probes:
            raise SchemaError(say("er.schema_no_probe"), kind="no_probe")
        return cls(schema, given, tuple(probes))


def probe(
    answer: "str | MetaData",
    probes: Probes | str,
    *,
    synonyms: Synonyms = (),
    mapping: Mapping[str, str] | None = None,
    engine: str = "duckdb",
) -> Verdict:
    """Try a schema with rows that a right one accepts or refuses.

    Args:
        answer: The student's CREATE TABLE statements, or metadata.
        probes: The reference, rows and probes, as text or read.
        synonyms: Names that mean the same, beyond the kit's own table.
        mapping: Names of the reference and what they are in the answer, where that is known:
            `{"patient": "pas", "patient.fnr": "pas.id"}`.
        engine: `duckdb` or `sqlite`. A circle of foreign keys, which DuckDB cannot make, is
            tried in SQLite.

    Returns:
        A `Verdict`: a difference for each probe that goes otherwise, and for each table or column
        of the reference that was not found; `share` is that of the probes that went right.

    Raises:
        SchemaError: If the answer is not CREATE TABLE statements, or refers to what is not there.

    Examples:
        >>> text = '''
        ... CREATE TABLE ward (code TEXT PRIMARY KEY, beds INTEGER);
        ... -- refuse: To avdelinger med samme kode. | Two wards with one code.
        ... INSERT INTO ward VALUES ('A', 10);
        ... INSERT INTO ward VALUES ('A', 12);'''
        >>> probe("CREATE TABLE avdeling (kode TEXT UNIQUE, beds INT)", text).differs
        False
        >>> found = probe("CREATE TABLE avdeling (id INT PRIMARY KEY, kode TEXT, beds INT)", text)
        >>> [d.kind for d in found.differences], found.share
        (['probe_accepted'], 0.0)
    """
    probes = Probes.read(probes) if isinstance(probes, str) else probes
    schema = read_schema(answer)
    lowered = {k.lower(): v.lower() for k, v in (mapping or {}).items()}
    maps = map_schema(schema, probes.reference, Names(synonyms), lowered)
    differences = _unfound(probes, maps)
    failed = []
    with _database(schema, engine) as base:
        for one in probes.probes:
            found = _Trial(schema, probes, maps, base).run(one)
            if found:
                failed.append(found)
    matched = {ours: theirs.table for ours, theirs in maps.items()}
    matched |= {f"{t}.{c}": f"{m.table}.{x}" for t, m in maps.items() for c, x in m.columns.items()}
    return verdict(failed + differences, len(probes.probes), matched)


def _unfound(probes: Probes, maps: Mapping[str, TableMap]) -> list[Difference]:
    """Tell about tables and columns that probes need and the answer lacks; the probes cost."""
    used: dict[str, set[str]] = {}
    for table, row in [*probes.given, *(r for p in probes.probes for r in p.rows)]:
        used.setdefault(table, set()).update(c for c, v in row.items() if v is not None)
    found = []
    for table, columns in used.items():
        if table not in maps:
            found.append(Difference("no_table", {"table": table}, 0.0))
            continue
        for column in sorted(columns - maps[table].covered()):
            values = {"table": maps[table].table, "column": column}
            found.append(Difference("no_column", values, 0.0))
    return found


class _Refused(Exception):
    """The database refused a row."""


class _Unmapped(Exception):
    """A row has no place in the answer."""


class _Trial:
    """One probe, from an empty database."""

    def __init__(
        self, schema: Schema, probes: Probes, maps: Mapping[str, TableMap], base: "_Base"
    ) -> None:
        self.schema, self.probes, self.maps, self.base = schema, probes, maps, base
        self.made: dict[str, list[tuple[Row, Row]]] = {}  # reference's table -> its rows and ours
        self.count = 0
        self.tried: list[str] = []  # rows of the probe as they were put into the answer's tables

    def run(self, one: Probe) -> Difference | None:
        with self.base.undone():
            self.tried = []
            try:
                for table, row in self.probes.given:
                    self.insert(table, row)
                self.tried = []
                *before, last = one.rows
                for table, row in before:
                    self.insert(table, row)
            except _Refused as error:
                return self.refused(one, error)
            except _Unmapped:
                return Difference("probe_unmapped", {"probe": one.text})
            try:
                self.insert(*last)
            except _Refused as error:
                return self.refused(one, error) if one.accepts else None
            except _Unmapped:
                return Difference("probe_unmapped", {"probe": one.text})
            values = {"probe": one.text, "rows": "`; `".join(self.tried)}
            return None if one.accepts else Difference("probe_accepted", values)

    def refused(self, one: Probe, error: "_Refused") -> Difference:
        """Tell which row of the answer's tables was stopped, and why."""
        reason = {lang: reason_text(str(error), lang) for lang in LANGUAGES}
        return Difference(
            "probe_refused", {"probe": one.text, "reason": reason, "row": self.tried[-1]}
        )

    def insert(self, table: str, row: Row) -> None:
        if table not in self.maps:
            raise _Unmapped
        where = self.maps[table]
        target = self.schema.tables[where.table]
        ours = {where.columns[c]: v for c, v in row.items() if c in where.columns}
        for reference, theirs in where.references:
            ours.update(self.referred(row, reference, theirs))
        if {c for c, v in row.items() if v is not None} - where.covered():
            raise _Unmapped
        mapped = set(where.columns.values()) | {
            c for _, theirs in where.references for c in theirs.columns
        }
        for column in target.columns.values():
            needs = (column.required or column.name in target.primary) and not column.default
            if column.name not in mapped and needs:
                ours[column.name] = self.filler(target.name, column)
        ours = {name: ours[name] for name in target.columns if name in ours}
        self.tried.append(_statement(where.table, ours))
        self.base.insert(where.table, ours)
        self.made.setdefault(table, []).append((row, ours))

    def referred(self, row: Row, reference: Any, theirs: Any) -> Row:
        """Find the values of the answer's foreign key for the row that the reference means."""
        wanted = {t: row.get(c) for c, t in zip(reference.columns, reference.theirs, strict=True)}
        if any(v is None for v in wanted.values()):
            return dict.fromkeys(theirs.columns)
        for known, made in self.made.get(reference.target, []):
            if all(known.get(c) == v for c, v in wanted.items()):
                pairs = zip(theirs.columns, theirs.theirs, strict=True)
                return {c: made.get(t) for c, t in pairs}
        # a row that is not there: the value itself where the answer has the same key
        back = {theirs: ours for ours, theirs in self.maps[reference.target].columns.items()}
        home = self.schema.tables[theirs.target]
        found = {}
        for c, t in zip(theirs.columns, theirs.theirs, strict=True):
            own = wanted.get(back.get(t, ""))
            found[c] = own if own is not None else _value(home.columns[t].type, 900_001)
        return found

    def filler(self, table: str, column: Column) -> Any:
        """Make a value for a column that the reference knows nothing of."""
        self.count += 1
        for reference in self.schema.tables[table].references:
            if column.name in reference.columns:  # refer to a row that is there, if there is one
                place = reference.columns.index(column.name)
                for known, where in self.maps.items():
                    rows = self.made.get(known, [])
                    if where.table == reference.target and rows:
                        return rows[0][1].get(reference.theirs[place])
        return _value(column.type, self.count)


def _statement(table: str, row: Row) -> str:
    """Write a row as the INSERT that puts it in, to be read.

    Examples:
        >>> _statement("team", {"number": 1, "role": None, "name": "O'Hara"})
        "INSERT INTO team (number, role, name) VALUES (1, NULL, 'O''Hara')"
    """
    values = [
        "NULL" if v is None else str(v) if isinstance(v, int | float) else _text(str(v))
        for v in row.values()
    ]
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(values)})"[:_SHOWN]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _value(family: str, number: int) -> Any:
    return {
        "integer": number,
        "number": float(number),
        "boolean": True,
        "date": f"20{number % 25 + 1:02d}-01-{number % 28 + 1:02d}",
        "time": f"20{number % 25 + 1:02d}-01-{number % 28 + 1:02d} 12:00:00",
        "clock": f"{number % 24:02d}:{number % 60:02d}:00",
    }.get(family, f"x{number}")


class _Base:
    """A database in memory that holds the answer's tables."""

    def __init__(self, schema: Schema, engine: str) -> None:
        tables, whole = schema.ordered()
        self.engine = engine if whole else "sqlite"
        self.con: Any
        if self.engine == "sqlite":
            self.con = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self.con.execute("PRAGMA foreign_keys = ON")
            self.con.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
        else:
            import duckdb

            config: dict[str, str | bool | int | float | list[str]] = {
                "enable_external_access": False,
                "threads": 1,
                "memory_limit": "256MB",
            }
            self.con = duckdb.connect(config=config)
            self.con.execute("SET lock_configuration = true")
        for table in tables:
            try:
                self.con.execute(table.statement(self.engine))
            except Exception as error:
                values = {"table": table.name, "reason": _first_line(error)}
                raise SchemaError(
                    say("er.schema_refused", None, **values), kind="refused"
                ) from None

    def insert(self, table: str, row: Row) -> None:
        names = ", ".join(_quote(c) for c in row)
        marks = ", ".join("?" for _ in row)
        body = f"({names}) VALUES ({marks})" if row else "DEFAULT VALUES"
        try:
            self.con.execute(f"INSERT INTO {_quote(table)} {body}", list(row.values()))
        except Exception as error:
            raise _Refused(_first_line(error)) from None

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back whatever is inserted inside, within a time limit."""
        timer = Timer(SECONDS, self.con.interrupt)
        timer.daemon = True
        timer.start()
        self.con.execute("BEGIN")
        try:
            yield
        finally:
            timer.cancel()
            with suppress(Exception):  # an error may have ended it already
                self.con.execute("ROLLBACK")


@contextmanager
def _database(schema: Schema, engine: str) -> Iterator[_Base]:
    if engine not in ("duckdb", "sqlite"):
        raise SchemaError(say("er.schema_engine", None, came=engine), kind="engine")
    base = _Base(schema, engine)
    try:
        yield base
    finally:
        base.con.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]


def _split(text: str) -> tuple[str, list[Any]]:
    """Part the CREATE statements, as text, from the INSERT statements, parsed."""
    import sqlglot
    from sqlglot import exp

    try:
        statements = [s for s in sqlglot.parse(text, dialect="postgres") if s is not None]
    except sqlglot.errors.SqlglotError as error:
        message = say("er.schema_probe_syntax", None, reason=_first_line(error))
        raise SchemaError(message, kind="syntax") from None
    inserts = [s for s in statements if isinstance(s, exp.Insert)]
    others = [s for s in statements if not isinstance(s, exp.Insert | exp.Semicolon)]
    return ";\n".join(s.sql(dialect="postgres") for s in others), inserts


def _rows(inserts: list[Any], schema: Schema) -> Iterator[tuple[str, Row]]:
    from sqlglot import exp

    for insert in inserts:
        target = insert.this
        listed = target.expressions if isinstance(target, exp.Schema) else []
        name = (target.this if isinstance(target, exp.Schema) else target).name.lower()
        if name not in schema.tables:
            known = ", ".join(schema.tables)
            message = say("er.schema_no_table", None, table=name, known=known)
            raise SchemaError(message, kind="no_table")
        columns = [c.name.lower() for c in listed] or list(schema.tables[name].columns)
        if strange := [c for c in columns if c not in schema.tables[name].columns]:
            values = {"table": name, "column": strange[0]}
            raise SchemaError(say("er.schema_no_column", None, **values), kind="no_column")
        source = insert.expression
        if not isinstance(source, exp.Values):
            raise SchemaError(say("er.schema_values", None, table=name), kind="values")
        for row in source.expressions:
            found = [_literal(v, name) for v in row.expressions]
            if len(found) != len(columns):
                message = say("er.schema_width", None, table=name, n=len(columns), came=len(found))
                raise SchemaError(message, kind="width")
            yield name, dict(zip(columns, found, strict=True))


def _literal(node: Any, table: str) -> Any:
    from sqlglot import exp

    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return -_literal(node.this, table)
    if isinstance(node, exp.Cast):
        return _literal(node.this, table)
    if not isinstance(node, exp.Literal):
        raise SchemaError(say("er.schema_values", None, table=table), kind="values")
    if node.is_string:
        return node.this
    return float(node.this) if "." in node.this else int(node.this)
