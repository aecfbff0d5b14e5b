"""Which table and column of a student's schema stand for which of the reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkit.er.matching import assign
from labkit.er.names import SAME, Names
from labkit.er.schema import Reference, Schema, Table


@dataclass
class TableMap:
    """How the rows of one table of the reference are written in the answer.

    Attributes:
        table: Name of the answer's table.
        columns: The reference's columns that have one of their own in the answer.
        references: The reference's foreign keys, and the answer's for the same.
    """

    table: str
    columns: dict[str, str] = field(default_factory=dict)
    references: list[tuple[Reference, Reference]] = field(default_factory=list)

    def covered(self) -> set[str]:
        """Return the reference's columns that have a place in the answer."""
        return set(self.columns) | {c for ours, _ in self.references for c in ours.columns}


def map_schema(
    answer: Schema, reference: Schema, names: Names, given: Mapping[str, str]
) -> dict[str, TableMap]:
    """Find the answer's table for each of the reference's that has one, and their columns.

    Names decide first, then columns, then which tables the foreign keys tie together; `given`
    settles what an author knows better: `{"patient": "pas", "patient.fnr": "pas.id"}`.
    """
    found = {ours: theirs for ours, theirs in given.items() if "." not in ours}
    known = list(reference.tables.values())

    def score(ours: Table, theirs: Table) -> float:
        if ours.name in found or theirs.name in found.values():
            return 2.0 if found.get(ours.name) == theirs.name else 0.0
        name = names.likeness(ours.name, theirs.name)
        pairs = assign(list(ours.columns), list(theirs.columns), names.likeness, SAME)
        like = len(pairs) / max(len(ours.columns), len(theirs.columns), 1)
        if name >= SAME:
            return 1 + name + 0.5 * like
        return like + 0.5 * name if like >= 0.6 and len(pairs) > 1 else 0.0

    pairs = assign(known, list(answer.tables.values()), score, 0.5)
    found |= {ours.name: theirs.name for ours, theirs in pairs}
    for _ in known:  # what no name tells is known by what it refers to, or by what refers to it
        for ours in known:
            if ours.name in found:
                continue
            fitting = [
                theirs.name
                for theirs in answer.tables.values()
                if theirs.name not in found.values()
                and _tied_alike(ours, theirs, found, known, answer)
            ]
            if len(fitting) == 1:
                found[ours.name] = fitting[0]
    return {
        ours.name: _columns(ours, answer.tables[found[ours.name]], found, names, given)
        for ours in known
        if found.get(ours.name) in answer.tables
    }


def _tied_alike(
    ours: Table, theirs: Table, found: Mapping[str, str], known: list[Table], answer: Schema
) -> bool:
    wanted = sorted(found.get(r.target, "?") for r in ours.references)
    if wanted:
        return sorted(r.target for r in theirs.references) == wanted
    users = {found.get(t.name) for t in known if any(r.target == ours.name for r in t.references)}
    came = {
        t.name
        for t in answer.tables.values()
        if t.name in found.values() and any(r.target == theirs.name for r in t.references)
    }
    return bool(users) and not theirs.references and came == users


def _columns(
    ours: Table, theirs: Table, tables: Mapping[str, str], names: Names, given: Mapping[str, str]
) -> TableMap:
    result = TableMap(theirs.name)
    for column in ours.columns:
        fixed = given.get(f"{ours.name}.{column}", "").rpartition(".")[2]
        if fixed in theirs.columns:
            result.columns[column] = fixed

    def likeness(one: Reference, other: Reference) -> float:
        if tables.get(one.target) != other.target:
            return 0.0
        return 1 + max(names.likeness(a, b) for a in one.columns for b in other.columns)

    result.references = assign(ours.references, theirs.references, likeness, 1.0)
    tied = {c for one, _ in result.references for c in one.columns}
    taken = {c for _, other in result.references for c in other.columns}
    taken |= set(result.columns.values())
    left = [c for c in ours.columns if c not in tied and c not in result.columns]
    spare = [c for c in theirs.columns if c not in taken]

    def score(one: str, other: str) -> float:
        plain = names.likeness(one, other)
        # `ward_name` in the table ward is `name` there
        bare = [_bare(one, ours.name), _bare(other, theirs.name)]
        return max(plain, names.likeness(*bare) if all(bare) else 0.0)

    pairs = assign(left, spare, score, SAME)
    result.columns |= dict(pairs)
    left = [c for c in left if c not in result.columns]
    spare = [c for c in spare if c not in result.columns.values()]
    for keys in (_key_columns(ours, left), [c for c in left if c not in _key_columns(ours, left)]):
        if len(keys) != 1:  # only where there is nothing to choose between
            continue
        own_key = keys[0] in _key_columns(ours, left)
        fitting = [
            c
            for c in spare
            if theirs.columns[c].type == ours.columns[keys[0]].type
            and (c in _key_columns(theirs, spare)) == own_key
        ]
        if len(fitting) == 1:
            result.columns[keys[0]] = fitting[0]
    return result


def _bare(column: str, table: str) -> str:
    """Take the table's name from a column's: `ward_name` of `wards`, in one word `pasientnavn`."""
    for name in (table, table.removesuffix("s"), table.removesuffix("er")):
        rest = column.removeprefix(name)
        if rest != column and rest.startswith("_"):
            return rest[1:]
        if rest != column and len(rest) > 3 and len(name) > 3:
            return rest.removeprefix("s")
    return column


def _key_columns(table: Table, columns: list[str]) -> list[str]:
    keyed = {c for key in (table.primary, *table.uniques) for c in key}
    return [c for c in columns if c in keyed]
