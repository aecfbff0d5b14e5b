"""Run a student's code where it can do no harm and see nothing that it should not.

A run is forked from a warm process (`warm.py`) into a room of its own (`room.py`) and watched from
outside (`watch.py`). Where no room can be made, it is a plain process with limits, and the caller
is told so.
"""

import contextlib
import os
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.grading.runs import warm
from labkit.grading.runs.family import descendants
from labkit.grading.runs.room import SANDBOXES, Room, means, open_room, works
from labkit.grading.runs.session import Step, job_of
from labkit.grading.runs.watch import OUTPUT_BYTES, RESULT_BYTES, Drain, Limits, Watch

__all__ = ["SANDBOXES", "Limits", "Run", "means", "run_session", "works"]


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
    steps: list[Step],
    *,
    lang: str,
    dataset: Path | None,
    limits: Limits,
    by: str | None = None,
    modules: Sequence[str] = (),
    ahead: Sequence[tuple[str, str]] = (),
) -> Run:
    """Run steps in a sandbox.

    Args:
        steps: What to run.
        lang: Value of `LANG` and language of messages.
        dataset: Folder of the dataset to be seen as `LABKIT_DATA`; it must hold no truth.
        limits: What it may use.
        by: `bwrap`, `unshare` or `none`; by default the strongest that works.
        modules: Libraries that runs of this exercise load, so that they share them.
        ahead: What they share beside that: see `warm.Warm.prepare`.

    Raises:
        GradingError: If the sandbox cannot be made.
    """
    if warm.AVAILABLE:
        warm.warm().prepare(ahead)
    with contextlib.ExitStack() as stack, tempfile.TemporaryFile() as job:
        job.write(job_of(steps, lang=lang))
        job.seek(0)
        by = by or means()
        order, room = order_in(stack, dataset=dataset, limits=limits, by=by, modules=modules)
        begun = Begun(order, job.fileno(), room)
        watch = Watch(begun.family, begun.results, limits)
        try:
            end = watch.wait(begun.run.wait)
        finally:
            begun.run.kill()
    written = begun.results.text()  # whole, since all who could write are gone
    watch.look()
    known = "done" if watch.finished else "memory" if watch.short else "died"
    why = known if end == "ended" else end
    return Run(why, watch.step, written, begun.output.text(), begun.run.cpu_seconds)


def order_in(
    stack: contextlib.ExitStack,
    *,
    dataset: Path | None,
    limits: Limits,
    by: str,
    modules: Sequence[str] = (),
) -> tuple[warm.Order, Room | None]:
    """Make a place for a run, which goes when the stack is closed, and the order to run there."""
    room, scratch = None, Path("/tmp")
    if by == "none":
        folder = tempfile.TemporaryDirectory(prefix="labkit-run-", ignore_cleanup_errors=True)
        scratch = Path(stack.enter_context(folder))
    else:
        room = stack.enter_context(open_room(dataset, by=by))
        dataset = dataset and Path("/data")
    environment, flags = _environment(scratch, dataset), room.flags if room else 0
    order = warm.Order(str(scratch), environment, tuple(modules), flags, limits.of_process())
    return order, room


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


class Begun:
    """A run that has begun, with what comes out of it.

    Attributes:
        run: The run.
        results: What it writes.
        output: What its code prints.
    """

    def __init__(self, order: warm.Order, job: int, room: Room | None) -> None:
        self._room = room
        inside, outside = _one_way()
        self.results = Drain(inside, most=RESULT_BYTES, hang_up=True)
        inside, printed = os.pipe()
        self.output = Drain(inside, most=OUTPUT_BYTES)
        try:
            streams = warm.Streams(job, outside, printed)
            self.run = warm.begin(order, streams, pidfd=room.pidfd if room else None)
        finally:
            os.close(outside)
            os.close(printed)

    def family(self) -> list[int]:
        """List its processes."""
        orphans = descendants(self._room.first) if self._room else []
        return sorted({self.run.pid, *descendants(self.run.pid), *orphans})


def _one_way() -> tuple[int, int]:
    """Open a line out of a run; return its ends, ours first.

    A socket, since whoever can write to a pipe can also open it through `/proc` and read.
    """
    if os.name == "nt":
        return os.pipe()
    ours, theirs = socket.socketpair()
    ours.shutdown(socket.SHUT_WR)
    return ours.detach(), theirs.detach()
