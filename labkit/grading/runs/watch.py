"""Watching a run from outside: the time of each step, its memory, the number of its processes."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

FILE_BYTES = 32 * 2**20
RESULT_BYTES = 32 * 2**20
OUTPUT_BYTES = 64 * 2**10
CHUNK_BYTES = 256 * 2**10
PROCESSES = 64
MANY_PROCESSES = 12  # from here on, memory that runs out is blamed on their number
POLL_SECONDS = 0.1
END_SECONDS = 1.0  # until what was written has been read
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

    def __init__(
        self,
        family: Callable[[], list[int]],
        results: "Drain",
        limits: Limits,
        *,
        place: int = 0,
    ) -> None:
        self._family, self._results, self._limits = family, results, limits
        self.step, self.finished, self.short = -1, False, False
        self._read, self._rest = place, b""
        self._began = self._step_began = time.monotonic()

    def wait(self, ended: Callable[[float], bool]) -> str:
        """Wait; `ended` waits at most so many seconds for the end and tells whether it came.

        Returns:
            `ended`, or the limit that was broken: `total_time`, `step_time`, `memory`, `processes`.
        """
        while not ended(POLL_SECONDS):
            self.look()
            now = time.monotonic()
            if now - self._began > self._limits.total_seconds:
                return "total_time"
            most = self._limits.step_seconds + GRACE_SECONDS
            if self.step >= 0 and now - self._step_began > most:
                return "step_time"
            over = self._over()
            if over:
                return over
        self.look()
        return "ended"

    def look(self) -> None:
        """Read what has come of the results."""
        new = self._results.since(self._read)
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
    """Reads what a run writes, as it comes, and keeps the first of it."""

    def __init__(self, inside: int, *, most: int, hang_up: bool = False) -> None:
        """Begin to read.

        Args:
            inside: Open file to read from; closed at the end.
            most: Bytes to keep.
            hang_up: Whether writing more than that fails, instead of being for nothing.
        """
        super().__init__(daemon=True)
        self._inside, self._most, self._hang_up = inside, most, hang_up
        self._over = False
        self._kept, self._seen, self._news = bytearray(), 0, threading.Condition()
        self.start()

    def run(self) -> None:
        """Read until the last one who may write is gone."""
        with contextlib.suppress(OSError):
            while chunk := os.read(self._inside, CHUNK_BYTES):
                with self._news:
                    self._kept += chunk[: max(0, self._most - len(self._kept))]
                    self._news.notify_all()
                if self._hang_up and self.full():
                    break
        os.close(self._inside)
        with self._news:
            self._over = True
            self._news.notify_all()

    def size(self) -> int:
        """Return how many bytes have been kept."""
        return len(self._kept)

    def full(self) -> bool:
        """Tell whether no more are kept."""
        return len(self._kept) >= self._most

    def wait(self, seconds: float) -> bool:
        """Wait at most so long for more; tell whether more may come after this."""
        with self._news:
            if not self._over and len(self._kept) == self._seen:
                self._news.wait(seconds)
            self._seen = len(self._kept)
            return not self._over

    def since(self, place: int) -> bytes:
        """Return what has been kept from a place on."""
        return bytes(self._kept[place:])

    def text(self) -> str:
        """Return what was kept, once those who wrote are gone."""
        self.join(END_SECONDS)
        return bytes(self._kept).decode("utf-8", "replace")
