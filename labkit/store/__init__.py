"""Writing and opening datasets: Parquet, DuckDB, CSV, SQLite."""

from labkit.store.connect import connect
from labkit.store.write import write

__all__ = ["connect", "write"]
