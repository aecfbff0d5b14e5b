"""Kinds of tasks: how each takes what a student hands over and makes it a plain answer.

A kind is one entry of `KINDS`, named as the method of `check` that its tasks call (`check(...)`
itself is `value`). Its `take` runs where the student's code runs: in the notebook, or inside the
sandbox. What comes out is plain and is compared elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from labkit.errors import GradingError
from labkit.grading.plain import NotPlain, Plain, plain


class Taken(NamedTuple):
    """An answer as taken: plain data, and the text it was written as, if it is a text."""

    answer: Plain
    text: str | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of task.

    Attributes:
        name: Method of `check`.
        take: Turns the student's object into a plain answer; raises NotPlain with the reason.
        blank: Tells whether nothing has been answered yet.
    """

    name: str
    take: Callable[[Any], Taken]
    blank: Callable[[Any], bool]


def take_value(answer: Any) -> Taken:
    """Take a scalar, list, set, dict, Series or DataFrame."""
    return Taken(plain(answer))


def take_sql(answer: Any) -> Taken:
    """Run a query on the dataset and take its result."""
    from labkit import connect
    from labkit.sql import SqlError, run

    if not isinstance(answer, str):
        raise NotPlain("not_sql", came=plain(answer).kind)
    try:
        frame = run(connect(), answer)
    except SqlError as error:
        raise NotPlain("sql_error", message=str(error), kind=error.kind) from None
    return Taken(plain(frame), str.__str__(answer))


def _is_none(answer: Any) -> bool:
    return answer is None or answer is Ellipsis


def _no_query(answer: Any) -> bool:
    if not isinstance(answer, str):
        return _is_none(answer)
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", "", answer, flags=re.DOTALL)
    return not bare.strip(" \t\r\n;.…")


KINDS = {
    kind.name: kind
    for kind in (Kind("value", take_value, _is_none), Kind("sql", take_sql, _no_query))
}


def kind_of(name: str) -> Kind:
    """Find a kind by name.

    Raises:
        GradingError: If there is none.
    """
    if name not in KINDS:
        raise GradingError(f"check: no kind of task '{name}'. Kinds: {', '.join(KINDS)}")
    return KINDS[name]
