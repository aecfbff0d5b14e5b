"""The cell magic `%%sql`.

```
%%sql              run the query on the connection `con`, show the result; it is also `_`
%%sql answer       and keep the text of the query as `answer`, for `check.sql("5.3", answer)`
%%sql stays <<     and keep the result as the DataFrame `stays`
%%sql --con other  run on the connection `other`
```

In a source in jupytext's percent format the second is `# %% language="sql" magic_args="answer"`,
with the query as comments below it.

The text is kept before the query runs, so that a query that fails can be handed in and explained.
A failing query fails its cell, as Python does: *Run all* stops there, and a runner of notebooks
sees it. Only the plain words are shown, without a traceback; so too where the query is run by
`con.sql` or `con.execute`.
"""

import re
from types import TracebackType
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, magics_class

from labkit.messages import say
from labkit.sql.errors import SqlError

if TYPE_CHECKING:
    import duckdb

    from labkit.sql.table import Table

_LINE = re.compile(r"\s*(?:--con[= ]\s*(?P<con>[A-Za-z_]\w*))?\s*(?P<name>[A-Za-z_]\w*)?"
                   r"\s*(?P<result><<)?\s*(?:--con[= ]\s*(?P<con2>[A-Za-z_]\w*))?\s*")  # fmt: skip


@magics_class
class SqlMagic(Magics):
    """Gives a notebook `%%sql`."""

    @cell_magic
    def sql(self, line: str, cell: str) -> "Table":
        """Run the cell as one query and show its result."""
        from labkit.sql.advice import notices
        from labkit.sql.query import run
        from labkit.sql.table import Table

        match = _LINE.fullmatch(line)
        if match is None or (match["result"] and not match["name"]):
            raise SqlError(say("sql.magic_usage", line=line.strip()), kind="usage")
        text = cell.strip()
        names = self.shell.user_ns  # type: ignore[union-attr]
        if match["name"] and not match["result"]:
            names[match["name"]] = text
        name = match["con"] or match["con2"] or "con"
        con = names.get(name)
        if con is None or not hasattr(con, "interrupt"):
            raise SqlError(say("sql.no_connection", name=name), kind="connection")
        frame = run(con, text, rows=1_000_000)
        if match["result"]:
            names[match["name"]] = frame
        return Table(frame, notices=notices(text))


def show_refusal(
    shell: Any,
    kind: type,
    error: "duckdb.Error",
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """Show what DuckDB objected to in plain words, as IPython's handler of its errors."""
    from labkit.sql.explain import explain

    con, text = _asked(trace)
    shown: BaseException = error
    words = f"{kind.__name__}: {error}"
    if con is not None:
        try:
            shown = explain(error, text, con)
            words = str(shown)
        except Exception:  # the connection is closed, or busy: DuckDB's own words
            pass
    shell._showtraceback(type(shown), shown, [words])


def _asked(trace: TracebackType | None) -> tuple[Any, str]:
    """Find the connection and the query among the variables of DuckDB's own frames."""
    con, text = None, ""
    while trace is not None:
        names = trace.tb_frame.f_locals
        if "duckdb" in trace.tb_frame.f_globals.get("__name__", ""):
            con = con or names.get("con") or names.get("self")
            text = text or names.get("query") or ""
        elif con is None and "con" in names:
            con = names["con"]  # the notebook's own
        trace = trace.tb_next
    return (con if hasattr(con, "interrupt") else None), text if isinstance(text, str) else ""
