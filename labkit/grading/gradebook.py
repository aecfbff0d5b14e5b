"""The gradebook: one row for each student and exercise, as a spreadsheet or an LMS reads it."""

import csv
import os
from pathlib import Path

from labkit.grading.remarks import mark_reason
from labkit.grading.work import Mark

FIRST = ("student", "exercise", "points", "max_points", "status", "reason")


def write_gradebook(rows: list[tuple[str, str, Mark]], path: Path) -> Path:
    """Write `gradebook.csv`: student, exercise, points, max_points, status, reason, then tasks.

    Args:
        rows: (student, exercise, mark).
        path: The file, replaced in one step.
    """
    tasks = sorted({t.task for _, _, mark in rows for t in mark.tasks}, key=_by_number)
    beside = path.with_name(f".{path.name}.partial")
    with open(beside, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow([*FIRST, *tasks])
        for student, exercise, mark in rows:
            earned = {t.task: t.points for t in mark.tasks}
            total = round(sum(earned.values()), 2)
            most = sum(t.max_points for t in mark.tasks)
            cells = [student, exercise, _number(total), _number(most), mark.status]
            cells = [*cells, mark_reason(mark)]
            cells += [_number(earned[task]) if task in earned else "" for task in tasks]
            out.writerow([_harmless(text) for text in cells])
    os.replace(beside, path)
    return path


def _by_number(task: str) -> tuple[int, ...]:
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in task.split("."))


def _number(value: float) -> str:
    return f"{value:g}"


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
