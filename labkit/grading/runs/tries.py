"""Functions of the kit's own, called in a sandbox: many jobs one after the other in one process.

So it is with students' queries on small databases. They are text for a DuckDB that reads, and
reaches no file; no code of a student's runs beside them, so there is nothing to clear up after one.
A process that breaks a limit or dies is ended, and its job is for a process of its own.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Sequence

from labkit.grading.runs import warm
from labkit.grading.runs.sandbox import Begun, order_in
from labkit.grading.runs.session import Step, job_of
from labkit.grading.runs.watch import Limits, Watch

MOST_JOBS = 200  # of one process
MOST_WAITING = 8  # processes that wait for another job

_waiting: "list[tuple[tuple[object, ...], Tries]]" = []
_lock = threading.Lock()


class Tries:
    """A process that waits for jobs."""

    def __init__(self, *, limits: Limits, by: str, ahead: Sequence[tuple[str, str]]) -> None:
        self._limits, self._jobs = limits, 0
        warm.warm().prepare(ahead)
        with contextlib.ExitStack() as stack:
            order, room = order_in(stack, dataset=None, limits=limits, by=by)
            ours, theirs = socket.socketpair()
            self._line = stack.enter_context(ours)
            with theirs:
                self._begun = Begun(order, theirs.fileno(), room)
            stack.callback(self._begun.run.kill)
            self._open = stack.pop_all()

    def ask(self, steps: list[Step], *, lang: str) -> str | None:
        """Do a job; return its results, or None if the process has to be ended."""
        results = self._begun.results
        watch = Watch(self._begun.family, results, self._limits, place=results.size())
        self._jobs += 1

        def ended(seconds: float) -> bool:
            until, more = time.monotonic() + seconds, True
            while more and not watch.finished and (left := until - time.monotonic()) > 0:
                more = results.wait(left)
                watch.look()
            return watch.finished or not more

        begun = results.size()
        try:
            self._line.sendall(job_of(steps, lang=lang, more=True))
        except OSError:
            return None
        watch.wait(ended)
        return results.since(begun).decode("utf-8", "replace") if watch.finished else None

    def used_up(self) -> bool:
        """Tell whether it has done its share."""
        return self._jobs >= MOST_JOBS or self._begun.results.full()

    def close(self) -> None:
        """End the process."""
        self._open.close()


def ask(
    steps: list[Step], *, lang: str, limits: Limits, by: str, ahead: Sequence[tuple[str, str]]
) -> str | None:
    """Do a job in a process that waits for one, or in a new one.

    Args:
        steps: Answers to take from functions of the kit's: no code.
        lang: Language of messages.
        limits: What a job may use.
        by: Sandbox.
        ahead: What the process finds done: see `warm.Warm.prepare`.

    Returns:
        Its results, or None if it has to be done in a process of its own.

    Raises:
        GradingError: If the sandbox cannot be made.
    """
    if not warm.AVAILABLE or any(step.code.strip() for step in steps):
        return None
    kind = (limits, by, tuple(ahead))
    with _lock:
        place = next((i for i, (other, _) in enumerate(_waiting) if other == kind), None)
        tries = None if place is None else _waiting.pop(place)[1]
    tries = tries or Tries(limits=limits, by=by, ahead=ahead)
    try:
        found = tries.ask(steps, lang=lang)
    except BaseException:
        tries.close()
        raise
    if found is None or tries.used_up():
        tries.close()
        return found
    with _lock:
        _waiting.append((kind, tries))
        gone = _waiting[:-MOST_WAITING]
        del _waiting[:-MOST_WAITING]
    for _, other in gone:
        other.close()
    return found


def close() -> None:
    """End the processes that wait."""
    with _lock:
        gone, _waiting[:] = list(_waiting), []
    for _, tries in gone:
        tries.close()
