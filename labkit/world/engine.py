"""Making one partition: all steps, then tables."""

import numpy as np
import pyarrow as pa

from labkit.world.part import Config, Part
from labkit.world.people import partition
from labkit.world.steps import STEPS
from labkit.world.tables import finish


def make_partition(config: Config, index: int, ranks: np.ndarray | None = None) -> Part:
    """Run all steps for one partition; everything follows from the arguments alone."""
    part = partition(config, index)
    part.ranks = ranks
    for step in STEPS:
        step(part)
    return part


def make_tables(config: Config, index: int, ranks: np.ndarray | None = None) -> dict[str, pa.Table]:
    """Make one partition's tables in the shape that the schema declares."""
    return finish(make_partition(config, index, ranks))
