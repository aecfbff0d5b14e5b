"""Writing a Parquet dataset in another form: DuckDB, SQLite or CSV."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import DataError, InputError
from labkit.messages import say

if TYPE_CHECKING:
    from sqlalchemy import Table

TRUTH = "truth"


def tables(dataset: Path, *, truth: bool) -> Iterator[tuple[str, "Table", Path]]:
    """Yield (layer, declaration, Parquet file) of a dataset's tables, parents before children.

    Args:
        dataset: Folder with `LAYER/TABLE.parquet`.
        truth: Whether only the truth is wanted, or only everything else.

    Raises:
        DataError: If the folder holds no tables.
    """
    from labkit.schema import LAYERS

    found = False
    for layer, metadata in LAYERS.items():
        for table in metadata.sorted_tables:
            path = dataset / layer / f"{table.name}.parquet"
            if path.exists():
                found = True
                if (layer == TRUTH) == truth:
                    yield layer, table, path
    if not found:
        raise DataError(say("store.no_tables", folder=dataset))


def write(dataset: Path, format: str, out: Path) -> None:
    """Write a Parquet dataset in another form into the folder `out`.

    `duckdb` and `sqlite` make `labkit.FORMAT` with keys, and the truth apart in `truth.FORMAT`;
    `csv` makes `LAYER/TABLE.csv` (UTF-8, comma, ISO dates, empty for null).

    Raises:
        InputError: If the format is not known.
        DataError: If the dataset holds no tables.
    """
    writers: dict[str, Callable[[Path, Path], None]] = {
        "duckdb": _write_duckdb,
        "sqlite": _write_sqlite,
        "csv": _write_csv,
    }
    if format not in writers:
        raise InputError(say("store.format", came=format, known=", ".join(writers)))
    out.mkdir(parents=True, exist_ok=True)
    writers[format](dataset, out)


def _write_duckdb(dataset: Path, out: Path) -> None:
    from labkit.store.duckdb_file import write_duckdb

    write_duckdb(dataset, out / "labkit.duckdb")
    write_duckdb(dataset, out / "truth.duckdb", truth=True)


def _write_sqlite(dataset: Path, out: Path) -> None:
    from labkit.store.sqlite_file import write_sqlite

    write_sqlite(dataset, out / "labkit.sqlite")
    write_sqlite(dataset, out / "truth.sqlite", truth=True)


def _write_csv(dataset: Path, out: Path) -> None:
    import duckdb

    with duckdb.connect() as con:
        for truth in (False, True):
            for layer, table, file in tables(dataset, truth=truth):
                (out / layer).mkdir(exist_ok=True)
                target = out / layer / f"{table.name}.csv"
                con.read_parquet(str(file)).write_csv(str(target), header=True)
