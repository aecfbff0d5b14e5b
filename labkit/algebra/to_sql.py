"""Algebra to SQL: selections, projections and joins become one SELECT where that is right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from labkit.algebra.nodes import (
    Columns,
    Division,
    Group,
    Inline,
    Join,
    Node,
    Project,
    Relation,
    Rename,
    Select,
    SetOperation,
    Sort,
    common,
    header,
    quotient,
)
from labkit.algebra.scalar import (
    AlgebraError,
    Call,
    Case,
    Column,
    Header,
    IsNull,
    Literal,
    Operation,
    Position,
    Scalar,
    find,
    labels,
)
from labkit.messages import say

JOIN_WORDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN"}
SET_WORDS = {"∪": "UNION", "∩": "INTERSECT", "−": "EXCEPT"}
KEYWORDS = set(
    "all and as asc by case cast check column create cross default desc distinct else end except "
    "exists false for foreign from full group having in index inner intersect into is join left "
    "like limit not null offset on or order outer primary references right select set table then "
    "to true union unique using values when where window with".split()
)
# SQLite 3.40 loses its way when it merges a UNION ALL of such joins with the query around: rows
# come twice, or it finds that an "ON clause references tables to its right"
_OUTER = re.compile(r"^ *(RIGHT|FULL) JOIN ", re.MULTILINE)
_COLUMN = re.compile(r'("[^"]+"|\w+)\.("[^"]+"|\w+)')


@dataclass(frozen=True)
class Block:
    """A SELECT in the making: what it reads, keeps and shows, and what its columns are called."""

    names: Header
    shown: tuple[str, ...]  # an SQL expression for each column
    source: str  # what stands after FROM
    where: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    distinct: bool = False  # whether it may hold duplicates that a set has not
    plain: bool = False  # nothing but a source: shown are its own columns
    sources: frozenset[str] = frozenset()  # what its sources are called, shown or not


class Writer:
    """Writes one expression in one dialect."""

    def __init__(self, columns: Columns, dialect: str, bags: bool) -> None:
        if dialect not in ("duckdb", "sqlite"):
            raise AlgebraError(say("algebra.dialect", dialect=dialect))
        self.columns = columns
        self.dialect = dialect
        self.bags = bags
        self.aliases = self._aliases()

    def _aliases(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            if f"t{number}" not in self.columns:
                yield f"t{number}"

    def write(self, node: Node) -> str:
        """Write the whole expression as one query."""
        header(node, self.columns)
        return self.select(self.block(node), top=True)

    def block(self, node: Node) -> Block:
        """Turn an operator and what is below it into a block."""
        match node:
            case Relation(name=name):
                return self.table(header(node, self.columns), name, name)
            case Inline():
                return self.inline(node)
            case Select(condition=condition, child=child):
                below = self.block(child)
                test = self.operand(condition, below, "and")
                return replace(below, where=(*below.where, test), plain=False)
            case Project(items=items, child=child):
                below = self.block(child)
                shown = tuple(self.scalar(s, below) for s, _ in items)
                names = header(node, self.columns)
                distinct = not self.bags
                return replace(below, names=names, shown=shown, distinct=distinct, plain=False)
            case Rename(relation=str(alias), child=Relation(name=name)):
                return self.table(header(node, self.columns), name, alias)
            case Rename(child=child):
                return replace(self.block(child), names=header(node, self.columns))
            case Sort(items=items, child=child):
                below = self.block(child)
                order = tuple(
                    f"{self.scalar(c, below)}{' DESC' * down} NULLS LAST" for c, down in items
                )
                return replace(below, order=order, plain=False)
            case Group():
                return self.group(node)
            case Join():
                return self.join(node)
            case SetOperation():
                return self.combine(node)
            case Division():
                return self.divide(node)
        raise TypeError(node)

    def select(self, block: Block, *, top: bool = False) -> str:
        """Write a block as a SELECT; within another, order is left out."""
        names = labels(block.names)
        items = [
            text if text.rpartition(".")[2] == quoted(name) else f"{text} AS {quoted(name)}"
            for text, name in zip(block.shown, names, strict=True)
        ]
        distinct = "DISTINCT " if block.distinct else ""
        lines = [f"SELECT {distinct}{', '.join(items)}", f"FROM {block.source}"]
        if block.where:
            lines.append("WHERE " + " AND ".join(block.where))
        order = block.order if top else ()
        if block.distinct:  # an ordered DISTINCT may name only what it shows
            places = {text: str(i) for i, text in enumerate(block.shown, 1)}
            cut = [_cut(item) for item in order]
            order = tuple(places[text] + rest for text, rest in cut if text in places)
        if order:
            lines.append("ORDER BY " + ", ".join(order))
        return "\n".join(lines)

    def table(self, names: Header, name: str, alias: str) -> Block:
        """Read a relation of the database, under its own name or another."""
        shown = tuple(f"{quoted(alias)}.{quoted(column)}" for column in self.columns[name])
        source = quoted(name) if name == alias else f"{quoted(name)} AS {quoted(alias)}"
        return Block(
            names,
            shown,
            source,
            distinct=not self.bags,
            plain=True,
            sources=frozenset({alias.lower()}),
        )

    def nested(self, inner: str, names: Header) -> Block:
        """Make a query the source of another."""
        alias = next(self.aliases)
        shown = tuple(f"{alias}.{quoted(name)}" for name in labels(names))
        source = "(\n    " + inner.replace("\n", "\n    ") + f"\n) AS {alias}"
        return Block(names, shown, source, plain=True, sources=frozenset({alias.lower()}))

    def wrap(self, block: Block, *, keep_plain: bool = True) -> Block:
        """Nest a block, unless it is nothing but a source, so that what follows comes after it."""
        return block if keep_plain and block.plain else self.nested(self.select(block), block.names)

    def inline(self, node: Inline) -> Block:
        """Write an inline relation as rows of constants."""
        rows = node.rows or ((None,) * len(node.columns),)
        selects = [
            ", ".join(
                f"{_literal(v, self.dialect)} AS {quoted(c)}"
                for v, c in zip(row, node.columns, strict=True)
            )
            for row in rows
        ]
        inner = "\nUNION ALL ".join(f"SELECT {items}" for items in selects)
        block = self.nested(
            inner + ("" if node.rows else " WHERE 1 = 0"), header(node, self.columns)
        )
        return replace(block, distinct=not self.bags)

    def group(self, node: Group) -> Block:
        """Write γ: in set semantics over rows without duplicates."""
        below = self.block(node.child)
        if not (self.bags and all(_COLUMN.fullmatch(text) for text in below.shown)):
            below = self.wrap(below, keep_plain=self.bags)
        by = [below.shown[find(below.names, column)] for column in node.by]
        made = []
        for function, argument, _ in node.aggregates:
            text = "*" if argument is None else self.scalar(argument, below)
            call = f"{function}({text})"
            made.append(f"CAST({call} AS DOUBLE)" if function == "avg" else call)
        names = header(node, self.columns)
        pairs = zip((*by, *made), labels(names), strict=True)
        lines = [f"SELECT {', '.join(f'{text} AS {quoted(name)}' for text, name in pairs)}"]
        lines.append(f"FROM {below.source}")
        if below.where:
            lines.append("WHERE " + " AND ".join(below.where))
        if by:
            lines.append("GROUP BY " + ", ".join(by))
        return self.nested("\n".join(lines), names)

    def join(self, node: Join) -> Block:
        """Write a join, merging into its FROM what may stand there."""
        if node.kind == "rightsemi":
            return self.join(Join("semi", node.condition, node.right, node.left))
        left, right = self.block(node.left), self.block(node.right)
        inner = node.kind in ("inner", "cross", "semi", "anti")
        left = left if inner and not left.order else self.wrap(left)
        right = right if inner and len(right.sources) == 1 and not right.order else self.wrap(right)
        if left.sources & right.sources:
            right = self.wrap(right, keep_plain=False)
        natural = node.condition is None and node.kind != "cross"
        pairs = common(left.names, right.names) if natural else []
        on = self._on(node, left, right, pairs)
        if node.kind in ("semi", "anti"):
            word = "EXISTS" if node.kind == "semi" else "NOT EXISTS"
            tests = " AND ".join((on, *right.where))
            test = f"{word} (SELECT 1 FROM {right.source} WHERE {tests})"
            return replace(left, where=(*left.where, test), plain=False)
        shown = list(left.shown)
        for i, j in pairs:
            if node.kind in ("right", "full"):
                shown[i] = f"coalesce({left.shown[i]}, {right.shown[j]})"
        dropped = {j for _, j in pairs}
        shown += [text for j, text in enumerate(right.shown) if j not in dropped]
        if on == "1 = 1" and inner:
            source = f"{left.source}\nCROSS JOIN {right.source}"
        else:
            source = f"{left.source}\n{JOIN_WORDS[node.kind]} {right.source} ON {on}"
        return Block(
            header(node, self.columns),
            tuple(shown),
            source,
            left.where + right.where,
            distinct=left.distinct or right.distinct or (node.kind == "full" and not self.bags),
            sources=left.sources | right.sources,
        )

    def _on(self, node: Join, left: Block, right: Block, pairs: list[tuple[int, int]]) -> str:
        if node.condition is not None:
            both = Block(left.names + right.names, left.shown + right.shown, "")
            return self.operand(node.condition, both, "and")
        equal = (f"{left.shown[i]} = {right.shown[j]}" for i, j in pairs)
        return " AND ".join(equal) or "1 = 1"

    def combine(self, node: SetOperation) -> Block:
        """Write ∪, ∩ or −."""
        left, right = self.block(node.left), self.block(node.right)
        word = SET_WORDS[node.operator]
        if self.bags and node.operator != "∪":
            inner = f"{self._numbered(left)}\n{word}\n{self._numbered(right)}"
        else:
            inner = f"{self.select(left)}\n{word}{' ALL' * self.bags}\n{self.select(right)}"
            if self.bags and self.dialect == "sqlite" and _OUTER.search(inner):
                inner += "\nLIMIT -1 OFFSET 0"  # all rows, and SQLite lets the union be
        return self.nested(inner, header(node, self.columns))

    def _numbered(self, block: Block) -> str:
        """Number equal rows, so that INTERSECT and EXCEPT count duplicates in any dialect."""
        block = self.wrap(block, keep_plain=False)
        same = ", ".join(block.shown)
        number = f"row_number() OVER (PARTITION BY {same}) AS copy_number"
        return f"SELECT {same}, {number}\nFROM {block.source}"

    def divide(self, node: Division) -> Block:
        """Write ÷ as its definition: all that is possible, less what lacks a row of the divisor."""
        dividend = self.wrap(self.block(node.left), keep_plain=False)
        divisor = self.wrap(self.block(node.right), keep_plain=False)
        rest = quotient(dividend.names, divisor.names)
        wanted = [find(dividend.names, Column(n.column)) for n in divisor.names]
        keys = [f"k{number}" for number in range(1, len(rest) + 1)]
        named = ", ".join(f"{dividend.shown[i]} AS {k}" for i, k in zip(rest, keys, strict=True))
        possible = f"SELECT DISTINCT {named} FROM {dividend.source}"
        crossed = ", ".join([*(f"possible.{k}" for k in keys), *divisor.shown])
        there = ", ".join(dividend.shown[i] for i in (*rest, *wanted))
        missing = (
            f"SELECT {crossed}\nFROM ({possible}) AS possible\nCROSS JOIN {divisor.source}\n"
            f"EXCEPT\nSELECT {there}\nFROM {dividend.source}"
        )
        names = header(node, self.columns)
        shown = ", ".join(
            f"{dividend.shown[i]} AS {quoted(n)}" for i, n in zip(rest, labels(names), strict=True)
        )
        # the first key names the columns of `missing` in either dialect
        first = ", ".join(f"missing.{k}" for k in keys)
        inner = (
            f"SELECT {shown}\nFROM {dividend.source}\nEXCEPT\nSELECT {first}\nFROM (\n    "
            + missing.replace("\n", "\n    ")
            + "\n) AS missing"
        )
        return self.nested(inner, names)

    def scalar(self, value: Scalar, block: Block) -> str:
        """Write a scalar over the columns of a block."""
        match value:
            case Column() | Position():
                return block.shown[find(block.names, value)]
            case Literal(value=constant):
                return _literal(constant, self.dialect)
            case IsNull(operand=operand, negated=negated):
                return f"{self.operand(operand, block)} IS {'NOT ' * negated}NULL"
            case Case(branches=branches, otherwise=otherwise):
                parts = [
                    f"WHEN {self.scalar(c, block)} THEN {self.scalar(r, block)}"
                    for c, r in branches
                ]
                if otherwise is not None:
                    parts.append(f"ELSE {self.scalar(otherwise, block)}")
                return f"CASE {' '.join(parts)} END"
            case Call(function=function, arguments=arguments):
                texts = [self.scalar(a, block) for a in arguments]
                if function == "year" and self.dialect == "sqlite":
                    return f"CAST(strftime('%Y', {texts[0]}) AS INTEGER)"
                if function == "coalesce" and len(texts) == 1:
                    return texts[0]
                return f"{function}({', '.join(texts)})"
            case Operation(operator=operator, operands=operands):
                return self.operation(operator, operands, block)
        raise TypeError(value)

    def operation(self, operator: str, operands: tuple[Scalar, ...], block: Block) -> str:
        """Write an operator with its operands."""
        texts = [self.operand(o, block, operator) for o in operands]
        match operator:
            case "not":
                return f"NOT {texts[0]}"
            case "neg":
                return f"-{texts[0]}"
            case "/":
                return f"CAST({texts[0]} AS DOUBLE) / nullif({texts[1]}, 0)"
            case "xor":
                return f"{texts[0]} <> {texts[1]}"
            case "like" | "ilike":
                return self.like(operator, texts, operands[1])
        words = {"≠": "<>", "≤": "<=", "≥": ">=", "and": "AND", "or": "OR"}
        return f"{texts[0]} {words.get(operator, operator)} {texts[1]}"

    def operand(self, scalar: Scalar, block: Block, around: str = "") -> str:
        """Write a scalar so that it stands as one piece beside an operator."""
        text = self.scalar(scalar, block)
        simple = isinstance(scalar, Operation) and scalar.operator in ("=", "≠", "<", "≤", ">", "≥")
        if isinstance(scalar, Operation | IsNull) and not (
            around in ("and", "or") and (simple or scalar_operator(scalar) == around)
        ):
            return text if around == "and" and isinstance(scalar, IsNull) else f"({text})"
        return text

    def like(self, operator: str, texts: list[str], pattern: Scalar) -> str:
        """Write a LIKE that minds case; SQLite's own does not, so GLOB serves there."""
        if self.dialect == "duckdb":
            return f"{texts[0]} {operator.upper()} {texts[1]}"
        if operator == "ilike":
            return f"{texts[0]} LIKE {texts[1]}"
        if not (isinstance(pattern, Literal) and isinstance(pattern.value, str)):
            raise AlgebraError(say("algebra.not_simple", what="LIKE … (sqlite)"))
        parts = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
        glob = "".join(parts.get(c, c) for c in pattern.value)
        return f"{texts[0]} GLOB {_literal(glob, self.dialect)}"


def scalar_operator(scalar: Scalar) -> str | None:
    """Return the operator of an operation, None for other scalars."""
    return scalar.operator if isinstance(scalar, Operation) else None


def quoted(name: str) -> str:
    """Quote a name that SQL would not read as one."""
    fits = name.isidentifier() and name.isascii() and name.lower() == name
    return name if fits and name not in KEYWORDS else '"' + name.replace('"', '""') + '"'


def _cut(item: str) -> tuple[str, str]:
    """Part an item of ORDER BY from its direction."""
    text = item.removesuffix(" NULLS LAST").removesuffix(" DESC")
    return text, item[len(text) :]


def _literal(constant: Any, dialect: str) -> str:
    match constant:
        case None:
            return "NULL"
        case bool():
            return ("TRUE" if constant else "FALSE") if dialect == "duckdb" else str(int(constant))
        case str():
            return "'" + constant.replace("'", "''") + "'"
        case date():
            day = f"'{constant.isoformat()[:10]}'"
            return f"DATE {day}" if dialect == "duckdb" else day
    return repr(constant)
