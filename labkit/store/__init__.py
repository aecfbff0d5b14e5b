"""Writing and opening datasets: Parquet, DuckDB, CSV, SQLite, PostgreSQL."""
