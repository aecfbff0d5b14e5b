"""Making partitions: here, in processes, or on a cluster; each part whole or not at all."""

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.cluster import join
from labkit.store.hashing import content_hash
from labkit.store.parquet import write_table
from labkit.world.apart import keep_memory, work_alone
from labkit.world.fingerprint import fingerprint
from labkit.world.part import Config

if TYPE_CHECKING:
    from distributed import Client

SUMMARY = "part.json"
AHEAD = 2  # jobs handed out for each worker, so that none waits and few results pile up

Summary = dict[str, tuple[int, str]]  # table -> (rows, content hash) of one partition


@dataclass(frozen=True)
class Job:
    """One partition to make, and the folder that its part goes to."""

    config: Config
    index: int
    ranks: np.ndarray
    folder: Path


def write_part(job: Job) -> Summary:
    """Make one partition in a folder of its own, which appears when it is whole."""
    from labkit.world.engine import make_tables  # here: who hands out jobs need not load it

    with _new_folder(job.folder) as partial:
        summary: Summary = {}
        for name, table in make_tables(job.config, job.index, job.ranks).items():
            write_table(table, partial / f"{name}.parquet")
            summary[name] = (len(table), content_hash(table))
        (partial / SUMMARY).write_text(json.dumps(summary), encoding="utf-8")
    return summary


def read_summary(folder: Path) -> Summary | None:
    """Read what a finished part holds; None if there is no finished part."""
    try:
        text = (folder / SUMMARY).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return {name: (rows, digest) for name, (rows, digest) in json.loads(text).items()}


def here(jobs: Iterator[Job]) -> Iterator[tuple[int, Summary]]:
    """Make parts one after another in this process."""
    keep_memory()
    for job in jobs:
        yield job.index, write_part(job)


def processes(jobs: Iterator[Job], workers: int) -> Iterator[tuple[int, Summary]]:
    """Make parts in processes that start afresh (no fork: there may be threads about).

    Raises:
        BrokenProcessPool: If a worker dies.
    """
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    try:
        pending: dict[Future[Summary], int] = {}
        for job in jobs:
            with _deaf_to_ctrl_c():  # a worker may be started here
                future = pool.submit(write_part, job)
            pending[future] = job.index
            if len(pending) >= AHEAD * workers:
                yield from _finished(pending)
        while pending:
            yield from _finished(pending)
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def cluster(jobs: Iterator[Job], address: str) -> Iterator[tuple[int, Summary]]:
    """Make parts on a dask.distributed cluster; they come back as bytes, so no disk is shared.

    A partition lost with its worker is made again by another.

    Args:
        jobs: What to make; the parts are written here.
        address: The scheduler's, as `tcp://host:8786`.

    Raises:
        MachineError: If no scheduler answers, it has no workers, or they have another version.
    """
    with join(address, version=fingerprint) as client:
        limit = AHEAD * sum(client.nthreads().values())
        pending: dict[Any, Job] = {}
        for job in jobs:
            asked = (job.config, job.index, job.ranks)
            pending[client.submit(make_bytes, *asked, pure=False, retries=3)] = job
            if len(pending) >= limit:
                yield from _received(client, pending)
        while pending:
            yield from _received(client, pending)


def make_bytes(config: Config, index: int, ranks: np.ndarray) -> tuple[Summary, dict[str, bytes]]:
    """Make one partition as Parquet bytes by table, on a worker of a cluster."""
    from labkit.world.engine import make_tables

    summary: Summary = {}
    content = {}
    for name, table in make_tables(config, index, ranks).items():
        out = BytesIO()
        write_table(table, out)
        content[name] = out.getvalue()
        summary[name] = (len(table), content_hash(table))
    return summary, content


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, so that it is answered once, by their parent.

    What comes meanwhile is told afterwards. Windows has no such mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a worker, which ends when its parent does: also when that is killed."""
    threading.Thread(target=_follow, args=(parent_process(),), daemon=True).start()
    work_alone()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes its name when the block is done."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    os.replace(partial, folder)


def _finished(pending: dict[Future[Summary], int]) -> Iterator[tuple[int, Summary]]:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        yield pending.pop(future), future.result()


def _received(client: "Client", pending: dict[Any, Job]) -> Iterator[tuple[int, Summary]]:
    from distributed import wait as wait_for

    with client.as_current():
        done, _ = wait_for(list(pending), return_when="FIRST_COMPLETED")
    for future in done:
        job = pending.pop(future)
        summary, content = future.result()
        future.release()
        with _new_folder(job.folder) as partial:
            for name, data in content.items():
                (partial / f"{name}.parquet").write_bytes(data)
            (partial / SUMMARY).write_text(json.dumps(summary), encoding="utf-8")
        yield job.index, summary
