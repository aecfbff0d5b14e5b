"""What a grading has come to so far: one SQLite file in OUT/work, written as marks come.

A run that was killed finds here what is done, and the seed that it began with.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labkit.errors import GradingError

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mark (
    student TEXT NOT NULL, exercise TEXT NOT NULL, digest TEXT NOT NULL, mark TEXT NOT NULL,
    PRIMARY KEY (student, exercise)
);
"""


class Ledger:
    """Marks and settings of one grading."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_TABLES)
        except sqlite3.Error as error:
            raise GradingError(
                f"{path}: cannot be used ({error}). Remove it to grade from the beginning."
            ) from None

    def setting(self, name: str, value: str | None = None) -> str | None:
        """Return a setting; the first value that is given stays."""
        if value is not None:
            self._db.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, value))
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def find(self, student: str, exercise: str, digest: str) -> dict[str, Any] | None:
        """Return the mark of the same work under the same conditions, if there is one."""
        row = self._db.execute(
            "SELECT mark FROM mark WHERE student = ? AND exercise = ? AND digest = ?",
            (student, exercise, digest),
        ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def keep(self, student: str, exercise: str, digest: str, mark: dict[str, Any]) -> None:
        """Store a mark at once."""
        self._db.execute(
            "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)",
            (student, exercise, digest, json.dumps(mark)),
        )

    def forget_others(self, kept: Iterable[tuple[str, str]]) -> None:
        """Drop marks of students and exercises that are no longer among the submissions."""
        kept = set(kept)
        rows = self._db.execute("SELECT student, exercise FROM mark").fetchall()
        gone = [row for row in rows if tuple(row) not in kept]
        self._db.executemany("DELETE FROM mark WHERE student = ? AND exercise = ?", gone)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
