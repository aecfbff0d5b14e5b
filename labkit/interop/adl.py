"""Reading ADL 1.4, the language of openEHR archetypes: the subset that simple archetypes need.

Read are the sections, dADL (`name = <...>`), and of cADL: objects with node ids, occurrences,
attributes with existence and cardinality, `C_DV_QUANTITY`, lists of local codes, intervals,
values and `{*}`. Slots, rules, regular expressions, references to other nodes and the invariant
section are refused with their line, not passed over.

Source: openEHR, Archetype Definition Language ADL 1.4 (specifications.openehr.org).
"""

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from labkit.errors import DataError
from labkit.messages import say

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<code>\[[\w.()-]+\s*::(?:--[^\n]*\n|(?!--)[^\]])*\])
    |(?P<node>\[a[tc]\d+(?:\.\d+)*\])
    |(?P<interval>\|[^|\n]*\|)
    |(?P<count>\d+\.\.(?:\d+|\*))
    |(?P<number>[+-]?\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z_][\w.-]*)
    |(?P<sign>[\[\]{}<>=;,*∈/()])""",
    re.VERBOSE,
)
_SECTIONS = ("archetype", "concept", "language", "description", "definition", "ontology")
_REFUSED = ("allow_archetype", "use_node", "use_archetype", "invariant", "specialise", "specialize")


@dataclass(frozen=True)
class Interval:
    """Numbers from low to high; None where there is no limit."""

    low: float | None
    high: float | None
    low_in: bool = True
    high_in: bool = True

    def holds(self, value: float) -> bool:
        """Say whether a number is inside."""
        if self.low is not None and (value < self.low or (value == self.low and not self.low_in)):
            return False
        above = self.high is not None and value > self.high
        return not above and (self.high is None or value != self.high or self.high_in)

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            return f"{self.low:g}"
        low = "" if self.low is None else f"{'' if self.low_in else '>'}{self.low:g}"
        high = "" if self.high is None else f"{'' if self.high_in else '<'}{self.high:g}"
        return f"{low}..{high}"


@dataclass(frozen=True)
class Node:
    """An object of the definition: a type of openEHR's reference model, constrained."""

    type: str  # "ELEMENT", "DV_QUANTITY"
    id: str | None  # "at0004"
    low: int  # occurrences
    high: int | None  # None: no limit
    line: int
    attributes: tuple["Attribute", ...] = ()
    units: tuple[tuple[str, Interval | None], ...] = ()  # of DV_QUANTITY: unit, magnitudes
    values: tuple[Any, ...] = ()  # allowed codes, texts or intervals; empty: any


@dataclass(frozen=True)
class Attribute:
    """An attribute of an object, and the objects that may stand there."""

    name: str  # "items"
    low: int  # existence, or cardinality of a container
    high: int | None
    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Source:
    """An archetype as read: its name, its definition, and its dADL sections."""

    name: str
    concept: str
    definition: Node
    language: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    ontology: dict[str, Any] = field(default_factory=dict)


def parse(text: str) -> Source:
    """Read the text of an archetype.

    Raises:
        DataError: With the line, what stood there and what was expected.
    """
    reader = _Reader(_tokens(text))
    reader.expect("archetype")
    if reader.peek() == "(":
        while reader.next() != ")":
            pass
    name = reader.word(say("interop.adl_name"))
    parts: dict[str, Any] = {}
    concept = ""
    definition: Node | None = None
    while reader.peek():
        section = reader.word(_section())
        if section == "concept":
            concept = reader.node_id() or ""
        elif section == "definition":
            definition = reader.object()
        elif section in _SECTIONS:
            parts[section] = reader.pairs(until=_SECTIONS)
        else:
            reader.fail(_section(), back=1)
    if definition is None:
        reader.fail(say("interop.adl_definition"))
    return Source(name, concept, definition, **parts)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str) -> list[_Token]:
    found, place, line = [], 0, 1
    text = text.removeprefix("\ufeff")
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].splitlines()[0][:30]
            raise DataError(say("interop.adl_strange", line=line, came=rest))
        kind = match.lastgroup or "code"
        if kind != "space":
            found.append(_Token(kind, match[0], line))
        line += match[0].count("\n")
        place = match.end()
    return found


def _section() -> str:
    return say("interop.adl_section", known=", ".join(_SECTIONS[1:]))


class _Reader:
    def __init__(self, tokens: list[_Token]):
        self.tokens, self.place = tokens, 0

    def peek(self, ahead: int = 0) -> str:
        at = self.place + ahead
        return self.tokens[at].text if at < len(self.tokens) else ""

    def next(self) -> str:
        if self.place >= len(self.tokens):
            self.fail(say("interop.adl_more"))
        self.place += 1
        return self.tokens[self.place - 1].text

    def fail(self, expected: str, *, back: int = 0) -> NoReturn:
        at = self.place - back
        if at < len(self.tokens):
            token = self.tokens[at]
            told = say("interop.adl_stands", line=token.line, expected=expected, came=token.text)
        else:
            line = self.tokens[-1].line if self.tokens else 1
            told = say("interop.adl_ends", line=line, expected=expected)
        raise DataError(told)

    def expect(self, text: str) -> None:
        if self.peek() != text:
            self.fail(f"'{text}'")
        self.place += 1

    def word(self, expected: str) -> str:
        if self.place >= len(self.tokens) or self.tokens[self.place].kind != "word":
            self.fail(expected)
        return self.next()

    def node_id(self) -> str | None:
        if re.fullmatch(r"\[a[tc][\d.]+\]", self.peek()):
            return self.next()[1:-1]
        return None

    # cADL

    def matches(self) -> None:
        if self.peek() not in ("matches", "∈", "is_in"):
            self.fail("'matches'")
        self.place += 1

    def object(self) -> Node:
        """Read `TYPE[at0001] occurrences matches {0..1} matches { ... }`."""
        line = self.tokens[self.place].line if self.place < len(self.tokens) else 0
        kind = self.word(say("interop.adl_type"))
        if kind in _REFUSED:
            self.fail(say("interop.adl_readable", came=kind), back=1)
        if kind == "C_DV_QUANTITY":
            return self.quantity(line)
        node_id = self.node_id()
        low, high = self.bounds_if("occurrences")
        self.matches()
        self.expect("{")
        attributes: list[Attribute] = []
        if self.peek() == "*":
            self.next()
        else:
            while self.peek() != "}":
                attributes.append(self.attribute())
        self.expect("}")
        return Node(kind, node_id, low, high, line, tuple(attributes))

    def attribute(self) -> Attribute:
        name = self.word(say("interop.adl_attribute"))
        if name in _REFUSED:
            self.fail(say("interop.adl_readable", came=name), back=1)
        exists = self.bounds_if("existence")
        low, high = self.bounds_if("cardinality", default=exists)
        self.matches()
        self.expect("{")
        children: list[Node] = []
        while self.peek() != "}":
            children.append(self.child())
        self.expect("}")
        return Attribute(name, low, high, tuple(children))

    def child(self) -> Node:
        """Read what may stand in an attribute: an object, or values."""
        if self.place >= len(self.tokens):
            self.fail("'}'")
        token = self.tokens[self.place]
        if token.kind == "word" and token.text not in ("true", "false", "True", "False"):
            return self.object()
        if token.text == "*":
            self.next()
            return Node("*", None, 1, 1, token.line)
        values: list[Any] = []
        while self.peek() not in ("}", ""):
            if self.peek() == ",":
                self.next()
                continue
            value = self.value()
            values += value if isinstance(value, list) else [value]
        return Node("*", None, 1, 1, token.line, values=tuple(values))

    def bounds_if(
        self, word: str, *, default: tuple[int, int | None] = (1, 1)
    ) -> tuple[int, int | None]:
        if self.peek() != word:
            return default
        self.next()
        return self.bounds()

    def bounds(self) -> tuple[int, int | None]:
        """Read `matches {0..1}` or `matches {1..*; unordered}`."""
        self.matches()
        self.expect("{")
        text = self.next()
        if not re.fullmatch(r"\d+(\.\.(\d+|\*))?", text):
            self.fail(say("interop.adl_times"), back=1)
        low, _, high = text.partition("..")
        while self.peek() == ";":
            self.next()
            self.word(say("interop.adl_order"))
        self.expect("}")
        most = None if high == "*" else int(high or low)
        if most is not None and most < int(low):
            self.fail(say("interop.adl_upper", low=low), back=2)
        return int(low), most

    def quantity(self, line: int) -> Node:
        """Read `C_DV_QUANTITY < ... >`."""
        self.expect("<")
        body = self.pairs(until=(">",))
        self.expect(">")
        units = []
        for item in (body.get("list") or {}).values():
            if not isinstance(item, dict) or "units" not in item:
                raise DataError(say("interop.adl_no_units", line=line))
            units.append((item["units"], item.get("magnitude")))
        return Node("DV_QUANTITY", None, 1, 1, line, units=tuple(units))

    # dADL

    def pairs(self, *, until: tuple[str, ...]) -> dict[str, Any]:
        """Read `name = <...>` or `["key"] = <...>`, as many as there are."""
        made: dict[str, Any] = {}
        while self.peek() and self.peek() not in until:
            if self.peek() == "[":
                self.next()
                key = self.value()
                self.expect("]")
            else:
                key = self.word(say("interop.adl_key"))
            self.expect("=")
            self.expect("<")
            made[str(key)] = self.body()
            self.expect(">")
        return made

    def body(self) -> Any:
        if self.peek() == ">":
            return None
        if self.place >= len(self.tokens):
            self.fail(say("interop.adl_value"))
        token = self.tokens[self.place]
        if token.kind == "word" or token.text == "[":
            if self.peek(1) in ("=", "<") or token.text == "[":
                return self.pairs(until=(">",))
            return self.next()  # true, false, a date
        values = [self.value()]
        while self.peek() == ",":
            self.next()
            values.append(self.value())
        return values[0] if len(values) == 1 else values

    def value(self) -> Any:
        """Read one text, number, interval, code or list of local codes."""
        if self.place >= len(self.tokens):
            self.fail(say("interop.adl_value"))
        token = self.tokens[self.place]
        self.place += 1
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind == "interval":
            return self.interval(token)
        if token.kind == "code":
            terminology, _, listed = token.text[1:-1].partition("::")
            bare = re.sub(r"--[^\n]*", "", listed)
            found = [code.strip() for code in bare.split(",") if code.strip()]
            return found if terminology.strip() == "local" else f"{terminology}::{found[0]}"
        if token.text in ("true", "false", "True", "False"):
            return token.text.lower() == "true"
        self.fail(say("interop.adl_plain"), back=1)

    def interval(self, token: _Token) -> Interval:
        text = token.text.strip("|").replace(" ", "")
        number = r"[+-]?\d+(?:\.\d+)?"
        both = re.fullmatch(rf"(>?)({number})\.\.(<?)({number})", text)
        if both:
            low, high = float(both[2]), float(both[4])
            if low <= high:
                return Interval(low, high, not both[1], not both[3])
        one = re.fullmatch(rf"(>=|<=|>|<|)({number})", text)
        if one:
            limit = float(one[2])
            match one[1]:
                case "":
                    return Interval(limit, limit)
                case ">=" | ">":
                    return Interval(limit, None, low_in=one[1] == ">=")
                case _:
                    return Interval(None, limit, high_in=one[1] == "<=")
        self.fail(say("interop.adl_interval"), back=1)
