"""SQL in lessons and tasks: run it safely, say what is wrong with it, show where it goes wrong.

`%load_ext labkit.sql` gives notebooks the cell magic `%%sql`. Everything here takes connections,
text, SQLAlchemy metadata and DataFrames; nothing here knows the kit's own data.
"""

from typing import TYPE_CHECKING, Any

from labkit.sql.picture import draw_join

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from labkit.sql.advice import notices
    from labkit.sql.comparison import compare
    from labkit.sql.databases import Databases, check_on, databases_for
    from labkit.sql.errors import SqlError
    from labkit.sql.mutation import Mutant, mutants
    from labkit.sql.query import run
    from labkit.sql.verdict import Counterexample, Verdict

_HOMES = {
    "Counterexample": "verdict",
    "Databases": "databases",
    "Mutant": "mutation",
    "SqlError": "errors",
    "Verdict": "verdict",
    "check_on": "databases",
    "compare": "comparison",
    "databases_for": "databases",
    "mutants": "mutation",
    "notices": "advice",
    "run": "query",
}
__all__ = [
    "Counterexample",
    "Databases",
    "Mutant",
    "SqlError",
    "Verdict",
    "check_on",
    "compare",
    "databases_for",
    "draw_join",
    "mutants",
    "notices",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import on first use: sqlglot and pandas take half a second that few cells need."""
    if name not in _HOMES:
        raise AttributeError(f"module 'labkit.sql' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"labkit.sql.{_HOMES[name]}"), name)


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Give the notebook `%%sql`; IPython calls this on `%load_ext labkit.sql`."""
    import duckdb

    from labkit.sql.magic import SqlMagic, show_refusal

    shell.register_magics(SqlMagic)
    shell.set_custom_exc((duckdb.Error,), show_refusal)
