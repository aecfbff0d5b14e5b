"""An openEHR archetype as a tree of what may be recorded, and data checked against it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import pandas as pd

from labkit import figure
from labkit.errors import DataError, InputError
from labkit.interop import adl
from labkit.interop.finding import Finding
from labkit.messages import LANGUAGES, Language, language, say

_EXAMPLE = "openEHR-EHR-OBSERVATION.labkit_blood_pressure.v0"


@dataclass(frozen=True)
class Item:
    """One node of the tree that has a name: a group, or an element with a value."""

    id: str  # "at0004"
    depth: int
    type: str  # "ELEMENT", "ITEM_TREE"
    low: int  # occurrences
    high: int | None
    value: adl.Node | None  # of an ELEMENT
    above: tuple[str, ...]  # ids of the nodes it lies in, outermost first

    @property
    def occurrences(self) -> str:
        """How often it may occur: `0..1`, `1..*`."""
        return f"{self.low}..{'*' if self.high is None else self.high}"


@dataclass(frozen=True)
class Archetype:
    """A read archetype. `str` gives the tree, a notebook draws it."""

    source: adl.Source

    @property
    def name(self) -> str:
        """Its full name, such as `openEHR-EHR-OBSERVATION.pulse.v1`."""
        return self.source.name

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every named node, each after the one it lies in."""
        return tuple(_items(self.source.definition, 0, ()))

    def term(self, code: str, lang: Language | None = None) -> str:
        """Name a code of the archetype; in its first language if it lacks yours.

        Raises:
            InputError: If the archetype defines no such code.
        """
        definitions = self.source.ontology.get("term_definitions") or {}
        for candidate in (lang or language(), *definitions):
            item = (definitions.get(candidate) or {}).get("items") or {}
            if code in item:
                return str(item[code].get("text", code))
        raise InputError(say("interop.no_term", archetype=self.name, code=code))

    def table(self, lang: Language | None = None) -> pd.DataFrame:
        """Return one row per named node: id, name, type, occurrences, units and values."""
        return pd.DataFrame(
            [
                (
                    item.id,
                    self.term(item.id, lang),
                    item.type if item.value is None else item.value.type,
                    item.occurrences,
                    self._allowed(item.value, lang),
                )
                for item in self.items
            ],
            columns=["id", "name", "type", "occurrences", "allowed"],
        )

    def validate(self, data: Mapping[str, Any], lang: Language | None = None) -> list[Finding]:
        """Check data against the archetype.

        Args:
            data: One event, as element -> value. An element is named by its id (`at0004`) or its
                name in bokmål or English; a value is a quantity `(120, "mm[Hg]")`, the code or
                name of a coded text, a text, a whole number, or a list of such for an element
                that is repeated.
            lang: Language of names in the findings.

        Returns:
            Findings in the order of the archetype; empty if none was found.

        Examples:
            >>> pressure = example()
            >>> pressure.validate({"Systolisk": (120, "mm[Hg]"), "Diastolisk": (80, "mm[Hg]")})
            []
            >>> print(pressure.validate({"at0004": (120, "mm[Hg]")})[0].text("en"))
            openEHR-EHR-OBSERVATION.labkit_blood_pressure.v0: Diastolisk occurs 0 times, which is \
too few. Possible: 1..1.
        """
        if not isinstance(data, Mapping):
            raise InputError(say("interop.data_not_dict", came=type(data).__name__))
        given: dict[str, list[Any]] = {}
        findings = []
        for key, value in data.items():
            node = self._element(key)
            if node is None:
                names = ", ".join(self.term(i.id, lang) for i in self.items if i.value)
                findings.append(Finding(self.name, str(key), "node", "", names))
            else:
                given[node.id] = value if isinstance(value, list) else [value]
        inside = {above for item in self.items if item.id in given for above in item.above}
        for item in self.items:
            if item.value is None:
                continue
            values = given.get(item.id, [])
            findings += self._count(item, len(values), inside, lang)
            for value in values:
                findings += self._value(item, value, lang)
        return findings

    def __str__(self) -> str:
        lines = []
        for item in self.items:
            kind = item.type if item.value is None else item.value.type
            allowed = self._allowed(item.value, None)
            end = f": {allowed}" if allowed else ""
            name = self.term(item.id)
            lines.append(f"{'  ' * item.depth}{name} [{item.id}] {item.occurrences} {kind}{end}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return figure.shown(self.svg(), str(self))

    def svg(self, lang: Language | None = None) -> str:
        """Draw the tree, from left to right."""
        from labkit.interop.drawing import draw

        rows = [
            (
                item.depth,
                self.term(item.id, lang),
                f"{item.occurrences} {item.type if item.value is None else item.value.type}",
                self._allowed(item.value, lang),
            )
            for item in self.items
        ]
        return draw(rows, alt=f"{self.name}\n{self}")

    def _element(self, key: str) -> Item | None:
        for item in self.items:
            names = {item.id} | {self.term(item.id, lang).lower() for lang in LANGUAGES}
            if item.value is not None and (key in names or str(key).lower() in names):
                return item
        return None

    def _count(
        self, item: Item, n: int, inside: set[str], lang: Language | None
    ) -> Iterator[Finding]:
        """Count occurrences; what is in an optional group is needed only if the group is there."""
        here = all(above in inside or self._by_id[above].low > 0 for above in item.above[1:])
        kind = "few" if here and n < item.low else "many" if _above(n, item.high) else ""
        if kind:
            yield Finding(self.name, self.term(item.id, lang), kind, str(n), item.occurrences)

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    def _value(self, item: Item, value: Any, lang: Language | None) -> Iterator[Finding]:
        node, name = item.value, self.term(item.id, lang)
        assert node is not None
        allowed = self._allowed(node, lang)

        def finding(kind: str, came: Any) -> Finding:
            return Finding(self.name, name, kind, str(came), allowed)

        match node.type:
            case "DV_QUANTITY":
                if not (isinstance(value, tuple) and len(value) == 2 and _number(value[0])):
                    yield finding("form", repr(value))
                    return
                magnitude, unit = value
                limits = dict(node.units)
                if limits and unit not in limits:
                    yield finding("unit", unit)
                elif (span := limits.get(unit)) is not None and not span.holds(magnitude):
                    yield finding("range", f"{magnitude:g} {unit}")
            case "DV_CODED_TEXT":
                codes = node.values
                names = {self.term(c, lang).lower() for c in codes for lang in LANGUAGES}
                if codes and value not in codes and str(value).lower() not in names:
                    yield finding("value", value)
            case "DV_COUNT":
                if not _number(value) or value != int(value):
                    yield finding("form", repr(value))
                elif node.values and not any(_holds(v, value) for v in node.values):
                    yield finding("range", value)
            case "DV_TEXT":
                if not isinstance(value, str):
                    yield finding("form", repr(value))
                elif node.values and value not in node.values:
                    yield finding("value", value)

    def _allowed(self, node: adl.Node | None, lang: Language | None) -> str:
        if node is None:
            return ""
        if node.units:
            return " / ".join(f"{span} {unit}" if span else unit for unit, span in node.units)
        shown = [
            self.term(v, lang) if node.type == "DV_CODED_TEXT" else str(v) for v in node.values
        ]
        return ", ".join(shown)


def read(text: str) -> Archetype:
    """Read an archetype written in ADL 1.4 (the subset described in `labkit.interop.adl`).

    Raises:
        InputError: If `text` is not text.
        DataError: With the line, what stood there and what was expected; or the node that lacks a
            term in one of the languages.
    """
    if not isinstance(text, str):
        raise InputError(say("interop.not_text", came=type(text).__name__))
    made = Archetype(adl.parse(text))
    definitions = made.source.ontology.get("term_definitions") or {}
    for item in made.items:
        coded = item.value.values if item.value and item.value.type == "DV_CODED_TEXT" else ()
        for code in (item.id, *coded):
            for lang, terms in definitions.items():
                if code not in ((terms or {}).get("items") or {}):
                    raise DataError(say("interop.term_missing", code=code, which=lang))
    if not definitions:
        raise DataError(say("interop.no_terms"))
    return made


def example() -> Archetype:
    """Return the kit's own archetype of a blood pressure, made for teaching."""
    return read(example_text())


def example_text() -> str:
    """Return the ADL text of the kit's own archetype."""
    return (files(__package__) / f"{_EXAMPLE}.adl").read_text(encoding="utf-8")


def _items(node: adl.Node, depth: int, above: tuple[str, ...]) -> Iterator[Item]:
    if node.id is None:
        raise DataError(say("interop.no_node_id", line=node.line, type=node.type))
    value = _value_of(node) if node.type == "ELEMENT" else None
    yield Item(node.id, depth, node.type, node.low, node.high, value, above)
    if value is None:
        for attribute in node.attributes:
            for child in attribute.children:
                if child.type != "*":
                    yield from _items(child, depth + 1, (*above, node.id))


def _value_of(element: adl.Node) -> adl.Node:
    """Return what an element may hold; a constraint one level down is lifted to the value."""
    for attribute in element.attributes:
        if attribute.name == "value" and attribute.children:
            if len(attribute.children) > 1:
                raise DataError(say("interop.adl_choice", line=attribute.children[1].line))
            value = attribute.children[0]
            values = [v for a in value.attributes for child in a.children for v in child.values]
            return adl.Node(
                value.type, None, 1, 1, value.line, units=value.units, values=tuple(values)
            )
    return adl.Node("DATA_VALUE", None, 1, 1, element.line)


def _number(value: Any) -> bool:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and value - value == 0  # neither nan nor infinite


def _holds(allowed: Any, value: float) -> bool:
    return allowed.holds(value) if isinstance(allowed, adl.Interval) else allowed == value


def _above(n: int, high: int | None) -> bool:
    return high is not None and n > high
