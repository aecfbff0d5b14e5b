"""Writing a Parquet dataset in another form: DuckDB, SQLite or CSV."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from labkit.errors import DataError, InputError
from labkit.schema import LAYERS
from labkit.schema.ddl import comments, create

if TYPE_CHECKING:
    import duckdb

TRUTH = "truth"
BATCH_ROWS = 50_000


def tables(dataset: Path, *, truth: bool) -> Iterator[tuple[str, Table, Path]]:
    """Yield (layer, declaration, Parquet file) of a dataset's tables, parents before children.

    Args:
        dataset: Folder with `LAYER/TABLE.parquet`.
        truth: Whether only the truth is wanted, or only everything else.

    Raises:
        DataError: If the folder holds no tables.
    """
    found = False
    for layer, metadata in LAYERS.items():
        for table in metadata.sorted_tables:
            path = dataset / layer / f"{table.name}.parquet"
            if path.exists():
                found = True
                if (layer == TRUTH) == truth:
                    yield layer, table, path
    if not found:
        raise DataError(
            f"{dataset}: holds no Parquet tables. Make a dataset with: labkit generate --out FOLDER"
        )


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
        raise InputError(f"format: '{format}' is not known. Choose one of {', '.join(writers)}.")
    out.mkdir(parents=True, exist_ok=True)
    writers[format](dataset, out)


def _write_duckdb(dataset: Path, out: Path) -> None:
    write_duckdb(dataset, out / "labkit.duckdb")
    write_duckdb(dataset, out / "truth.duckdb", truth=True)


def write_duckdb(dataset: Path, path: Path, *, truth: bool = False) -> None:
    """Write a DuckDB file with keys and comments; it appears when it is whole.

    Keys that the data break, as in a layer with planted defects, are left out for that table.
    """
    import duckdb

    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        with duckdb.connect(partial) as con:
            for _, table, file in tables(dataset, truth=truth):
                _load(con, table, file)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(partial.name + ".wal").unlink(missing_ok=True)


def _load(con: "duckdb.DuckDBPyConnection", table: Table, file: Path) -> None:
    import duckdb

    insert = f"INSERT INTO {table.name} SELECT * FROM read_parquet(?)"
    try:
        con.execute(create(table, "duckdb"))
        con.execute(insert, [str(file)])
    except (duckdb.ConstraintException, duckdb.BinderException, duckdb.CatalogException):
        con.execute(f"DROP TABLE IF EXISTS {table.name}")
        con.execute(create(table, "duckdb", keys=False))
        con.execute(insert, [str(file)])
    for comment in comments(table):
        con.execute(comment)


def _write_csv(dataset: Path, out: Path) -> None:
    import duckdb

    with duckdb.connect() as con:
        for truth in (False, True):
            for layer, table, file in tables(dataset, truth=truth):
                (out / layer).mkdir(exist_ok=True)
                target = out / layer / f"{table.name}.csv"
                con.read_parquet(str(file)).write_csv(str(target), header=True)


def _write_sqlite(dataset: Path, out: Path) -> None:
    write_sqlite(dataset, out / "labkit.sqlite")
    write_sqlite(dataset, out / "truth.sqlite", truth=True)


def write_sqlite(dataset: Path, path: Path, *, truth: bool = False) -> None:
    """Write a SQLite file with keys; dates and times are ISO text, as R and SQLite read them."""
    import sqlite3

    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        con = sqlite3.connect(partial)
        con.execute("PRAGMA journal_mode = OFF")
        con.execute("PRAGMA synchronous = OFF")
        for _, table, file in tables(dataset, truth=truth):
            _load_sqlite(con, table, file)
        con.commit()
        con.close()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _load_sqlite(con: Any, table: Table, file: Path) -> None:
    import sqlite3

    insert = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})"
    for keys in (True, False):
        con.execute(create(table, "sqlite", keys=keys))
        try:
            for rows in _text_rows(file):
                con.executemany(insert, rows)
        except sqlite3.IntegrityError:
            if not keys:
                raise
            con.execute(f"DROP TABLE {table.name}")
        else:
            return


def _text_rows(file: Path) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Yield batches of rows as Python values, dates and times as ISO text."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as source:
        for batch in source.iter_batches(BATCH_ROWS):
            columns = []
            for array in batch.columns:
                if pa.types.is_date(array.type):
                    array = pc.strftime(array, format="%Y-%m-%d")
                elif pa.types.is_timestamp(array.type):
                    whole = array.cast(pa.timestamp("s"), safe=False)
                    array = pc.strftime(whole, format="%Y-%m-%d %H:%M:%S")
                columns.append(array.to_pylist())
            yield zip(*columns, strict=True)
