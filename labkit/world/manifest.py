"""The manifest of a dataset: what it was made from, its rows, and a hash of its content."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from labkit import schema
from labkit.errors import DataError
from labkit.messages import say
from labkit.store.hashing import combine, content_hash
from labkit.world.part import PARTITION_SIZE, REFERENCE_DATE, Config
from labkit.world.tables import arrow_schema

NAME = "manifest.json"


@dataclass(frozen=True)
class TableContent:
    """Rows and hashes of one table, for each partition and in all."""

    layer: str
    rows: int
    hash: str
    partition_rows: list[int]
    partition_hashes: list[str]


@dataclass(frozen=True)
class Manifest:
    """What a dataset holds; two datasets with one `hash` hold the same."""

    config: Config
    tables: dict[str, TableContent]
    kit: str = field(default_factory=lambda: version("helsedata-labkit"))
    partition_size: int = PARTITION_SIZE
    reference_date: str = REFERENCE_DATE.isoformat()

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(t.rows for t in self.tables.values())

    @property
    def hash(self) -> str:
        """Hash of the whole dataset."""
        return combine(f"{name} {t.hash}" for name, t in sorted(self.tables.items()))

    def write(self, folder: Path) -> None:
        """Write `manifest.json`, whole or not at all."""
        content = {
            "kit": self.kit,
            "config": asdict(self.config),
            "partition_size": self.partition_size,
            "reference_date": self.reference_date,
            "rows": self.rows,
            "hash": self.hash,
            "tables": {name: asdict(t) for name, t in self.tables.items()},
        }
        write_text(folder / NAME, json.dumps(content, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, with the same line ends everywhere."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    os.replace(partial, path)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a dataset.

    Raises:
        DataError: If there is none or it cannot be read.
    """
    path = folder / NAME
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        tables = {name: TableContent(**t) for name, t in content["tables"].items()}
        return Manifest(
            Config(**content["config"]),
            tables,
            content["kit"],
            content["partition_size"],
            content["reference_date"],
        )
    except FileNotFoundError:
        raise DataError(say("world.no_manifest", folder=folder, manifest=NAME)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(say("world.manifest_unread", path=path, said=error)) from error


def table_content(name: str, parts: list[tuple[int, str]]) -> TableContent:
    """Combine (rows, hash) of a table's partitions."""
    rows, hashes = [r for r, _ in parts], [h for _, h in parts]
    return TableContent(schema.layer_of(name), sum(rows), combine(hashes), rows, hashes)


def verify(folder: Path, *, progress: Callable[[str], None] = lambda table: None) -> Manifest:
    """Read a Parquet dataset back and compare each partition with the manifest.

    Raises:
        DataError: With the first table and partition whose content differs.
    """
    manifest = read_manifest(folder)
    for name, content in manifest.tables.items():
        progress(name)
        path = folder / content.layer / f"{name}.parquet"
        if not path.exists():
            raise DataError(say("world.table_missing", path=path))
        with pq.ParquetFile(path) as file:
            groups = [g for g in range(file.num_row_groups) if file.metadata.row_group(g).num_rows]
            for place, (rows, expected) in enumerate(
                zip(content.partition_rows, content.partition_hashes, strict=True)
            ):
                if rows:
                    if not groups:
                        raise DataError(say("world.part_missing", path=path, place=place))
                    table = file.read_row_group(groups.pop(0))
                else:
                    table = arrow_schema(name).empty_table()
                if len(table) != rows or content_hash(table) != expected:
                    raise DataError(
                        say("world.part_differs", path=path, place=place, manifest=NAME)
                    )
            if groups:
                raise DataError(say("world.table_more", path=path, manifest=NAME))
    return manifest
