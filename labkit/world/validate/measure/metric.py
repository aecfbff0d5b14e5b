"""How a measure is declared, and carried out for one target.

A measure in SQL yields a row for each person, person-year or event with x (value), t (amount) and
w (weight); the figure is the ratio of the weighted sums.
"""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from labkit.world.validate.estimate import Measured, Sums, mean, rate, share
from labkit.world.validate.target import Target

if TYPE_CHECKING:
    import duckdb

Query = Callable[[Target], str]
Direct = Callable[["duckdb.DuckDBPyConnection", Target], Measured]
ESTIMATES = {"share": share, "rate": rate, "mean": mean}
_queries: dict[str, tuple[Query, str]] = {}
_directs: dict[str, Direct] = {}


def metric(*names: str, how: str) -> Callable[[Query], Query]:
    """Declare a measure in SQL: a `share`, a `rate` or a `mean`."""

    def declare(query: Query) -> Query:
        for name in names:
            _queries[name] = query, how
        return query

    return declare


def direct(*names: str) -> Callable[[Direct], Direct]:
    """Declare a measure that needs more than one ratio; it returns the target's unit."""

    def declare(function: Direct) -> Direct:
        for name in names:
            _directs[name] = function
        return function

    return declare


def metrics() -> tuple[str, ...]:
    """Return the names of all measures."""
    return tuple(sorted({*_queries, *_directs}))


def measure(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Measure what a target is a figure of."""
    began = perf_counter()
    if target.metric in _directs:
        found = _directs[target.metric](connection, target)
    else:
        query, how = _queries[target.metric]
        found = ESTIMATES[how](sums(connection, query(target))).times(scale(target.unit))
    took = perf_counter() - began
    return Measured(found.value, found.low, found.high, found.n, took)


def sums(connection: "duckdb.DuckDBPyConnection", query: str) -> Sums:
    """Run a measure's query and sum its rows."""
    # As floats: squares of whole numbers overflow, and NULL is no row.
    row = connection.execute(
        "SELECT count(*), sum(w * x), sum(w * t), sum(w * x * w * x), sum(w * x * w * t), "
        "sum(w * t * w * t), sum(x), max(w) "
        "FROM (SELECT x::DOUBLE AS x, t::DOUBLE AS t, w::DOUBLE AS w FROM "
        f"({query}) AS inside) AS measured WHERE x IS NOT NULL AND t IS NOT NULL"
    ).fetchall()[0]
    return Sums(int(row[0]), *(float(value or 0) for value in row[1:]))


def scale(unit: str) -> float:
    """Return what a ratio is multiplied with to be in a unit.

    Examples:
        >>> scale("percent"), scale("per 1000 person-years"), scale("mmHg")
        (100.0, 1000.0, 1.0)
    """
    if unit.startswith("percent"):
        return 100.0
    if unit.startswith("per 100 000"):
        return 100_000.0
    if unit.startswith("per 10 000"):
        return 10_000.0
    return 1000.0 if unit.startswith("per 1000") else 1.0


def who(target: Target) -> str:
    """Return the condition on sex, age and year of a target, for rows of `py`."""
    low, high = target.ages
    first, last = target.years
    sex = f"py.sex = '{target.sex}' AND " if target.sex else ""
    ages = "" if (low, high) == (0, 200) else f"py.age BETWEEN {low} AND {high} AND "
    return f"{sex}{ages}py.year BETWEEN {first} AND {last}"
