"""What a grading has come to so far: one SQLite file in OUT/work, written as marks come.

A run that was killed finds here what is done, and the seed that it began with.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from labkit.errors import GradingError
from labkit.messages import say

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mark (
    student TEXT NOT NULL, exercise TEXT NOT NULL, digest TEXT NOT NULL, mark TEXT NOT NULL,
    PRIMARY KEY (student, exercise)
);
CREATE TABLE IF NOT EXISTS result (
    place INTEGER PRIMARY KEY, student TEXT NOT NULL, exercise TEXT NOT NULL, mark TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS level (
    student TEXT NOT NULL, task TEXT NOT NULL, marker TEXT NOT NULL, text_digest TEXT NOT NULL,
    level INTEGER NOT NULL, comment TEXT NOT NULL,
    PRIMARY KEY (student, task, marker)
);
"""


class Level(NamedTuple):
    """What one marker gave one text.

    Attributes:
        text_digest: Of the text that was read, so that a level never counts for another text.
        level: 0 and up, as the task's rubric says.
    """

    student: str
    task: str
    marker: str
    text_digest: str
    level: int
    comment: str


class Ledger:
    """Marks and settings of one grading."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_TABLES)
        except sqlite3.Error as error:
            raise GradingError(say("grading.ledger", path=path, said=error)) from None

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

    def settle(self, rows: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Store what a whole grading has come to, in place of what stood there.

        Args:
            rows: (student, exercise, mark), also of work that is missing or cannot be read.
        """
        made = [
            (place, student, exercise, json.dumps(mark))
            for place, (student, exercise, mark) in enumerate(rows)
        ]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("DELETE FROM result")
            self._db.executemany("INSERT INTO result VALUES (?, ?, ?, ?)", made)
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def settled(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return what `settle` stored last, in order."""
        rows = self._db.execute("SELECT student, exercise, mark FROM result ORDER BY place")
        return [(student, exercise, json.loads(mark)) for student, exercise, mark in rows]

    def keep_level(self, given: Level) -> None:
        """Store a marker's level of one text at once, in place of the same marker's earlier one."""
        self._db.execute("INSERT OR REPLACE INTO level VALUES (?, ?, ?, ?, ?, ?)", given)

    def levels(self) -> list[Level]:
        """Return every level given, in a fixed order."""
        rows = self._db.execute("SELECT * FROM level ORDER BY student, task, marker")
        return [Level(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
