"""One process at a time: a lock file that holds the process id of its owner."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from labkit.errors import MachineError
from labkit.messages import say

POLL_SECONDS = 0.1


class LockedError(MachineError):
    """Another process is at work there."""


@contextmanager
def lock(path: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold a lock file; one left by a process that is gone is taken over.

    Raises:
        LockedError: If another process still holds it after `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    while not _take(path):
        if time.monotonic() >= deadline:
            raise LockedError(say("store.locked", folder=path.parent, process=_owner(path)))
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path) -> bool:
    """Take the lock by linking a finished file, so that nobody sees it without its owner."""
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.write_text(str(os.getpid()), encoding="ascii")
    try:
        owner = _owner(path)
        if owner is not None and owner != os.getpid() and not psutil.pid_exists(owner):
            path.unlink(missing_ok=True)
        os.link(mine, path)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        mine.unlink(missing_ok=True)


def _owner(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
