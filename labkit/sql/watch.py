"""Interrupting what runs too long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_POLL_SECONDS = 0.1


class Watch:
    """Interrupts an execution that lasts too long; one thread for many executions.

    DuckDB forgets an interrupt that comes while nothing runs, as between two pieces of a result, so
    it is given again until the execution is over. None comes after that.

    Attributes:
        late: Set once an execution has lasted too long.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.late = threading.Event()
        self._due: tuple[float, duckdb.DuckDBPyConnection] | None = None
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, con: "duckdb.DuckDBPyConnection") -> Iterator[None]:
        """Watch what runs inside."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()
        self._due = (time.monotonic() + self.seconds, con)
        try:
            yield
        finally:
            with self._turn:
                self._due = None

    def _look(self) -> None:
        while not self._over.wait(min(_POLL_SECONDS, self.seconds / 4)):
            with self._turn:
                if self._due is not None and time.monotonic() > self._due[0]:
                    self.late.set()
                    self._due[1].interrupt()

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
