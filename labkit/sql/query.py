"""Run one query with limits on time, rows and reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakSet

from labkit.errors import InputError
from labkit.messages import numeral, say
from labkit.sql.errors import SqlError
from labkit.sql.guard import guard
from labkit.sql.watch import Watch

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_shut: WeakSet["duckdb.DuckDBPyConnection"] = WeakSet()
_VECTORS = 10  # of 2,048 rows each, in one piece of a result


def run(
    con: "duckdb.DuckDBPyConnection", text: str, *, seconds: float = 20, rows: int = 100_000
) -> "pd.DataFrame":
    """Run one query that only reads.

    Nothing is written, no file is read, and Python variables of the caller are not looked up as
    tables. The result is DuckDB's own DataFrame, save that a whole-number sum (HUGEINT) comes as
    int64 where it fits.

    Args:
        con: Connection that holds the tables.
        text: One SELECT, WITH, VALUES, FROM, DESCRIBE, SHOW or EXPLAIN.
        seconds: Time limit, above 0.
        rows: Most rows that may come out.

    Returns:
        The result, shape `(n, k)` with `n <= rows`; two columns of one name become `x` and `x_1`.

    Raises:
        SqlError: If the text is no such query, is refused, fails, takes longer than `seconds` or
            gives more than `rows` rows. The message is in the language in use.

    Examples:
        >>> import duckdb
        >>> run(duckdb.connect(), "SELECT 1 AS one, 'a' AS letter").to_dict("records")
        [{'one': 1, 'letter': 'a'}]
    """
    from labkit.sql.explain import explain

    if not seconds > 0:
        raise InputError(say("sql.seconds", came=seconds))
    guard(text)
    import duckdb

    watch = Watch(seconds)
    try:
        with _reading(con), watch.over(con):
            return _fetch(con, text, rows)
    except duckdb.InterruptException as error:
        if not watch.late.is_set():
            raise KeyboardInterrupt from error
        raise SqlError(say("sql.time", seconds=numeral(seconds)), kind="time") from None
    except duckdb.Error as error:
        raise explain(error, text, con) from None
    except RuntimeError as error:  # what DuckDB makes of Ctrl-C
        if "interrupted" not in str(error):
            raise
        raise KeyboardInterrupt from error
    finally:
        watch.stop()


def _fetch(con: "duckdb.DuckDBPyConnection", text: str, rows: int) -> "pd.DataFrame":
    import pandas as pd

    result = con.execute(text)
    whole = [i for i, column in enumerate(result.description or []) if column[1] == "HUGEINT"]
    chunks = [result.fetch_df_chunk(_VECTORS)]
    total = len(chunks[0])
    while len(chunks[-1]) and total <= rows:
        chunks.append(result.fetch_df_chunk(_VECTORS))
        total += len(chunks[-1])
    if total > rows:
        con.abort()
        raise SqlError(say("sql.rows", rows=numeral(rows)), kind="rows")
    filled = [chunk for chunk in chunks if len(chunk)]
    frame = pd.concat(filled, ignore_index=True) if len(filled) > 1 else (filled or chunks)[0]
    for i in whole:
        values = frame.iloc[:, i]
        if len(values) and values.notna().all() and values.abs().max() < 2**53:
            frame[frame.columns[i]] = values.astype("int64")
    return frame


@contextmanager
def _reading(con: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """Keep DuckDB from taking a local Python variable for a table."""
    if con in _shut:
        yield
        return
    shut = con.execute("SELECT NOT current_setting('enable_external_access')").fetchone()
    if shut and shut[0]:  # such a connection looks up no variables, and may be locked
        _shut.add(con)  # for good: DuckDB does not open it again
        yield
        return
    found = con.execute("SELECT current_setting('python_enable_replacements')").fetchone()
    if not (found and found[0]):  # off already, and perhaps locked
        yield
        return
    con.execute("SET python_enable_replacements = false")
    try:
        yield
    finally:
        con.execute("SET python_enable_replacements = true")
