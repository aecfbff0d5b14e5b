"""A process's descendants."""

import os
from contextlib import suppress


def descendants(pid: int) -> list[int]:
    """List the processes below one, nearest first; from `/proc`, without a look at all others."""
    if not os.path.isdir("/proc/self"):
        return _descendants_by_psutil(pid)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop(0)
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except OSError:
            continue
        for task in tasks:
            with suppress(OSError), open(f"/proc/{parent}/task/{task}/children") as file:
                children = [int(child) for child in file.read().split()]
                found += children
                waiting += children
    return found


def _descendants_by_psutil(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []
