"""Read relational algebra from text: the notation of RelaX, in symbols or in letters.

Unary operators bind to the relation, the bracket or the unary operator behind them; joins, × and ÷
bind closer than ∩, and ∩ closer than ∪ and −. Operators of the same strength group from the left.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from labkit.algebra.nodes import (
    AGGREGATES,
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
)
from labkit.algebra.scalar import (
    FUNCTIONS,
    AlgebraError,
    Call,
    Case,
    Column,
    IsNull,
    Literal,
    Operation,
    Position,
    Scalar,
    is_condition,
)
from labkit.messages import say

UNARY = {"pi": "π", "sigma": "σ", "rho": "ρ", "tau": "τ", "gamma": "γ"}
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
SYNONYMS = {"∧": "and", "∨": "or", "⊻": "xor", "¬": "not", "!=": "≠", "<>": "≠", "<=": "≤",
            ">=": "≥", "->": "→", "<-": "←", "==": "="}  # fmt: skip
RESERVED = {
    "and", "or", "xor", "not", "like", "ilike", "is", "null", "true", "false", "case", "when",
    "then", "else", "end", "asc", "desc", "union", "intersect", "except", "join", "natural",
    "inner", "left", "right", "full", "outer", "semi", "anti", "cross", "divide", *UNARY,
}  # fmt: skip
TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<quoted>\"[^\"\n]*\")"
    r"|(?P<name>(?![πσρτγ])[^\W\d](?:(?![πσρτγ])\w)*)"
    r"|(?P<symbol>->|<-|<=|>=|<>|!=|==|\|\||[πσρτγ⋈⟕⟖⟗⋉⋊▷×⨯∪∩−\\÷∧∨⊻¬≠≤≥→←=<>+\-*/(),;.\[\]{])",
    re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text: its kind, its meaning, and where it starts."""

    kind: str  # number, text, name, word (reserved), symbol, inline, end
    value: Any
    start: int


def parse_node(text: str) -> Node:
    """Read an expression, or assignments followed by one, as a tree of nodes.

    Raises:
        AlgebraError: Pointing at the character where the text stops making sense.
    """
    return _Parser(text).program()


def parse_condition(text: str) -> Scalar:
    """Read a condition, such as `sex = 'F' and birth_date < '1950-01-01'`."""
    parser = _Parser(text)
    condition = parser.condition()
    parser.at_end()
    return condition


def _tokens(text: str) -> list[Token]:
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            quote = text[place] in "'\""
            expected = "closing_quote" if quote else "a_relation"
            raise _fault(text, len(text) if quote else place, say(f"algebra.{expected}"))
        kind, piece = match.lastgroup, match.group()
        if piece == "{":
            end = text.find("}", place)
            if end < 0:
                raise _fault(text, len(text), say("algebra.closing_brace"))
            found.append(Token("inline", text[place + 1 : end], place + 1))
            place = end + 1
            continue
        if kind == "number":
            found.append(Token(kind, float(piece) if "." in piece else int(piece), place))
        elif kind == "text":
            found.append(Token(kind, piece[1:-1].replace("''", "'"), place))
        elif kind == "quoted":
            found.append(Token("name", piece[1:-1], place))
        elif kind == "name" and piece.lower() in RESERVED:
            found.append(Token("word", UNARY.get(piece.lower(), piece.lower()), place))
        elif kind == "name":
            found.append(Token(kind, piece, place))
        elif kind == "symbol":
            found.append(Token("word", SYNONYMS.get(piece, piece), place))
        place = match.end()
    return [*found, Token("end", None, len(text))]


def _fault(text: str, place: int, expected: str, came: str | None = None) -> AlgebraError:
    line = text.count("\n", 0, place) + 1
    start = text.rfind("\n", 0, place) + 1
    shown = text[start:].split("\n", 1)[0]
    if came is None:
        came = repr(text[place]) if place < len(text) else say("algebra.end")
    return AlgebraError(
        say("algebra.expected", line=line, column=place - start + 1, expected=expected, came=came,
            text=shown, caret=" " * (place - start) + "^")
    )  # fmt: skip


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0
        self.assigned: dict[str, Node] = {}

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def sees(self, *values: str) -> bool:
        return self.token.kind == "word" and self.token.value in values

    def takes(self, *values: str) -> str | None:
        return self.next().value if self.sees(*values) else None

    def expect(self, value: str) -> None:
        if not self.takes(value):
            raise self.fault(f"'{value}'")

    def fault(self, expected: str) -> AlgebraError:
        token = self.token
        came = None if token.kind == "end" else repr(self.text[token.start : self._end()].strip())
        return _fault(self.text, token.start, expected, came)

    def _end(self) -> int:
        end = self.tokens[self.place + 1].start
        piece = self.text[self.token.start : end]
        return self.token.start + len(piece.split("\n")[0].rstrip())

    def at_end(self) -> None:
        if self.token.kind != "end":
            raise self.fault(say("algebra.end"))

    # relations

    def program(self) -> Node:
        while self.token.kind == "name" and self._next_is("="):
            name = self.next().value
            self.next()
            self.assigned[name] = Rename(name, (), self.relation())
            self.takes(";")
        node = self.relation()
        self.takes(";")
        self.at_end()
        return node

    def _next_is(self, value: str) -> bool:
        after = self.tokens[self.place + 1]
        return after.kind == "word" and after.value == value

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
            return self.inline(self.next())
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
        if self.token.kind == "name" and self._next_is("←"):
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
        return self._next_is("←") or self._next_is("→") or self._next_is(".")

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
            return self._next_is("(")
        after = self.tokens[self.place + 2]
        return self._next_is("←") and str(after.value).lower() in AGGREGATES

    def aggregate(self) -> tuple[str, Scalar | None, str]:
        new = None
        if self.token.kind == "name" and self._next_is("←"):
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

    def inline(self, token: Token) -> Node:
        lines = []
        place = token.start
        for line in token.value.split("\n"):
            if line.strip():
                lines.append((place, next(_csv([line], skipinitialspace=True))))
            place += len(line) + 1
        if not lines:
            raise _fault(self.text, token.start, say("algebra.a_column"))
        heads = [cell.strip().partition(":") for cell in lines[0][1]]
        rows = []
        for place, cells in lines[1:]:
            if len(cells) != len(heads):
                wanted = say("algebra.inline_width", wanted=len(heads))
                raise _fault(self.text, place, wanted, str(len(cells)))
            kinds = (kind.strip().lower() for _, _, kind in heads)
            rows.append(tuple(_constant(c, k) for c, k in zip(cells, kinds, strict=True)))
        return Inline(tuple(name.strip() for name, _, _ in heads), tuple(rows))

    # scalars, weakest operator first

    def condition(self) -> Scalar:
        start = self.place
        condition = self.scalar()
        if not is_condition(condition) and not isinstance(condition, Column | Position | Case):
            self.place = start
            raise self.fault(say("algebra.a_condition"))
        return condition

    def scalar(self) -> Scalar:
        left = self.conjunction()
        while operator := self.takes("or", "xor"):
            left = Operation(operator, (left, self.conjunction()))
        return left

    def conjunction(self) -> Scalar:
        left = self.negation()
        while self.takes("and"):
            left = Operation("and", (left, self.negation()))
        return left

    def negation(self) -> Scalar:
        if self.takes("not"):
            return Operation("not", (self.negation(),))
        return self.comparison()

    def comparison(self) -> Scalar:
        left = self.sum()
        if operator := self.takes("=", "≠", "<", "≤", ">", "≥", "like", "ilike"):
            return Operation(operator, (left, self.sum()))
        if self.takes("is"):
            negated = self.takes("not") is not None
            self.expect("null")
            return IsNull(left, negated)
        if self.sees("not") and self._next_is("like"):
            self.place += 2
            return Operation("not", (Operation("like", (left, self.sum())),))
        return left

    def sum(self) -> Scalar:
        left = self.term()
        while self.sees("+", "-", "−"):
            operator = "+" if self.next().value == "+" else "-"
            left = Operation(operator, (left, self.term()))
        return left

    def term(self) -> Scalar:
        left = self.atom()
        while operator := self.takes("*", "/"):
            left = Operation(operator, (left, self.atom()))
        return left

    def atom(self) -> Scalar:
        token = self.token
        if token.kind in ("number", "text"):
            return Literal(self.next().value)
        if word := self.takes("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[word])
        if self.takes("-", "−"):
            inner = self.atom()
            if isinstance(inner, Literal) and isinstance(inner.value, int | float):
                return Literal(-inner.value)
            return Operation("neg", (inner,))
        if self.takes("("):
            inner = self.scalar()
            self.expect(")")
            return inner
        if self.takes("case"):
            return self.case()
        if token.kind == "name":
            word = token.value.lower()
            if word == "date" and self.tokens[self.place + 1].kind == "text":
                self.next()
                return Literal(self.day())
            if self._next_is("(") and (word in FUNCTIONS or word == "date"):
                return self.call(word)
            return self.column()
        if self.sees("["):
            return self.place_or_column()
        raise self.fault(say("algebra.a_value"))

    def call(self, function: str) -> Scalar:
        start = self.place
        self.next()
        self.expect("(")
        if function == "date":
            constant = Literal(self.day())
            self.expect(")")
            return constant
        arguments = [self.scalar()]
        while self.takes(","):
            arguments.append(self.scalar())
        self.expect(")")
        wanted = FUNCTIONS[function][0]
        if wanted is not None and len(arguments) != wanted:
            self.place = start
            raise self.fault(say("algebra.arguments", number=wanted, function=function))
        return Call(function, tuple(arguments))

    def day(self) -> date:
        token = self.token
        try:
            return date.fromisoformat(str(self.next().value))
        except ValueError:
            raise _fault(self.text, token.start, "'ÅÅÅÅ-MM-DD' / 'YYYY-MM-DD'") from None

    def case(self) -> Scalar:
        branches = []
        while self.takes("when"):
            condition = self.condition()
            self.expect("then")
            branches.append((condition, self.scalar()))
        if not branches:
            raise self.fault("'when'")
        otherwise = self.scalar() if self.takes("else") else None
        self.expect("end")
        return Case(tuple(branches), otherwise)

    def place_or_column(self) -> Column | Position:
        if self.takes("["):
            if self.token.kind != "number":
                raise self.fault("1, 2, 3 …")
            number = self.next().value
            self.expect("]")
            return Position(number)
        return self.column()

    def column(self) -> Column:
        if self.token.kind != "name":
            raise self.fault(say("algebra.a_column"))
        name = self.next().value
        if self.takes("."):
            return Column(self.name(), name)
        return Column(name)

    def name(self) -> str:
        if self.token.kind != "name":
            raise self.fault(say("algebra.a_name"))
        return self.next().value


def _csv(lines: list[str], **options: Any) -> Any:
    from csv import reader

    return reader(lines, quotechar="'" if "'" in lines[0] else '"', **options)


def _constant(cell: str, kind: str) -> Any:
    text = cell.strip()
    if text.lower() == "null" or (text == "" and kind != "string"):
        return None
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "boolean" or (not kind and text.lower() in ("true", "false")):
        return text.lower() == "true"
    if kind == "number" or (not kind and re.fullmatch(r"-?\d+(\.\d+)?", text)):
        return float(text) if "." in text else int(text)
    return text
