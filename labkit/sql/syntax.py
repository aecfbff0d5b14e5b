"""Guess what a beginner meant where the parser stopped."""

import re
from difflib import get_close_matches
from itertools import pairwise

from labkit.messages import say

_KEYWORDS = (
    "SELECT DISTINCT FROM WHERE GROUP ORDER BY HAVING LIMIT JOIN LEFT RIGHT INNER OUTER FULL CROSS "
    "ON USING AND OR NOT IN IS NULL LIKE BETWEEN AS UNION ALL EXCEPT INTERSECT CASE WHEN THEN ELSE "
    "END WITH EXISTS ASC DESC QUALIFY VALUES OFFSET PARTITION OVER"
).split()
_ORDER = ["SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT"]
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\w+|\S", re.DOTALL)
_JOIN_WITHOUT_ON = re.compile(
    r"\bJOIN\s+(\w+)(?:\s+(?:AS\s+)?(?!ON\b|USING\b)(\w+))?"
    r"\s*(?:\Z|;|\)|\b(?:WHERE|GROUP|ORDER|LIMIT|HAVING|LEFT|INNER|JOIN)\b)",
    re.IGNORECASE,
)


def syntax_hint(text: str, near: str, place: tuple[int, int] | None) -> str:
    """Say what a text that cannot be parsed probably lacks.

    Args:
        text: The query.
        near: The word at which DuckDB stopped, or an empty text.
        place: Line and column of that word, counted from 1.

    Examples:
        >>> from labkit.messages import set_language
        >>> set_language("en")
        >>> syntax_hint("SELECT sex FORM patient", "patient", (1, 17))
        "The query does not parse at 'patient'. Did you mean FROM instead of 'FORM'?"
        >>> set_language("nb")
    """
    words = say("sql.syntax", near=near) if near else say("sql.syntax_end")
    guess = _guess(text, near, place)
    return words + (" " + guess if guess else "")


def _guess(text: str, near: str, place: tuple[int, int] | None) -> str:
    bare = re.sub(r"'(?:[^']|'')*'|--[^\n]*", lambda m: " " * len(m[0]), text)
    if bare.count("(") != bare.count(")"):
        return say("sql.parentheses", left=bare.count("("), right=bare.count(")"))
    tokens = [m for m in _TOKEN.finditer(text) if not m[0].startswith(("--", "/*"))]
    offset = _offset(text, place)
    at = next((i for i, m in enumerate(tokens) if m.start() >= offset), len(tokens))
    before = tokens[at - 1][0] if at else ""
    here = tokens[at][0] if at < len(tokens) else ""
    for word in (here, before):
        meant = _keyword(word)
        if meant:
            return say("sql.keyword", word=word, meant=meant)
    join = _JOIN_WITHOUT_ON.search(bare)
    if join and not re.search(r"\b(CROSS|NATURAL)\s+$", bare[: join.start()], re.IGNORECASE):
        return say("sql.join_without_on", table=join[1])
    if before.upper() in ("ORDER", "GROUP", "PARTITION"):
        return say("sql.missing_by", word=before.upper())
    if before.upper() == "TOP":
        return say("sql.top")
    out_of_order = _out_of_order(bare, here)
    if out_of_order:
        return say("sql.order", late=out_of_order[0], early=out_of_order[1])
    if before == "," or (here and here == "," and at + 1 < len(tokens)):
        return say("sql.extra_comma")
    if here.upper() in _KEYWORDS and at == len(tokens) - 1:
        return say("sql.nothing_after", word=here.upper())
    if here.lower().rstrip("s") in ("day", "month", "year", "hour"):
        return say("sql.interval", unit=here)
    if here == "=" and before == "=":
        return say("sql.double_equals")
    if _is_name(here) and (_is_name(before) or before == ")"):
        return say("sql.missing_comma", before=before, word=here)
    return ""


def _offset(text: str, place: tuple[int, int] | None) -> int:
    if place is None:
        return len(text)
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: place[0] - 1]) + place[1] - 1


def _is_name(token: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z_]\w*", token)) and token.upper() not in _KEYWORDS


def _keyword(word: str) -> str | None:
    """Return the keyword that a misspelt word resembles: `form` is FROM, `patient` is none."""
    if not _is_name(word):
        return None
    found = get_close_matches(word.upper(), _KEYWORDS, n=1, cutoff=0.75)
    return found[0] if found else None


def _out_of_order(text: str, here: str) -> tuple[str, str] | None:
    """Find a clause that stands after one that it should precede."""
    clauses = [
        (m.start(), re.sub(r"\s+", " ", m[0]).upper())
        for m in re.finditer(r"\b(" + "|".join(_ORDER).replace(" ", r"\s+") + r")\b", text, re.I)
    ]
    for (_, early), (_, late) in pairwise(clauses):
        if late.split()[0] == here.upper() and _ORDER.index(late) < _ORDER.index(early):
            return late, early
    return None
