"""Run a student's code where it can do no harm and see nothing that it should not.

A run is forked from a warm process (`warm.py`) into a room of its own (`room.py`) and watched from
outside (`watch.py`). Where no room can be made, it is a plain process with limits, and the caller
is told so.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.grading.runs import warm
from labkit.grading.runs.family import descendants
from labkit.grading.runs.room import JOB, RESULTS, SANDBOXES, View, means, open_room, works
from labkit.grading.runs.watch import Drain, Limits, Watch, read_capped

__all__ = ["SANDBOXES", "Limits", "Run", "job_folder", "means", "run_session", "works"]


@dataclass(frozen=True)
class Run:
    """How a run ended.

    Attributes:
        end: `done`, or what stopped it: `step_time`, `total_time`, `memory`, `processes`, `died`.
        step: Place of the last step that was begun, -1 for none.
        results: What it wrote, not to be believed.
        output: The first of what it printed.
        cpu_seconds: Processor time of the run; 0 if it was killed or is not known.
    """

    end: str
    step: int
    results: str
    output: str
    cpu_seconds: float = 0.0


def run_session(
    job: Path,
    *,
    dataset: Path | None,
    limits: Limits,
    by: str | None = None,
    modules: Sequence[str] = (),
) -> Run:
    """Run a session's job file in a sandbox.

    Args:
        job: The job, as `session.write_job` wrote it, in a folder with nothing else in it.
        dataset: Folder of the dataset to be seen as `LABKIT_DATA`; it must hold no truth.
        limits: What it may use.
        by: `bwrap`, `unshare` or `none`; by default the strongest that works.
        modules: Libraries that runs of this exercise load, so that they share them.

    Raises:
        GradingError: If the sandbox cannot be made.
    """
    by = by or means()
    with tempfile.TemporaryDirectory(prefix="labkit-run-", ignore_cleanup_errors=True) as name:
        results, scratch = Path(name, "results.jsonl"), Path(name, "scratch")
        results.touch()
        scratch.mkdir()
        if by == "none":
            environment = _environment(scratch, dataset)
            order = _order((str(job), str(results)), scratch, environment, limits, modules)
            return _watched(order, results, limits)
        with open_room(View(job.parent, results, dataset), by=by) as room:
            environment = _environment(Path("/tmp"), Path("/data") if dataset else None)
            order = _order(
                (JOB, RESULTS), Path("/tmp"), environment, limits, modules, namespaces=room.flags
            )
            return _watched(order, results, limits, pidfd=room.pidfd, first=room.first)


def _order(
    paths: tuple[str, str],
    folder: Path,
    environment: dict[str, str],
    limits: Limits,
    modules: Sequence[str],
    *,
    namespaces: int = 0,
) -> warm.Order:
    return warm.Order(
        *paths, str(folder), environment, tuple(modules), namespaces, limits.of_process()
    )


def _environment(scratch: Path, dataset: Path | None) -> dict[str, str]:
    """Make the whole environment of a run: nothing of the grader's own is passed on."""
    made = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LABKIT_HOME": str(scratch / "labkit"),
        "LABKIT_KEYS": str(scratch / "keys"),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(scratch / "mpl"),
        "IPYTHONDIR": str(scratch / "ipython"),
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
    }
    if dataset:
        made["LABKIT_DATA"] = str(dataset)
    if os.name == "nt":
        made |= {k: v for k, v in os.environ.items() if k in ("SYSTEMROOT", "PATH", "TEMP")}
    return made


def _watched(
    order: warm.Order,
    results: Path,
    limits: Limits,
    *,
    pidfd: int | None = None,
    first: int | None = None,
) -> Run:
    inside, outside = os.pipe()
    try:
        output = Drain(os.fdopen(inside, "rb"))
        run = warm.begin(order, output=outside, pidfd=pidfd)
    finally:
        os.close(outside)

    def family() -> list[int]:
        orphans = [] if first is None else descendants(first)
        return sorted({run.pid, *descendants(run.pid), *orphans})

    watch = Watch(family, results, limits)
    try:
        end = watch.wait(run.wait)
    finally:
        run.kill()
    return _ended(end, watch, results, output, run.cpu_seconds)


def _ended(end: str, watch: Watch, results: Path, output: Drain, cpu_seconds: float) -> Run:
    if end == "ended":
        end = "done" if watch.finished else "memory" if watch.short else "died"
    return Run(end, watch.step, read_capped(results), output.text(), cpu_seconds)


@contextmanager
def job_folder(steps: list[Any], *, lang: str) -> Iterator[Path]:
    """Lay out a job in a folder of its own and yield the job file."""
    from labkit.grading.runs.session import write_job

    with tempfile.TemporaryDirectory(prefix="labkit-job-") as folder:
        job = Path(folder, "job.json")
        write_job(job, steps, lang=lang)
        yield job
