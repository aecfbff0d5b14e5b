"""Read a relation that is written out in an expression: columns, then a line for each row."""

import re
from collections.abc import Iterable
from csv import reader
from datetime import date
from typing import Any

from labkit.algebra.nodes import Inline
from labkit.algebra.tokens import Token, fault
from labkit.messages import say

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TRUTHS = ("true", "false")
_KINDS = ("number", "string", "date", "boolean")


def read_inline(text: str, token: Token) -> Inline:
    """Read what stands between braces: a line of columns, then the rows.

    A column may say its kind: `:number`, `:string`, `:date` or `:boolean`. Without one it holds
    numbers or truth values if all its values look so, else texts; `null` and nothing are NULL.

    Args:
        text: The whole expression, to point into.
        token: The part between the braces.

    Raises:
        AlgebraError: Pointing at the line that does not fit.
    """
    lines, place = [], token.start
    for line in token.value.split("\n"):
        if line.strip():
            lines.append((place + len(line) - len(line.lstrip()), _cells(line)))
        place += len(line) + 1
    if not lines:
        raise fault(text, token.start, say("algebra.a_column"))
    top, heads = lines[0]
    names, kinds = [], []
    for head in heads:
        name, _, kind = (part.strip() for part in head.partition(":"))
        kind = kind.lower()
        if not name or name in names:
            raise fault(text, top, say("algebra.own_names"), repr(head.strip()))
        if kind and kind not in _KINDS:
            raise fault(text, top, ", ".join(_KINDS), repr(kind))
        names.append(name)
        kinds.append(kind)
    width = len(heads)
    for place, cells in lines[1:]:
        if len(cells) != width:
            raise fault(text, place, say("algebra.inline_width", wanted=width), str(len(cells)))
    columns = []
    for number, kind in enumerate(kinds):
        column = [(place, row[number].strip()) for place, row in lines[1:]]
        kind = kind or _guess(cell for _, cell in column)
        columns.append([_constant(text, place, cell, kind) for place, cell in column])
    return Inline(tuple(names), tuple(zip(*columns, strict=True)))


def _cells(line: str) -> list[str]:
    quote = "'" if "'" in line else '"'
    return next(reader([line], quotechar=quote, skipinitialspace=True))


def _guess(cells: Iterable[str]) -> str:
    there = [cell for cell in cells if cell and cell.lower() != "null"]
    if all(_NUMBER.fullmatch(cell) for cell in there):
        return "number"
    return "boolean" if all(cell.lower() in _TRUTHS for cell in there) else "string"


def _constant(text: str, place: int, cell: str, kind: str) -> Any:
    if cell.lower() == "null" or (cell == "" and kind != "string"):
        return None
    try:
        match kind:
            case "number" if _NUMBER.fullmatch(cell):
                return float(cell) if "." in cell else int(cell)
            case "boolean" if cell.lower() in _TRUTHS:
                return cell.lower() == "true"
            case "date":
                return date.fromisoformat(cell)
            case "string":
                return cell
    except ValueError:
        pass
    raise fault(text, place, say(f"algebra.a_{kind}"), repr(cell))
