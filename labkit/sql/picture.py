"""A join as a picture: two short tables, lines between rows that agree, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from labkit.errors import InputError
from labkit.figure import shown
from labkit.messages import say

ROW, PAD, GAP = 26, 12, 90  # height of a row, air in a cell, width between tables, in pixels
INK, LINE, HEAD, LOST = "#1f2933", "#0b6e99", "#e6eef3", "#c2410c"


@dataclass(frozen=True)
class Picture:
    """A drawing that a notebook shows; `svg` is its text, `alt` says the same in words."""

    svg: str
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return shown(self.svg, self.alt)


@dataclass(frozen=True)
class _Table:
    name: str
    columns: list[str]
    rows: list[list[Any]]

    def widths(self) -> list[int]:
        cells = [[c, *(_text(row[i]) for row in self.rows)] for i, c in enumerate(self.columns)]
        return [max(len(text) for text in column) * 8 + 2 * PAD for column in cells]


def draw_join(
    left: Mapping[str, Sequence[Any]],
    right: Mapping[str, Sequence[Any]],
    *,
    on: tuple[str, str],
    how: str = "inner",
    names: tuple[str, str] = ("left", "right"),
) -> Picture:
    """Draw two short tables, a line for each pair of rows that agree, and the joined table.

    Args:
        left: Columns of the left table, name to values; a DataFrame serves too. At most 12 rows.
        right: Columns of the right table.
        on: The column of the left and of the right table that must be equal; NULL equals nothing.
        how: `inner` or `left`.
        names: What to call the tables.

    Returns:
        A `Picture`. Rows of the left table without a partner are dashed, and the joined table shows
        whether they are lost (`inner`) or kept with NULL (`left`).

    Raises:
        InputError: If a column is missing, a table is long, or `how` is another word.

    Examples:
        >>> joined = draw_join({"id": [1, 2]}, {"ref": [1, 1]}, on=("id", "ref"))
        >>> "</svg>" in joined.svg
        True
    """
    if how not in ("inner", "left"):
        raise InputError(say("picture.how", came=how))
    tables = [_read(left, names[0]), _read(right, names[1])]
    for table, column in zip(tables, on, strict=True):
        if column not in table.columns:
            known = ", ".join(table.columns)
            raise InputError(say("picture.column", column=column, table=table.name, known=known))
    keys = [[row[t.columns.index(c)] for row in t.rows] for t, c in zip(tables, on, strict=True)]
    pairs = [
        (i, j)
        for i, a in enumerate(keys[0])
        for j, b in enumerate(keys[1])
        if a is not None and a == b
    ]
    alone = [i for i in range(len(keys[0])) if i not in {i for i, _ in pairs}]
    kept = pairs if how == "inner" else sorted([*pairs, *((i, None) for i in alone)], key=_order)
    blank = [None] * len(tables[1].columns)
    word = "JOIN" if how == "inner" else "LEFT JOIN"
    joined = _Table(
        f"{names[0]} {word} {names[1]}",
        tables[0].columns + tables[1].columns,
        [tables[0].rows[i] + (blank if j is None else tables[1].rows[j]) for i, j in kept],
    )
    alt = _words(tables, joined, on, alone, how)
    return Picture(_svg(tables, joined, pairs, alone, alt), alt)


def _order(pair: tuple[int, int | None]) -> tuple[int, int]:
    return pair[0], -1 if pair[1] is None else pair[1]


def _read(table: Mapping[str, Sequence[Any]], name: str) -> _Table:
    columns = [str(c) for c in table]
    rows = [list(row) for row in zip(*(list(table[c]) for c in table), strict=True)]
    if len(rows) > 12:
        raise InputError(say("picture.long", table=name, rows=len(rows)))
    return _Table(name, columns, rows)


def _text(value: Any) -> str:
    return "NULL" if value is None else str(value)


def _words(
    tables: list[_Table], joined: _Table, on: tuple[str, str], alone: list[int], how: str
) -> str:
    before, after, rows = len(tables[0].rows), len(tables[1].rows), len(joined.rows)
    sides = dict(left=on[0], right=on[1], before=before, after=after)
    what = say("picture.join", None, join=joined.name, rows=rows, **sides)
    fate = "picture.lost" if how == "inner" else "picture.kept"
    return " ".join([what, *(say(fate, table=tables[0].name, row=i + 1) for i in alone)])


def _svg(
    tables: list[_Table],
    joined: _Table,
    pairs: list[tuple[int, int]],
    alone: list[int],
    alt: str,
) -> str:
    wide = [sum(t.widths()) for t in (*tables, joined)]
    starts = [1, 1 + wide[0] + GAP, 1 + wide[0] + wide[1] + 2 * GAP]
    tall = max(len(t.rows) for t in (*tables, joined)) * ROW + 2 * ROW + 2
    total = starts[2] + wide[2] + 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {tall}" width="{total}" '
        f'style="max-width:100%;background:white" role="img" font-family="monospace" '
        f'font-size="13" fill="{INK}"><title>{escape(alt)}</title>'
    ]
    for i, j in pairs:
        y1, y2 = (2 * ROW + (k + 0.5) * ROW for k in (i, j))
        parts.append(
            f'<line x1="{starts[0] + wide[0]}" y1="{y1}" x2="{starts[1]}" y2="{y2}" '
            f'stroke="{LINE}" stroke-width="2"/>'
        )
    arrow = starts[2] - GAP / 2
    parts.append(f'<text x="{arrow}" y="{1.7 * ROW}" text-anchor="middle" font-size="22">→</text>')
    for number, (table, x) in enumerate(zip((*tables, joined), starts, strict=True)):
        parts += _draw(table, x, alone if number == 0 else [])
    return "".join([*parts, "</svg>"])


def _draw(table: _Table, left: int, dashed: list[int]) -> list[str]:
    parts = [f'<text x="{left}" y="{ROW * 0.7}" font-weight="bold">{escape(table.name)}</text>']
    x = left
    for index, width in enumerate(table.widths()):
        values = [table.columns[index], *(row[index] for row in table.rows)]
        for place, value in enumerate(values):
            y = ROW + place * ROW
            null = place > 0 and value is None
            lost = place > 0 and place - 1 in dashed
            style = f'stroke="{LOST if lost else INK}"' + (
                ' stroke-dasharray="5 3"' if lost else ""
            )
            parts.append(
                f'<rect x="{x}" y="{y}" width="{width}" height="{ROW}" '
                f'fill="{HEAD if place == 0 else "white"}" {style}/>'
                f'<text x="{x + PAD}" y="{y + ROW * 0.68}"'
                f'{f""" fill="{LOST}" font-style="italic" """ if null else ""}'
                f"{' font-weight=' + chr(34) + 'bold' + chr(34) if place == 0 else ''}>"
                f"{escape(_text(value))}</text>"
            )
        x += width
    return parts
