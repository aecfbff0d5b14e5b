"""Making a whole dataset: partitions by many workers, gathered into one file for each table.

Partitions are written into a staging folder beside the target (`.NAME.partial`), each in a folder
that appears when it is whole, so a run that was killed goes on where it stopped when the same
command is given again. The target appears at the very end. When a run fails or is interrupted, the
staging folder is removed.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path

from labkit import schema
from labkit.errors import InputError, LabkitError, MachineError
from labkit.messages import numeral, say
from labkit.store.lock import LockedError, lock
from labkit.store.parquet import join
from labkit.world import workers as work
from labkit.world.fingerprint import fingerprint
from labkit.world.manifest import Manifest, table_content, write_text
from labkit.world.part import PARTITION_SIZE, Config
from labkit.world.people import partitions, ranks
from labkit.world.workers import Job, Summary

FORMATS = ("parquet", "duckdb", "csv", "sqlite")
DEFECTS = ("none", "class", "hard")
MOST_PEOPLE = 6_000_000
Progress = Callable[[int, int, int], None]  # partitions done, partitions in all, rows so far


def generate(
    config: Config,
    out: Path | str,
    *,
    format: str = "parquet",
    workers: int = 1,
    cluster: str | None = None,
    progress: Progress = lambda done, total, rows: None,
) -> Manifest:
    """Make a dataset in a new folder.

    Args:
        config: What decides the content; the rest decides only how fast and in which form.
        out: Folder to make; it must not exist or be empty.
        format: `parquet` (`OUT/LAYER/TABLE.parquet`), `csv` (likewise), `duckdb` or `sqlite`
            (`OUT/labkit.FORMAT`, truth in a file of its own).
        workers: Processes on this machine.
        cluster: Address of a dask.distributed scheduler, to use its workers instead.
        progress: Called after each partition with (partitions done, in all, rows so far).

    Returns:
        The manifest, which also lies in `OUT/manifest.json`.

    Raises:
        InputError: If an option cannot be used or `out` holds something. Nothing is touched.
        MachineError: If the disk is full, a worker dies or the cluster cannot be used.
    """
    check(config, format=format, workers=workers)
    out = Path(out).absolute()
    _check_free(out)
    staging = out.with_name(f".{out.name}.partial")
    with _mendable(staging), lock(out.with_name(f".{out.name}.lock")):
        _open_staging(staging, config)
        summaries = _make_parts(config, staging / "parts", workers, cluster, progress)
        manifest = _gather(config, staging, summaries)
        _finish(staging, out, format)
    return manifest


def check(config: Config, *, format: str = "parquet", workers: int = 1) -> None:
    """Refuse options that cannot be used.

    Raises:
        InputError: Says which, what came, and what can be used.
    """
    _whole(config.people, "people", 1, MOST_PEOPLE)
    _whole(config.seed, "seed", 0, 2**63 - 1)
    _whole(workers, "workers", 1, 1024)
    for what, value, known in (
        ("region", config.region, ("fjell", "norway")),
        ("defects", config.defects, DEFECTS),
        ("format", format, FORMATS),
    ):
        if value not in known:
            raise InputError(say("world.choice", option=what, came=value, known=", ".join(known)))


def _whole(value: object, what: str, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(
            say("world.whole", option=what, came=repr(value), low=numeral(low), high=numeral(high))
        )


def _check_free(out: Path) -> None:
    try:
        taken = any(out.iterdir()) if out.is_dir() else out.exists()
        above = next(folder for folder in out.parents if folder.exists())
    except OSError as error:
        raise machine_error(error, out) from error
    if taken:
        raise InputError(say("world.not_empty", folder=out))
    if not above.is_dir():
        raise InputError(say("world.in_a_file", file=above))


class _mendable:
    """Turns failures of the machine into messages, and removes what was half made."""

    def __init__(self, staging: Path) -> None:
        self.staging = staging

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is None:
            return
        if isinstance(error, BrokenProcessPool):
            raise MachineError(say("world.worker_died")) from error
        if not isinstance(error, LockedError):  # else the folder is another process's
            shutil.rmtree(self.staging, ignore_errors=True)
        if isinstance(error, OSError):
            raise machine_error(error, self.staging.parent) from error


def machine_error(error: OSError, where: Path) -> LabkitError:
    """Say what an operating system error means for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return MachineError(say("world.disk_full", folder=where))
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return InputError(say("world.not_writable", folder=where))
    return MachineError(say("world.machine", folder=where, said=error.strerror or error))


def _open_staging(staging: Path, config: Config) -> None:
    """Go on with a staging folder of the same configuration and kit, else begin a new one."""
    wanted = json.dumps({"config": asdict(config), "size": PARTITION_SIZE, "kit": fingerprint()})
    label = staging / "config.json"
    if not label.exists() or label.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(staging, ignore_errors=True)
        (staging / "parts").mkdir(parents=True)
        write_text(label, wanted)


def _make_parts(
    config: Config, folder: Path, workers: int, cluster: str | None, progress: Progress
) -> list[Summary]:
    """Make the partitions that are not there yet; return the summaries of all, in order."""
    total = partitions(config)
    there = {index: work.read_summary(folder / str(index)) for index in range(total)}
    found = {index: summary for index, summary in there.items() if summary is not None}
    rows = sum(n for summary in found.values() for n, _ in summary.values())
    progress(len(found), total, rows)
    missing = {index for index in range(total) if index not in found}
    jobs = (
        Job(config, index, rank, folder / str(index))
        for index, rank in enumerate(ranks(config, total) if missing else ())
        if index in missing
    )
    for index, summary in _run(jobs, min(workers, len(missing)), cluster):
        found[index] = summary
        rows += sum(n for n, _ in summary.values())
        progress(len(found), total, rows)
    return [found[index] for index in range(total)]


def _run(jobs: Iterator[Job], workers: int, cluster: str | None) -> Iterator[tuple[int, Summary]]:
    if cluster is not None:
        return work.cluster(jobs, cluster)
    return work.here(jobs) if workers <= 1 else work.processes(jobs, workers)


def _gather(config: Config, staging: Path, summaries: list[Summary]) -> Manifest:
    """Join the parts of each table into one file, and write the manifest."""
    names = {name for summary in summaries for name in summary}
    tables = {}
    for layer, metadata in schema.LAYERS.items():
        for name in metadata.tables:
            if name not in names:
                continue
            folder = staging / layer
            folder.mkdir(exist_ok=True)
            parts = [staging / "parts" / str(i) / f"{name}.parquet" for i in range(len(summaries))]
            made = [i for i, summary in enumerate(summaries) if name in summary]
            target = folder / f"{name}.parquet"
            if not target.exists():
                join([parts[i] for i in made], target)
            for i in made:
                parts[i].unlink(missing_ok=True)
            tables[name] = table_content(name, [summaries[i][name] for i in made])
    manifest = Manifest(config, tables)
    manifest.write(staging)
    return manifest


def _finish(staging: Path, out: Path, format: str) -> None:
    """Turn the staging folder into the dataset, in the form that was asked for."""
    from labkit import store

    shutil.rmtree(staging / "parts")
    (staging / "config.json").unlink()
    if format != "parquet":
        plain = staging / "plain"
        plain.mkdir()
        for path in list(staging.iterdir()):
            if path.name in schema.LAYERS:
                path.rename(plain / path.name)
        store.write(plain, format, staging)
        shutil.rmtree(plain)
    if out.exists():
        out.rmdir()
    os.replace(staging, out)
