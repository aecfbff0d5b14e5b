"""Kinds of tasks: how each takes what a student hands over, and how it is compared.

A kind is one entry of `KINDS`, named as the method of `check` that its tasks call (`check(...)`
itself is `value`). Its `take` runs where the student's code runs: in the notebook, or inside the
sandbox. What comes out is plain and is compared elsewhere, by the kind's reference.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from labkit.errors import GradingError
from labkit.grading.plain import NotPlain, Plain, plain
from labkit.grading.reference import WORK, Difference, Settings
from labkit.grading.task import Exercise
from labkit.messages import say

if TYPE_CHECKING:
    import duckdb

Options = Mapping[str, Any]


class Taken(NamedTuple):
    """An answer as taken: plain data, and the text it was written as, if it is a text."""

    answer: Plain
    text: str | None = None


class Compared(Protocol):
    """The reference of a task as digests: see `labkit.grading.reference.Reference`."""

    settings: Settings
    salt: str

    def compare(self, answer: Plain) -> Difference:
        """Let an answer climb the kind's ladder."""
        ...

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        ...


def _is_none(answer: Any) -> bool:
    return answer is None or answer is Ellipsis


@dataclass(frozen=True)
class Kind:
    """One kind of task.

    Attributes:
        name: Method of `check`.
        take: Turns the student's object into a plain answer, by the task's own options; raises
            NotPlain with the reason.
        blank: Tells whether nothing has been answered yet.
        options: Settings of this kind, beside those of the comparison.
        defaults: Settings that a task of this kind has unless it says otherwise.
        reference: Where its reference is: `module:class`.
        verify: Refuses options that cannot be, with GradingError.
        kept: Whether the text is kept with the mark, for a person to read.
        drawn: Whether what is tried depends on a seed, another one in grading.
        database: Whether the text is a query, tried on tiny databases too.
        author: Variable that a solution cell may set for the reference, beside its own answer.
    """

    name: str
    take: Callable[[Any, Options], Taken]
    blank: Callable[[Any], bool] = _is_none
    options: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    reference: str = "labkit.grading.reference:Reference"
    verify: Callable[[Options], None] = lambda options: None
    kept: bool = False
    drawn: bool = False
    database: bool = False
    author: str = ""

    @property
    def written(self) -> bool:
        """Whether a person gives the points, by a rubric."""
        return self.name == "text"

    def split(self, raw: Mapping[str, Any]) -> tuple[Settings, dict[str, Any]]:
        """Part a task's settings into those of the comparison and those of the kind.

        Raises:
            GradingError: If one is unknown or has a value that cannot be.
        """
        raw = {**self.defaults, **raw}
        own = {name: value for name, value in raw.items() if name in (*self.options, "seed")}
        rest = {name: value for name, value in raw.items() if name not in own}
        try:
            settings = Settings.of(rest)
        except GradingError as error:
            if not self.options:
                raise
            known = ", ".join(self.options)
            told = say("author.kind_settings", said=error, kind=self.name, known=known)
            raise GradingError(told) from None
        try:
            # in one order, as in a key: what is drawn must not depend on how settings are written
            own = json.loads(json.dumps(own, sort_keys=True))
        except (TypeError, ValueError):
            raise GradingError(say("author.settings")) from None
        self.verify(own)
        return settings, own

    def refer(
        self, answer: Plain, raw: Mapping[str, Any], *, salt: str, work: int = WORK
    ) -> Compared:
        """Digest a reference answer; see `Reference.of`."""
        settings, options = self.split(raw)
        home = self._home()
        if options and hasattr(home, "with_options"):
            return home.with_options(answer, settings, options, salt=salt, work=work)
        return home.of(answer, settings, salt=salt, work=work)

    def read(self, raw: dict[str, Any]) -> Compared:
        """Read a reference from a key."""
        return self._home().from_key(raw)

    def _home(self) -> Any:
        module, _, name = self.reference.partition(":")
        return getattr(import_module(module), name)


def take_value(answer: Any, options: Options) -> Taken:
    """Take a scalar, list, set, dict, Series or DataFrame."""
    return Taken(plain(answer))


def take_sql(answer: Any, options: Options) -> Taken:
    """Run a query on the dataset and take its result."""
    from labkit.sql import SqlError, run

    if not isinstance(answer, str):
        raise NotPlain("not_sql", came=plain(answer).kind)
    try:
        frame = run(_dataset(), answer)
    except SqlError as error:
        _look_at_dataset()
        raise NotPlain("sql_error", message=str(error), kind=error.kind) from None
    return Taken(plain(frame), str.__str__(answer))


def take_algebra(answer: Any, options: Options) -> Taken:
    """Work an expression of relational algebra out on the dataset, through its SQL."""
    from labkit.algebra import AlgebraError, Query, parse
    from labkit.sql import SqlError, run

    if not isinstance(answer, (str, Query)):
        raise NotPlain("kinds.not_algebra", came=plain(answer).kind)
    try:
        query = parse(str.__str__(answer)) if isinstance(answer, str) else answer
        con = _dataset()
        text = query.sql("duckdb", db=_relations(con))
        frame = run(con, text)
    except (AlgebraError, SqlError) as error:
        _look_at_dataset()
        raise NotPlain("kinds.algebra_error", message=_said(error)) from None
    return Taken(plain(frame), text)


def _relations(con: Any) -> dict[str, tuple[str, ...]]:
    """List the columns of each table that a dataset has."""
    found = con.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE NOT internal GROUP BY table_name ORDER BY min(table_oid)"
    )
    return {name: tuple(columns) for name, columns in found.fetchall()}


def _said(error: Exception) -> str:
    """Say why algebra fails; where DuckDB says so, without the SQL, which is not the student's."""
    from labkit.sql import SqlError

    text = str(error).removeprefix("algebra: ").removeprefix("algebra, ")
    return text.partition("\n\n")[0] if isinstance(error, SqlError) else text


def _dataset() -> "duckdb.DuckDBPyConnection":
    """Open the dataset, or find it open: opening it takes longer than most queries."""
    from labkit.dataset import dataset_folder

    folder = dataset_folder()
    file = folder / "labkit.duckdb"
    return _opened(folder, file.stat().st_mtime_ns if file.exists() else 0)


def _look_at_dataset() -> None:
    """Open the dataset afresh next time where the error just met, an internal one, closed it."""
    import duckdb

    try:
        _dataset().execute("SELECT 1")
    except duckdb.Error:
        _opened.cache_clear()


@lru_cache(maxsize=1)
def _opened(folder: Path, made: int) -> "duckdb.DuckDBPyConnection":
    from labkit.store import connect

    return connect(folder)


def _no_query(answer: Any) -> bool:
    if not isinstance(answer, str):
        return _is_none(answer)
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", "", answer, flags=re.DOTALL)
    return not bare.strip(" \t\r\n;.…")


def _lazy(name: str) -> Callable[..., Any]:
    """Stand for `module:function` of this package, imported when it is first called."""
    module, _, function = name.partition(":")

    def call(*given: Any) -> Any:
        return getattr(import_module(f"labkit.grading.kinds.{module}"), function)(*given)

    return call


_ALL = (
    Kind("value", take_value),
    Kind("sql", take_sql, _no_query, database=True),
    Kind("algebra", take_algebra, _no_query, database=True),
    Kind(
        "function",
        _lazy("function:take_function"),
        options=("inputs", "examples", "cases"),
        defaults={"order": True},
        reference="labkit.grading.kinds.function:Cases",
        verify=_lazy("inputs:verify_inputs"),
        drawn=True,
    ),
    Kind(
        "tests",
        _lazy("tests:take_tests"),
        options=("of", "source", "imports"),
        reference="labkit.grading.kinds.tests:Versions",
        drawn=True,
    ),
    Kind(
        "findings",
        take_value,
        author="truth",
        options=("enough",),
        reference="labkit.grading.kinds.findings:Findings",
        verify=_lazy("findings:verify_findings"),
    ),
    Kind(
        "figure",
        _lazy("figure:take_figure"),
        options=("needs", "units", "marks"),
        reference="labkit.grading.kinds.figure:Figure",
        verify=_lazy("figure:verify_figure"),
    ),
    Kind(
        "choice",
        _lazy("written:take_choice"),
        _lazy("written:blank_choice"),
        options=("options", "reason", "rubric"),
        verify=_lazy("written:verify_choice"),
        kept=True,
    ),
    Kind(
        "text",
        _lazy("written:take_text"),
        _lazy("written:blank_text"),
        options=("words", "rubric"),
        reference="labkit.grading.kinds.written:Written",
        verify=_lazy("written:verify_text"),
        kept=True,
    ),
    Kind(
        "er",
        _lazy("model:take_er"),
        _no_query,
        reference="labkit.grading.kinds.model:ErModel",
    ),
    Kind(
        "schema",
        _lazy("model:take_schema"),
        _no_query,
        reference="labkit.grading.kinds.model:Schema",
        author="probes",
    ),
    Kind(
        "r",
        _lazy("r:take_r"),
        _lazy("r:blank_r"),
        options=("tables",),
        verify=_lazy("r:verify_r"),
    ),
)
KINDS = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """Find a kind by name.

    Raises:
        GradingError: If there is none.
    """
    if name not in KINDS:
        raise GradingError(say("author.kind", came=name, known=", ".join(KINDS)))
    return KINDS[name]


def prepared(exercise: Exercise, *, seed: object = "") -> Exercise:
    """Give tasks what a run needs beside their own settings: seeds, and functions under test.

    Args:
        exercise: As read from its source.
        seed: What inputs and versions are drawn from; another one in grading.

    Raises:
        GradingError: If students are not shown a function that they write tests for.
    """
    tasks = []
    for task in exercise.tasks:
        settings = dict(task.settings)
        if task.kind in KINDS and KINDS[task.kind].drawn:
            settings["seed"] = f"{seed} {task.id}"
        if task.kind == "tests":
            from labkit.grading.kinds.tests import source_of

            source, imports = source_of(exercise, str(settings.get("of")))
            settings |= {"source": source, "imports": imports}
        tasks.append(replace(task, settings=settings))
    return replace(exercise, tasks=tuple(tasks))
