"""Datasets that several tests of the world read."""

from pathlib import Path

import pytest

from labkit.world.engine import make_partition
from labkit.world.generate import generate
from labkit.world.part import Config, Part


@pytest.fixture(scope="session")
def part() -> Part:
    """The third partition of a larger population."""
    return make_partition(Config(people=20_000), 2)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Parquet dataset of two partitions' worth of code paths: one full, one short."""
    folder = tmp_path_factory.mktemp("datasets") / "small"
    generate(Config(people=5_200, seed=5), folder)
    return folder
