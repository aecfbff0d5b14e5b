"""Opening a dataset for questions in SQL."""

from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import DataError, MachineError
from labkit.messages import say

if TYPE_CHECKING:
    import duckdb

WAIT_SECONDS = 300
_ahead: list["duckdb.DuckDBPyConnection"] = []


def connect(dataset: Path | str, *, truth: bool = False) -> "duckdb.DuckDBPyConnection":
    """Open a dataset read-only; every table but the truth is there by its plain name.

    A DuckDB file is made beside the Parquet files the first time, with primary keys; foreign keys
    are told in the comments of their columns (`labkit generate --format duckdb` declares them too,
    at twice the time). SQL run on the connection can
    neither change the data nor read or write files; new tables live in memory and go with it.

    Args:
        dataset: Folder of a dataset, made in the form `parquet` or `duckdb`.
        truth: Whether to open the truth too, as `truth.onset`, `truth.effect` and so on.

    Raises:
        DataError: If the folder holds no dataset that can be opened.
        MachineError: If the DuckDB file cannot be made there.
    """
    import duckdb

    dataset = Path(dataset).absolute()
    files = {"data": _file(dataset, "labkit.duckdb", truth=False)}
    if truth:
        files["truth"] = _file(dataset, "truth.duckdb", truth=True)
    con = _ahead.pop() if _ahead else duckdb.connect()
    try:
        for name, path in files.items():
            quoted = str(path).replace("'", "''")
            con.execute(f"ATTACH '{quoted}' AS {name} (READ_ONLY)")
        con.execute("USE data")
        con.execute("SET enable_external_access = false")
        con.execute("SET python_enable_replacements = false")  # a name is a table, no variable
        con.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        con.close()
        raise DataError(say("store.not_opened", path=files["data"], said=error)) from error
    return con


def open_ahead(connections: int) -> None:
    """Begin the next connections, without a dataset: most of the time that `connect` takes.

    They have no threads of their own, so a process forked from this one can use them.
    """
    import duckdb

    for _ in range(connections):
        con = duckdb.connect(config={"threads": 1, "async_threads": 0})
        con.execute("SELECT 1").df()
        _ahead.append(con)


def _file(dataset: Path, name: str, *, truth: bool) -> Path:
    path = dataset / name
    if path.exists():
        return path
    if not dataset.is_dir():
        raise DataError(say("store.no_folder", folder=dataset))
    from labkit.store.lock import lock

    try:
        with lock(dataset / f".{name}.lock", wait_seconds=WAIT_SECONDS):
            if not path.exists():
                from labkit.store.duckdb_file import write_duckdb

                write_duckdb(dataset, path, truth=truth, foreign_keys=False)
    except OSError as error:
        raise MachineError(say("store.not_made", path=path, said=error.strerror)) from error
    return path
