"""Read relational algebra from text: the notation of RelaX, in symbols or in letters.

Unary operators bind to the relation, the bracket or the unary operator behind them; joins, × and ÷
bind closer than ∩, and ∩ closer than ∪ and −. Operators of the same strength group from the left.
"""

from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from labkit.algebra.inline import read_inline
from labkit.algebra.nodes import (
    AGGREGATES,
    Division,
    Group,
    Join,
    Node,
    Project,
    Relation,
    Rename,
    Select,
    SetOperation,
    Sort,
)
from labkit.algebra.parse_scalar import ScalarReader
from labkit.algebra.scalar import (
    COMPARISONS,
    AlgebraError,
    Column,
    Literal,
    Position,
    Scalar,
    is_condition,
)
from labkit.messages import say

DEEPEST = 120  # operators inside each other
JOINS = {"⋈": "inner", "⟕": "left", "⟖": "right", "⟗": "full", "⋉": "semi", "⋊": "rightsemi",
         "▷": "anti", "×": "cross", "⨯": "cross"}  # fmt: skip
SETS = {
    "∪": "∪",
    "∩": "∩",
    "-": "−",
    "−": "−",
    "\\": "−",
    "union": "∪",
    "intersect": "∩",
    "except": "−",
}
JOIN_WORDS = (  # longest first
    ("left outer join", "left"), ("right outer join", "right"), ("full outer join", "full"),
    ("left semi join", "semi"), ("right semi join", "rightsemi"), ("anti semi join", "anti"),
    ("natural join", "inner"), ("inner join", "inner"), ("left join", "left"),
    ("right join", "right"), ("full join", "full"), ("semi join", "semi"), ("anti join", "anti"),
    ("cross join", "cross"), ("cross", "cross"), ("join", "inner"),
)  # fmt: skip


def parse_node(text: str) -> Node:
    """Read an expression, or assignments followed by one, as a tree of nodes.

    Raises:
        AlgebraError: Pointing at the character where the text stops making sense.
    """
    return _shallow(_Parser(text).program)


def parse_condition(text: str) -> Scalar:
    """Read a condition, such as `sex = 'F' and birth_date < '1950-01-01'`."""
    parser = _Parser(text)
    condition = _shallow(parser.condition)
    parser.at_end()
    return condition


def _shallow(read: Callable[[], Any]) -> Any:
    """Read what is not nested so deep that following it would run out of stack."""
    try:
        tree = read()
    except RecursionError:
        raise AlgebraError(say("algebra.too_deep")) from None
    waiting = [(tree, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise AlgebraError(say("algebra.too_deep"))
        if isinstance(part, tuple):
            waiting += [(item, depth) for item in part]
        elif is_dataclass(part):
            waiting += [(value, depth + 1) for value in vars(part).values()]
    return tree


class _Parser(ScalarReader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.assigned: dict[str, Node] = {}

    def program(self) -> Node:
        if self.token.kind == "name" and self.token.value.lower() in ("select", "with"):
            raise AlgebraError(say("algebra.is_sql"))
        while self.token.kind == "name" and self.next_is("="):
            name = self.next().value
            self.next()
            self.assigned[name] = Rename(name, (), self.relation())
            self.takes(";")
        node = self.relation()
        self.takes(";")
        self.at_end()
        return node

    def relation(self) -> Node:
        node = self.intersection()
        while (
            self.token.kind == "word"
            and (operator := SETS.get(self.token.value)) is not None
            and operator != "∩"
        ):
            self.next()
            node = SetOperation(operator, node, self.intersection())
        return node

    def intersection(self) -> Node:
        node = self.product()
        while self.takes("∩", "intersect"):
            node = SetOperation("∩", node, self.product())
        return node

    def product(self) -> Node:
        node = self.unary()
        while True:
            if self.takes("÷", "/", "divide"):
                node = Division(node, self.unary())
            elif (kind := self.join_kind()) is not None:
                condition = None if kind == "cross" else self.maybe_condition()
                node = Join(kind, condition, node, self.unary())
            else:
                return node

    def join_kind(self) -> str | None:
        if self.token.kind != "word":
            return None
        if self.token.value in JOINS:
            return JOINS[self.next().value]
        for phrase, kind in JOIN_WORDS:
            words = phrase.split()
            ahead = self.tokens[self.place : self.place + len(words)]
            if [t.value for t in ahead if t.kind == "word"] == words:
                self.place += len(words)
                return kind
        return None

    def maybe_condition(self) -> Scalar | None:
        """Read the condition of a theta join, if what comes is one; else read nothing."""
        start = self.place
        try:
            condition = self.scalar()
        except AlgebraError:
            if any(
                t.kind == "word" and t.value in COMPARISONS for t in self.tokens[start : self.place]
            ):
                raise  # it was a condition, with a fault in it
            self.place = start
            return None
        if is_condition(condition) and not isinstance(condition, Literal):
            return condition
        self.place = start
        return None

    def unary(self) -> Node:
        readers: dict[str, Callable[[], Node]] = {
            "σ": self.select, "π": self.project, "ρ": self.rename, "τ": self.sort, "γ": self.group,
        }  # fmt: skip
        if operator := self.takes(*readers):
            return readers[operator]()
        if self.takes("("):
            node = self.relation()
            self.expect(")")
            return node
        if self.token.kind == "inline":
            return read_inline(self.text, self.next())
        if self.token.kind == "name":
            name = self.next().value
            return self.assigned.get(name, Relation(name))
        raise self.fault(say("algebra.a_relation"))

    def select(self) -> Node:
        return Select(self.condition(), self.unary())

    def project(self) -> Node:
        items = [self.item()]
        while self.takes(","):
            items.append(self.item())
        return Project(tuple(items), self.unary())

    def item(self) -> tuple[Scalar, str | None]:
        if self.token.kind == "name" and self.next_is("←"):
            name = self.name()
            self.next()
            return self.scalar(), name
        scalar = self.scalar()
        return scalar, self.name() if self.takes("→") else None

    def rename(self) -> Node:
        if self.token.kind == "name" and not self._is_column_rename():
            relation = self.name()
            return Rename(relation, (), self.unary())
        pairs = [self.pair()]
        while self.takes(","):
            pairs.append(self.pair())
        return Rename(None, tuple(pairs), self.unary())

    def _is_column_rename(self) -> bool:
        return self.next_is("←") or self.next_is("→") or self.next_is(".")

    def pair(self) -> tuple[str, Column]:
        first = self.column()
        if self.takes("←"):
            if first.relation:
                raise self.fault(say("algebra.a_name"))
            return first.name, self.column()
        self.expect("→")
        return self.name(), first

    def sort(self) -> Node:
        items = [self.order()]
        while self.takes(","):
            items.append(self.order())
        return Sort(tuple(items), self.unary())

    def order(self) -> tuple[Column | Position, bool]:
        column = self.place_or_column()
        return column, self.takes("asc", "desc") == "desc"

    def group(self) -> Node:
        by: list[Column | Position] = []
        if not self.takes(";") and not self._is_aggregate():
            by.append(self.place_or_column())
            while self.takes(","):
                by.append(self.place_or_column())
            self.expect(";")
        aggregates = [self.aggregate()]
        while self.takes(","):
            aggregates.append(self.aggregate())
        return Group(tuple(by), tuple(aggregates), self.unary())

    def _is_aggregate(self) -> bool:
        if self.token.kind != "name":
            return False
        if self.token.value.lower() in AGGREGATES:
            return self.next_is("(")
        after = self.tokens[self.place + 2 :][:1]
        return self.next_is("←") and str(after[0].value).lower() in AGGREGATES

    def aggregate(self) -> tuple[str, Scalar | None, str]:
        new = None
        if self.token.kind == "name" and self.next_is("←"):
            new = self.name()
            self.next()
        start = self.token
        if self.token.kind != "name" or str(start.value).lower() not in AGGREGATES:
            raise self.fault(say("algebra.an_aggregate"))
        function = self.next().value.lower()
        self.expect("(")
        argument = None if function == "count" and self.takes("*") else self.scalar()
        self.expect(")")
        if new is None:
            new = self.name() if self.takes("→") else function
        return function, argument, new
