"""Runs on a dask.distributed cluster: cells go out, what they wrote comes back.

A worker is given what a sandbox is shown and no more: the cells, their limits, and the hidden
dataset without truth or seed. Solutions, references, marks and the ledger stay with whoever grades.
"""

import io
import os
import sys
import tarfile
import tempfile
import threading
import time
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import labkit
from labkit.cluster import join
from labkit.errors import MachineError
from labkit.files import hash_files
from labkit.grading.runs.room import works
from labkit.grading.runs.watch import Limits
from labkit.grading.work import Cells, Lost, Ran, run_cells
from labkit.messages import say

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 2  # submissions out for each of the cluster's threads, so that none waits
LOOK_SECONDS = 5
PATIENCE_SECONDS = 60  # with no worker at all, before the grading stops
KINDS = (".py", ".toml", ".csv", ".json")
LIBRARIES = ("duckdb", "numpy", "pandas")  # what decides an answer, beside the kit


class Cluster:
    """A cluster to run submissions on.

    Attributes:
        slots: Submissions to have out at one time.
    """

    def __init__(self, address: str) -> None:
        """Join it.

        Args:
            address: The scheduler's, as `tcp://host:8786`.

        Raises:
            MachineError: If no scheduler answers, it has no workers, or they have another version
                of the kit or of what decides an answer.
        """
        self._address = address
        self._client: Client = join(address, version=kit)
        self.slots = AHEAD * sum(self._client.nthreads().values())
        self._sending = threading.Lock()
        self._has: set[tuple[str, str]] = set()  # (worker, dataset)

    def works(self, by: str) -> bool:
        """Tell whether a sandbox works on every worker."""
        return all(self._client.run(works, by).values())

    def run(self, cells: Cells, *, dataset: Path, limits: Limits, by: str) -> Ran:
        """Run a submission's cells on a worker; one lost with its worker is run again by another.

        Args:
            cells: What to run.
            dataset: The hidden dataset here, as students' code may see it.
            limits: What a run may use.
            by: Sandbox.

        Raises:
            GradingError: If a worker's sandbox cannot start.
            MachineError: If the cluster is gone.
            Lost: If worker after worker died with this submission.
        """
        from distributed.client import ClosedClientError
        from distributed.comm import CommClosedError

        name = dataset.parent.name
        while True:
            try:
                asked = self._client.submit(run_there, cells, name, limits, by, pure=False)
            except ClosedClientError:
                raise MachineError(say("cluster.gone", address=self._address)) from None
            came = self._result(asked)
            if isinstance(came, Ran):
                return came
            with suppress(CommClosedError):  # the worker is gone, or all: asking again will tell
                self._send(dataset, name, came)

    def close(self) -> None:
        """Leave the cluster; what is still running there is given up."""
        self._client.close()

    def _result(self, asked: "Future") -> Any:
        from distributed import KilledWorker

        left = time.monotonic() + PATIENCE_SECONDS
        while not asked.cancelled():
            try:
                error = asked.exception(timeout=LOOK_SECONDS)
                if error is None and not asked.cancelled():
                    return asked.result(timeout=LOOK_SECONDS)
            except TimeoutError:
                if self._client.nthreads():
                    left = time.monotonic() + PATIENCE_SECONDS
                elif time.monotonic() > left:
                    break
                continue
            if isinstance(error, KilledWorker):
                raise Lost("every worker that ran it died")
            if error is not None:
                raise error
        raise MachineError(say("cluster.gone", address=self._address))

    def _send(self, dataset: Path, name: str, worker: str) -> None:
        with self._sending:
            if (worker, name) in self._has:
                return
            self._client.run(receive, name, packed(dataset), workers=[worker])
            self._has.add((worker, name))


def run_there(cells: Cells, name: str, limits: Limits, by: str) -> Ran | str:
    """On a worker: run a submission's cells, or return its address if it lacks the dataset."""
    from distributed import get_worker

    worker = get_worker()
    folder = Path(worker.local_directory, name)
    if not folder.is_dir():
        return str(worker.address)
    return run_cells(cells, dataset=folder, limits=limits, by=by)


def receive(name: str, content: bytes, dask_worker: Any) -> None:
    """On a worker: lay a dataset in its own folder, which goes when the worker ends.

    Args:
        name: Of the dataset.
        content: As `packed` packed it.
        dask_worker: The worker; dask fills in an argument of this name.
    """
    home = Path(dask_worker.local_directory)
    if (home / name).is_dir():
        return
    partial = Path(tempfile.mkdtemp(prefix=".receiving-", dir=home))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(partial, filter="data")
    os.replace(partial, home / name)


def packed(folder: Path) -> bytes:
    """Pack the files of a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return out.getvalue()


@cache
def kit() -> str:
    """Hash what decides an answer: the kit's own files, and the versions of what it runs on."""
    package = Path(labkit.__file__).parent
    found = sorted(package.rglob("*.*"))
    named = {path.relative_to(package).as_posix(): path for path in found if path.suffix in KINDS}
    mine = {name: path for name, path in named.items() if not name.startswith("_materials/")}
    return hash_files(mine, repr((sys.version_info[:2], *map(version, LIBRARIES))))
