"""The words of relational algebra: symbols and letters, told apart and placed."""

import re
from typing import Any, NamedTuple

from labkit.algebra.scalar import AlgebraError
from labkit.messages import say

UNARY = {"pi": "π", "sigma": "σ", "rho": "ρ", "tau": "τ", "gamma": "γ"}
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


def tokens(text: str) -> list[Token]:
    """Part a text into tokens, the last of kind `end`."""
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            if text[place] in "'\"":
                raise fault(text, place, say("algebra.closing_quote"), say("algebra.end"))
            raise fault(text, place, say("algebra.a_sign"))
        kind, piece = match.lastgroup, match.group()
        if piece == "{":
            end = text.find("}", place)
            if end < 0:
                raise fault(text, place, say("algebra.closing_brace"), say("algebra.end"))
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


def fault(text: str, place: int, expected: str, came: str | None = None) -> AlgebraError:
    """Point at a place of the text, and say what was expected and what came."""
    line = text.count("\n", 0, place) + 1
    start = text.rfind("\n", 0, place) + 1
    shown = text[start:].split("\n", 1)[0]
    if came is None:
        came = repr(text[place]) if place < len(text) else say("algebra.end")
    return AlgebraError(
        say("algebra.expected", line=line, column=place - start + 1, expected=expected, came=came,
            text=shown, caret=" " * (place - start) + "^")
    )  # fmt: skip


class Cursor:
    """A place among the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.place = 0

    @property
    def token(self) -> Token:
        """The next token, not taken."""
        return self.tokens[self.place]

    def next(self) -> Token:
        """Take the next token."""
        token = self.token
        self.place += 1
        return token

    def sees(self, *values: str) -> bool:
        """Tell whether one of these words comes."""
        return self.token.kind == "word" and self.token.value in values

    def takes(self, *values: str) -> str | None:
        """Take one of these words, if it comes."""
        return self.next().value if self.sees(*values) else None

    def expect(self, value: str) -> None:
        """Take this word, or raise AlgebraError."""
        if not self.takes(value):
            raise self.fault(f"'{value}'")

    def fault(self, expected: str) -> AlgebraError:
        """Say that something else was expected here."""
        token = self.token
        came = None if token.kind == "end" else repr(self.text[token.start : self._end()].strip())
        return fault(self.text, token.start, expected, came)

    def _end(self) -> int:
        end = self.tokens[self.place + 1].start
        piece = self.text[self.token.start : end]
        return self.token.start + len(piece.split("\n")[0].rstrip())

    def at_end(self) -> None:
        """Raise AlgebraError unless all is taken."""
        if self.token.kind != "end":
            raise self.fault(say("algebra.end"))

    def next_is(self, value: str) -> bool:
        """Tell whether this word comes after the next token."""
        after = self.tokens[self.place + 1]
        return after.kind == "word" and after.value == value
