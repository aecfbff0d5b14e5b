"""Tables being made: columns are added in several steps before SQLAlchemy sees them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.errors import InputError
from labkit.messages import say

if TYPE_CHECKING:
    from sqlalchemy import ForeignKeyConstraint, MetaData

DIALECTS = ("duckdb", "sqlite", "postgresql")


@dataclass
class _Column:
    name: str
    type: str
    null: bool
    attribute: str


@dataclass
class Draft:
    """One table in the making."""

    name: str
    columns: dict[str, _Column] = field(default_factory=dict)
    primary: list[str] = field(default_factory=list)
    uniques: list[list[str]] = field(default_factory=list)
    foreign: list[tuple[list[str], str, list[str]]] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Tell whether a column of this name is there."""
        return name in self.columns

    def add(self, name: str, type: str, *, null: bool, attribute: str = "") -> None:
        """Add a column; `attribute` is the attribute of the model that it stores."""
        self.columns[name] = _Column(name, type, null, attribute)

    def type(self, name: str) -> str:
        """Return the type of a column, as the model writes it."""
        return self.columns[name].type

    def of_attribute(self, attribute: str) -> list[str]:
        """Return the columns that store an attribute; of several of that name, the last added."""
        return [c.name for c in self.columns.values() if c.attribute == attribute]

    def unique(self, columns: list[str], *, always: bool = False) -> None:
        """Make columns a candidate key; `always` when every row has it."""
        if columns and columns not in self.uniques:
            self.uniques.append(columns)
        for name in columns if always else ():
            self.columns[name].null = False

    def copy(self, other: "Draft") -> None:
        """Take over everything of another table but its name."""
        self.columns = dict(other.columns)
        self.primary = list(other.primary)
        self.uniques = [list(u) for u in other.uniques]
        self.foreign = [*other.foreign]
        self.checks = list(other.checks)

    def kind(self, column: str, values: Sequence[str], always: bool) -> None:
        """Say in a column which of some kinds a row is."""
        if not self.has(column):
            self.add(column, "text", null=True)
        self.columns[column].null = not always
        self.columns[column].type = "text"
        listed = ", ".join("'" + v.replace("'", "''") + "'" for v in values)
        self.checks.append(f"{quoted(column)} IN ({listed})")

    def flags(self, names: Sequence[str], *, total: bool, disjoint: bool) -> None:
        """Add a column of true or false for each kind."""
        columns = [f"is_{name}" for name in names]
        for column in columns:
            self.add(column, "boolean", null=False)
        if total:
            self.checks.append(" OR ".join(quoted(c) for c in columns))
        if disjoint and len(columns) > 1:
            ones = " + ".join(f"CASE WHEN {quoted(c)} THEN 1 ELSE 0 END" for c in columns)
            self.checks.append(f"{ones} <= 1")


def quoted(name: str) -> str:
    """Quote a name where SQL would read it otherwise."""
    return f'"{name}"'


def metadata(drafts: Iterable[Draft]) -> "MetaData":
    """Make SQLAlchemy metadata of drafts."""
    import sqlalchemy as sa

    types: dict[str, Any] = {
        "text": sa.Text, "integer": sa.Integer, "number": sa.Numeric, "date": sa.Date,
        "time": sa.DateTime, "boolean": sa.Boolean,
    }  # fmt: skip
    found = sa.MetaData()
    for draft in drafts:
        columns = [
            sa.Column(
                c.name,
                types[c.type],
                primary_key=c.name in draft.primary,
                nullable=c.null and c.name not in draft.primary,
                autoincrement=False,
            )
            for c in draft.columns.values()
        ]
        foreign = [
            sa.ForeignKeyConstraint(own, [f"{target}.{c}" for c in theirs])
            for own, target, theirs in draft.foreign
        ]
        primary = sa.PrimaryKeyConstraint(*draft.primary)
        unique = [sa.UniqueConstraint(*u) for u in draft.uniques if u != draft.primary]
        checks = [sa.CheckConstraint(c) for c in draft.checks]
        sa.Table(draft.name, found, *columns, primary, *unique, *foreign, *checks)
    return found


def ddl(tables: "MetaData", dialect: str, notes: Sequence[str] = ()) -> str:
    """Write CREATE TABLE statements, each table after those it refers to where that can be."""
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.schema import AddConstraint, CreateTable

    if dialect not in DIALECTS:
        raise InputError(say("er.ddl_dialect", came=dialect, known=", ".join(DIALECTS)))
    compiler = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()
    made: set[str] = set()
    late: list[ForeignKeyConstraint] = []
    statements = []
    for name in _ordered(tables):
        table = tables.tables[name]
        made.add(name)
        keys = sorted(table.foreign_key_constraints, key=lambda k: list(k.column_keys))
        if dialect == "sqlite":  # reads foreign keys to tables that come later
            inside = keys
        else:
            inside = [k for k in keys if k.referred_table.name in made]
            late += [k for k in keys if k not in inside]
        create = CreateTable(table, include_foreign_key_constraints=inside)
        text = str(create.compile(dialect=compiler)).replace(" WITHOUT TIME ZONE", "")
        lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        body = [line.removesuffix(",").rstrip() for line in lines[1:-1]]
        statements.append(lines[0] + "\n    " + ",\n    ".join(body) + "\n);")
    comments = list(notes)
    for key in late:
        if dialect == "postgresql":
            text = str(AddConstraint(key, isolate_from_table=False).compile(dialect=compiler))
            statements.append(text.strip() + ";")
        else:
            values = {"table": key.table.name, "target": key.referred_table.name}
            comments.append(say("er.unsaid_cycle", None, **values))
    return "\n".join([*statements, *(f"-- {note}" for note in comments)]) + "\n"


def _ordered(tables: "MetaData") -> list[str]:
    """Order tables so that as few as can be refer to one that comes later."""
    needs = {
        name: {k.referred_table.name for k in table.foreign_key_constraints} - {name}
        for name, table in tables.tables.items()
    }
    found: list[str] = []
    while len(found) < len(needs):
        left = [name for name in needs if name not in found]
        # the table that lacks fewest: with a cycle, one foreign key has to wait
        found.append(min(left, key=lambda name: len(needs[name] - set(found))))
    return found
