"""Watching a run from outside: the time of each step, its memory, the number of its processes."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

FILE_BYTES = 32 * 2**20
OUTPUT_BYTES = 64 * 2**10
PROCESSES = 64
MANY_PROCESSES = 12  # from here on, memory that runs out is blamed on their number
POLL_SECONDS = 0.1
GRACE_SECONDS = 1.5  # a cell that runs out of time is first stopped from inside


@dataclass(frozen=True)
class Limits:
    """What one run may use."""

    step_seconds: float = 30.0
    total_seconds: float = 120.0
    memory_bytes: int = 2 * 2**30

    def of_process(self) -> dict[str, int]:
        """Return the limits of each process by name, as `resource` names them."""
        return {
            # twice the memory that may be used: libraries reserve more than they touch
            "AS": 2 * self.memory_bytes + 2**30,
            "FSIZE": FILE_BYTES,
            "CORE": 0,
            "NOFILE": 256,
            "CPU": int(self.total_seconds) + 10,
        }


class Watch:
    """Looks at a run until it ends or breaks a limit.

    Attributes:
        step: Place of the last step that was begun, -1 for none.
        finished: Whether the session wrote that it reached its end.
        short: Whether it wrote that a cell asked for more memory than there is.
    """

    def __init__(self, family: Callable[[], list[int]], results: Path, limits: Limits) -> None:
        self._family, self._results, self._limits = family, results, limits
        self.step, self.finished, self.short = -1, False, False
        self._read, self._rest = 0, b""
        self._began = self._step_began = time.monotonic()

    def wait(self, ended: Callable[[float], bool]) -> str:
        """Wait; `ended` waits at most so many seconds for the end and tells whether it came.

        Returns:
            `ended`, or the limit that was broken: `total_time`, `step_time`, `memory`, `processes`.
        """
        while not ended(POLL_SECONDS):
            self._look()
            now = time.monotonic()
            if now - self._began > self._limits.total_seconds:
                return "total_time"
            most = self._limits.step_seconds + GRACE_SECONDS
            if self.step >= 0 and now - self._step_began > most:
                return "step_time"
            over = self._over()
            if over:
                return over
        self._look()
        return "ended"

    def _look(self) -> None:
        with open(self._results, "rb") as file:
            file.seek(self._read)
            new = file.read(FILE_BYTES)
        self._read += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            if line.startswith(b'{"begin": ') and len(line) < 40:
                place = line[10:-1]
                if place.isdigit() and int(place) == self.step + 1:
                    self.step += 1
                    self._step_began = time.monotonic()
            self.finished = self.finished or line.startswith(b'{"end": ')
            self.short = self.short or line.startswith(b'{"memory": ')

    def _over(self) -> str:
        family = self._family()
        if len(family) > PROCESSES:
            return "processes"
        most = self._limits.memory_bytes
        if sum(map(resident_bytes, family)) <= most or sum(map(_share_bytes, family)) <= most:
            return ""
        return "processes" if len(family) > MANY_PROCESSES else "memory"


def resident_bytes(pid: int) -> int:
    """Return the memory that a process touches, what it shares with others included; 0 if gone."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        pass
    except (OSError, IndexError):
        return 0
    if os.path.isdir("/proc/self"):
        return 0
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _share_bytes(pid: int) -> int:
    """Return a process's share of memory: what it has in common with others is divided by them."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resident_bytes(pid)


class Drain(threading.Thread):
    """Reads all that a run prints and keeps the first of it."""

    def __init__(self, stream: BufferedReader) -> None:
        super().__init__(daemon=True)
        self._stream, self._kept = stream, b""
        self.start()

    def run(self) -> None:
        """Read until the last one who may print is gone."""
        while chunk := self._stream.read1(65_536):
            self._kept += chunk[: max(0, OUTPUT_BYTES - len(self._kept))]

    def text(self) -> str:
        """Return what was kept."""
        self.join(1)
        return self._kept.decode("utf-8", "replace")


def read_capped(path: Path) -> str:
    """Read the first of a file that may hold anything."""
    with open(path, "rb") as file:
        return file.read(FILE_BYTES).decode("utf-8", "replace")
