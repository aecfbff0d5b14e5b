"""How a verdict looks: the tiny database, both results, and the rows that differ."""

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from labkit.messages import say
from labkit.sql.result import match_columns, plain

if TYPE_CHECKING:
    from labkit.sql.verdict import Verdict

_BOX = "border:1px solid #94a3b8;border-radius:6px;padding:.7em 1em;margin:.5em 0"
_CELL = "padding:.15em .7em;text-align:left;border-bottom:1px solid #cbd5e1"
_MARKED = "background:#fef3c7;color:#1f2933;font-weight:600"


def headline(verdict: "Verdict") -> str:
    """Say in one sentence what was found."""
    if not verdict.differs:
        return say("sql.no_difference", n=verdict.databases)
    return say(f"sql.differ_{verdict.kind}", said=verdict.error)


def marks(verdict: "Verdict") -> tuple[list[bool], list[bool]]:
    """Tell which rows of the answer and of the reference have no partner in the other."""
    example = verdict.counterexample
    if example is None or example.answer is None:
        return [], []
    given, wanted = _rows(example.answer), _rows(example.reference)
    places = match_columns(list(example.answer.columns), list(example.reference.columns))
    if places is None:
        return [False] * len(given), [False] * len(wanted)
    given = [tuple(row[i] for i in places) for row in given]
    if verdict.kind == "order":
        return ([g != w for g, w in zip(given, wanted, strict=True)],) * 2
    return _alone(given, Counter(wanted)), _alone(wanted, Counter(given))


def _alone(rows: list[tuple[Any, ...]], others: Counter[tuple[Any, ...]]) -> list[bool]:
    left = others.copy()
    found = []
    for row in rows:
        found.append(left[row] <= 0)
        left[row] -= 1
    return found


def _rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [
        tuple(None if _missing(v) else plain(v) for v in row)
        for row in frame.itertuples(index=False, name=None)
    ]


def _missing(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or bool(value != value)


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """Write the values of a table as people read them: NULL, whole numbers, dates without 00:00.

    Examples:
        >>> cells(pd.DataFrame({"n": [1.0, None], "d": pd.to_datetime(["2023-01-31", None])}))
        [['1', '2023-01-31'], ['NULL', 'NULL']]
    """
    columns = []
    for i in range(frame.shape[1]):
        values = list(frame.iloc[:, i])
        there = [v for v in values if not _missing(v)]
        whole = all(isinstance(v, float) and v % 1 == 0 and abs(v) < 1e15 for v in there)
        days = all(isinstance(v, pd.Timestamp) and v == v.normalize() for v in there)
        columns.append([_text(v, whole, days) for v in values])
    return [list(row) for row in zip(*columns, strict=True)]


def _text(value: Any, whole: bool, days: bool) -> str:
    if _missing(value):
        return "NULL"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if days else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.0f}" if whole else f"{value:.6g}"
    return str(value)


def shown_tables(verdict: "Verdict") -> dict[str, pd.DataFrame]:
    """Return the tables of the counterexample with the columns that the queries mention."""
    if verdict.counterexample is None:
        return {}
    if verdict.shown is None:
        return verdict.counterexample.tables
    return {
        name: table[[c for c in table.columns if c.lower() in verdict.shown] or table.columns[:1]]
        for name, table in verdict.counterexample.tables.items()
    }


def text(verdict: "Verdict") -> str:
    """Write a verdict as plain text, the same on every machine."""
    parts = [headline(verdict)]
    example = verdict.counterexample
    if example is not None:
        for name, table in shown_tables(verdict).items():
            parts.append(_grid(name, table, []))
        of_answer, of_reference = marks(verdict)
        if example.answer is not None:
            parts.append(_grid(say("sql.your_result"), example.answer, of_answer))
        parts.append(_grid(say("sql.right_result"), example.reference, of_reference))
    return "\n\n".join(parts)


def _grid(title: str, frame: pd.DataFrame, marked: list[bool]) -> str:
    if not len(frame):
        return f"{title}: {say('sql.empty_result')} ({', '.join(map(str, frame.columns))})"
    rows = [[str(c) for c in frame.columns], *cells(frame)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    signs = [" ", *(">" if m else " " for m in marked or [False] * len(frame))]
    lines = [
        f"{sign} " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for sign, row in zip(signs, rows, strict=True)
    ]
    return "\n".join([f"{title}:", *lines])


def html(verdict: "Verdict") -> str:
    """Draw a verdict: rows without a partner in the other result are marked by sign and colour."""
    colour = "#b45309" if verdict.differs else "#0b6e99"
    parts = [f'<p style="margin:.2em 0"><b>{escape(headline(verdict))}</b></p>']
    example = verdict.counterexample
    if example is not None:
        tables = [_html(name, table, []) for name, table in shown_tables(verdict).items()]
        of_answer, of_reference = marks(verdict)
        results = []
        if example.answer is not None:
            results.append(_html(say("sql.your_result"), example.answer, of_answer))
        results.append(_html(say("sql.right_result"), example.reference, of_reference))
        parts += [_aside(say("sql.tiny_database")), _row(tables), _row(results)]
        if any(of_answer) or any(of_reference):
            parts.append(_aside(say("sql.marked")))
        parts.append(_aside(say("sql.found_by", engine=verdict.engine, n=verdict.databases)))
    return f'<div style="{_BOX};border-left:5px solid {colour}">{"".join(parts)}</div>'


def _aside(words: str) -> str:
    return f'<p style="margin:.4em 0;opacity:.8;font-size:90%">{escape(words)}</p>'


def _row(tables: list[str]) -> str:
    return f'<div style="display:flex;flex-wrap:wrap;gap:1.5em">{"".join(tables)}</div>'


def _html(title: str, frame: pd.DataFrame, marked: list[bool]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(str(c))}</th>' for c in frame.columns)
    body = ""
    for n, row in enumerate(cells(frame)):
        mark = bool(marked) and marked[n]
        style = f"{_CELL};{_MARKED}" if mark else _CELL
        sign = "▸" if mark else ""
        body += f'<tr><td aria-hidden="true">{sign}</td>' + "".join(
            f'<td style="{style}">{"<i>NULL</i>" if c == "NULL" else escape(c)}</td>' for c in row
        )
        body += "</tr>"
    empty = "" if len(frame) else f'<p style="opacity:.8">{escape(say("sql.empty_result"))}</p>'
    return (
        f'<div><table style="border-collapse:collapse"><caption style="text-align:left;'
        f'font-weight:600">{escape(title)}</caption><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{empty}</div>"
    )
