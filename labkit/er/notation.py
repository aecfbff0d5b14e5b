"""Read a conceptual model from text.

    entity Patient {
        fnr key
        name (given, family)      # composite
        phone multivalued
        birth_date: date required
        age derived
    }
    entity Ward { hospital, code, beds: integer, key (hospital, code) }    # a composite key
    weak entity Admission of Patient 0..n by has { number: integer partial key, start: date }
    relationship takes_place_on (Admission 1..1, Ward 0..n)
    relationship supervises (Doctor as boss 0..n, Doctor as junior 0..1) { since: date }
    specialisation Person total disjoint { Patient, Doctor }

Attributes stand on lines of their own, or have a comma or semicolon between them. `key` behind an
attribute makes it a candidate key alone; `key (a, b)` makes several one key together. Types are
text (unless said), integer, number, date, time, boolean. `#` begins a comment.
"""

import re
from difflib import get_close_matches
from typing import NamedTuple

from labkit.er.model import (
    TYPES,
    Attribute,
    Entity,
    Model,
    ModelError,
    Participant,
    Relationship,
    Specialisation,
)
from labkit.messages import say

STARTS = ("entity", "weak", "relationship", "specialisation")
FLAGS = ("key", "partial", "multivalued", "derived", "required")
RESERVED = {*STARTS, *FLAGS, "specialization", "of", "by", "as", "total", "disjoint", "overlapping"}
NORWEGIAN = {
    "entitet": "entity", "svak": "weak", "forhold": "relationship", "relasjon": "relationship",
    "spesialisering": "specialisation", "nøkkel": "key", "flerverdi": "multivalued",
    "avledet": "derived", "påkrevd": "required", "delvis": "partial", "fullstendig": "total",
    "disjunkt": "disjoint", "overlappende": "overlapping", "tekst": "text", "heltall": "integer",
    "tall": "number", "dato": "date", "tid": "time",
}  # fmt: skip
TOKEN = re.compile(
    r"(?P<space>[^\S\n]+|#[^\n]*|--[^\n]*)|(?P<newline>\n)"
    r"|(?P<card>\d+\s*\.\.\s*(?:\d+|[nNmM*](?!\w)))|(?P<number>\d+)|(?P<name>[^\W\d]\w*)"
    r"|(?P<symbol>[(){},;:*])"
)


class _Token(NamedTuple):
    kind: str  # card, number, name, word (reserved), symbol, end
    text: str
    start: int
    fresh: bool  # the first of its line


def parse(text: str) -> Model:
    """Read a conceptual model.

    Args:
        text: As described at the top of `labkit.er.notation`.

    Returns:
        The model; `str(model)` writes it as text again.

    Raises:
        ModelError: Pointing at the line and character where the text stops making sense, or saying
            what does not hold together in the model.

    Examples:
        >>> model = parse('''
        ... entity Patient { fnr key, name (given, family) }
        ... weak entity Admission of Patient { number partial key }
        ... ''')
        >>> [(e.name, e.weak, e.keys) for e in model.entities]
        [('Patient', False, (('fnr',),)), ('Admission', True, (('number',),))]
        >>> model.relationships[0].ratio
        '1:N'
    """
    if not isinstance(text, str):
        came = type(text).__name__
        raise ModelError(say("er.no_text", came=came), kind="syntax")
    return _Parser(text).model()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, fresh = 0, True
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise _fault(text, place, say("er.expect_word"), repr(text[place]))
        kind, piece = match.lastgroup or "", match.group()
        if kind == "newline":
            fresh = True
        elif kind != "space":
            kind = "word" if kind == "name" and piece in RESERVED else kind
            found.append(_Token(kind, piece, place, fresh))
            fresh = False
        place = match.end()
    return [*found, _Token("end", "", len(text), True)]


def _fault(text: str, place: int, expected: str, came: str) -> ModelError:
    line = text.count("\n", 0, place) + 1
    start = text.rfind("\n", 0, place) + 1
    shown = text[start:].split("\n", 1)[0].expandtabs(1)
    caret = " " * (place - start) + "^"
    values = {"line": line, "column": place - start + 1, "text": shown, "caret": caret}
    message = say("er.expected", None, expected=expected, came=came, **values)
    return ModelError(message, kind="syntax", line=line)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0
        self.owned: list[Relationship] = []

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.token.start) + 1

    def next(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def takes(self, *texts: str) -> str | None:
        if self.token.kind in ("word", "symbol") and self.token.text in texts:
            return self.next().text
        return None

    def expect(self, text: str) -> None:
        if not self.takes(text):
            raise self.fault(f"'{text}'")

    def fault(self, expected: str, *, words: tuple[str, ...] = ()) -> ModelError:
        token = self.token
        came = f"'{token.text}'" if token.kind != "end" else say("er.end")
        close = get_close_matches(token.text.lower(), words, 1, 0.7)
        meant = NORWEGIAN.get(token.text.lower()) or (close[0] if close else None)
        if meant in words:
            came += say("er.meant", None, word=meant)
        elif token.kind == "word":
            came += say("er.reserved")
        return _fault(self.text, token.start, expected, came)

    def name(self, what: str) -> str:
        if self.token.kind != "name":
            raise self.fault(say(f"er.expect_{what}"))
        return self.next().text

    def model(self) -> Model:
        entities: list[Entity] = []
        relationships: list[Relationship] = []
        specialisations: list[Specialisation] = []
        while self.token.kind != "end":
            if self.takes(";"):
                continue
            line = self.line
            if self.takes("entity"):
                entities.append(self.entity(line))
            elif self.takes("weak"):
                self.expect("entity")
                entities.append(self.weak(line))
            elif self.takes("relationship"):
                relationships.append(self.relationship(line))
            elif self.takes("specialisation", "specialization"):
                specialisations.append(self.specialisation(line))
            else:
                raise self.fault(", ".join(STARTS), words=STARTS)
        return Model(tuple(entities), tuple(self.owned + relationships), tuple(specialisations))

    def entity(self, line: int) -> Entity:
        name = self.name("entity_name")
        attributes, keys = self.attributes(weak=False)
        return Entity(name, attributes, keys, line=line)

    def weak(self, line: int) -> Entity:
        name = self.name("entity_name")
        if not self.takes("of"):
            message = say("er.no_owner", None, line=line, name=name)
            raise ModelError(message, kind="no_owner", line=line)
        while True:
            owner = self.name("entity_name")
            role = self.name("role") if self.takes("as") else ""
            card = self.token.kind in ("card", "number") or self.token.text in ("n", "*")
            least, most = self.cardinality() if card else (0, None)
            by = self.name("relationship_name") if self.takes("by") else ""
            ends = (Participant(owner, least, most, role), Participant(name, 1, 1))
            self.owned.append(Relationship(by, ends, identifying=True, line=line))
            if not self.takes(","):
                break
        attributes, keys = self.attributes(weak=True)
        return Entity(name, attributes, keys, weak=True, line=line)

    def relationship(self, line: int) -> Relationship:
        name = self.name("relationship_name")
        ends: list[Participant] = []
        if self.takes("("):
            while not self.takes(")"):
                if ends:
                    self.expect(",")
                entity = self.name("entity_name")
                role = self.name("role") if self.takes("as") else ""
                least, most = self.cardinality()
                ends.append(Participant(entity, least, most, role))
        attributes, _ = self.attributes(weak=None)
        return Relationship(name, tuple(ends), attributes, line=line)

    def cardinality(self) -> tuple[int, int | None]:
        token = self.token
        if token.kind == "card":
            low, high = re.split(r"\s*\.\.\s*", self.next().text)
            return int(low), int(high) if high.isdigit() else None
        if token.kind == "number":
            count = int(self.next().text)
            return count, count
        if token.text in ("n", "*"):
            self.next()
            return 0, None
        raise self.fault(say("er.expect_cardinality"))

    def specialisation(self, line: int) -> Specialisation:
        parent = self.name("entity_name")
        chosen: dict[str, str] = {}
        by = ""
        while not self.takes("{"):
            words = ("total", "partial", "disjoint", "overlapping")
            if self.takes("by"):
                by = self.name("attribute_name")
            elif word := self.takes(*words):
                chosen["total" if word in words[:2] else "disjoint"] = word
            else:
                raise self.fault(say("er.expect_kind"), words=words)
        if len(chosen) < 2:
            self.place -= 1
            raise self.fault(say("er.expect_kind"))
        children = []
        while not self.takes("}"):
            children.append(self.name("entity_name"))
            self.takes(",", ";")
        total, disjoint = chosen["total"] == "total", chosen["disjoint"] == "disjoint"
        return Specialisation(parent, tuple(children), total, disjoint, by, line=line)

    def attributes(
        self, *, weak: bool | None
    ) -> tuple[tuple[Attribute, ...], tuple[tuple[str, ...], ...]]:
        """Read a block in braces; `weak` is None for a relationship, which has no key."""
        found: list[Attribute] = []
        keys: list[tuple[str, ...]] = []
        if not self.takes("{"):
            return (), ()
        while not self.takes("}"):
            word = self.key_word(weak)
            if word:
                self.expect("(")
                names = [self.name("attribute_name")]
                while not self.takes(")"):
                    self.expect(",")
                    names.append(self.name("attribute_name"))
                keys.append(tuple(names))
            else:
                attribute, key = self.attribute(weak)
                found.append(attribute)
                keys += [(attribute.name,)] if key else []
            if not (self.takes(",", ";") or self.token.text == "}" or self.token.fresh):
                raise self.fault(say("er.expect_separator"), words=FLAGS)
        return tuple(found), tuple(keys)

    def key_word(self, weak: bool | None) -> bool:
        if self.token.text not in ("key", "partial") or self.token.kind != "word":
            return False
        partial = self.takes("partial") is not None
        if weak is None:
            raise self.fault(say("er.expect_no_key"))
        if partial is not weak:
            raise self.fault(say("er.expect_partial" if weak else "er.expect_key"))
        self.expect("key")
        return True

    def attribute(self, weak: bool | None) -> tuple[Attribute, bool]:
        line = self.line
        name = self.name("attribute_name")
        parts: list[Attribute] = []
        if self.takes("("):
            while not self.takes(")"):
                if parts:
                    self.expect(",")
                parts.append(self.part())
        kind = self.type()
        flags: set[str] = set()
        key = False
        while not self.token.fresh and self.token.text in FLAGS:
            if self.token.text in ("key", "partial"):
                key = self.key_word(weak)
            else:
                flags.add(self.next().text)
        attribute = Attribute(
            name, tuple(parts), "multivalued" in flags, "derived" in flags, "required" in flags,
            kind, line=line,
        )  # fmt: skip
        return attribute, key

    def part(self) -> Attribute:
        line = self.line
        name = self.name("attribute_name")
        parts: list[Attribute] = []
        if self.takes("("):
            while not self.takes(")"):
                if parts:
                    self.expect(",")
                parts.append(self.part())
        return Attribute(name, tuple(parts), type=self.type(), line=line)

    def type(self) -> str:
        if not self.takes(":"):
            return "text"
        if self.token.text not in TYPES:
            raise self.fault(", ".join(TYPES), words=TYPES)
        return self.next().text
