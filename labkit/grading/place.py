"""Where submissions are run: on this machine, or on a cluster's."""

import os
from pathlib import Path
from typing import Protocol

from labkit.errors import InputError, MachineError
from labkit.grading.runs import tries
from labkit.grading.runs.sandbox import SANDBOXES, Limits, works
from labkit.grading.work import Cells, Ran, run_cells
from labkit.messages import say


class Place(Protocol):
    """A place to run submissions."""

    slots: int  # submissions to have out at one time

    def works(self, by: str) -> bool:
        """Tell whether a sandbox works there."""
        ...

    def run(self, cells: Cells, *, dataset: Path, limits: Limits, by: str) -> Ran:
        """Run a submission's cells: see `run_cells`."""
        ...

    def close(self) -> None:
        """Leave it."""
        ...


class Here:
    """This machine."""

    def __init__(self) -> None:
        self.slots = os.cpu_count() or 1
        self.works = works
        self.run = run_cells

    def close(self) -> None:
        """End what waits for more."""
        tries.close()


def place_of(cluster: str | None) -> Place:
    """Return this machine, or join a cluster.

    Args:
        cluster: Address of its scheduler.

    Raises:
        MachineError: If it cannot be joined.
    """
    if cluster is None:
        return Here()
    from labkit.grading.cluster import Cluster

    return Cluster(cluster)


def sandbox_of(by: str | None, place: Place) -> str:
    """Return the sandbox that is asked for, or the strongest that works in a place.

    Raises:
        InputError: If there is none of that name.
        MachineError: If it does not work there.
    """
    if by is None:
        return next(name for name in SANDBOXES if place.works(name))
    if by not in SANDBOXES:
        raise InputError(say("grading.sandbox_unknown", came=by, known=", ".join(SANDBOXES)))
    if not place.works(by):
        raise MachineError(say("grading.sandbox_still", sandbox=by))
    return by
