"""Opening a dataset for questions in SQL, without the generator that may have made it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def connect(
    dataset: Path | str | None = None, *, truth: bool = False
) -> "duckdb.DuckDBPyConnection":
    """Open a dataset: the one given, else `LABKIT_DATA`, else the lab's own, else the class's.

    The connection is read-only; see `labkit.store.connect`. The class dataset is made if this
    machine has not yet.

    Args:
        dataset: Folder of a dataset.
        truth: Whether to open the truth too, as `truth.onset` and so on.
    """
    from labkit.store import connect as open_folder

    return open_folder(dataset or dataset_folder(), truth=truth)


def dataset_folder() -> Path:
    """Return the folder of the dataset that `connect` opens by itself; see there."""
    chosen = os.environ.get("LABKIT_DATA")
    if chosen:
        return Path(chosen).absolute()
    from labkit.world.own import lab_dataset

    return lab_dataset()
