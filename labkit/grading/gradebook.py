"""The gradebook: one row for each student and exercise, as a spreadsheet or an LMS reads it."""

import csv
import io
import re
from pathlib import Path

from labkit.files import write_whole
from labkit.grading.remarks import mark_reason
from labkit.grading.work import Mark

FIRST = ("student", "exercise", "points", "max_points", "status", "reason")
# Signs that make a spreadsheet take a cell for a formula, first in the cell or after a separator:
# a Norwegian Excel splits a line at ";" as well, so a cell may begin in the midst of another.
_FORMULA = re.compile(r"(^|[;,\t\r\n\"'|])(\s*)(?=[=+\-@＝＋－＠])")


def write_gradebook(rows: list[tuple[str, str, Mark]], path: Path) -> Path:
    """Write `gradebook.csv`: student, exercise, points, max_points, status, reason, then tasks.

    Behind the points of all tasks stand the levels that people have given, as `3.7 level`.

    Args:
        rows: (student, exercise, mark).
        path: The file, replaced in one step.
    """
    tasks = sorted({t.task for _, _, mark in rows for t in mark.tasks}, key=_by_number)
    found = {t.task for _, _, mark in rows for t in mark.tasks if "level" in t.facts}
    read = sorted(found, key=_by_number)
    lines: list[list[str]] = [[*FIRST, *tasks, *(f"{task} level" for task in read)]]
    for student, exercise, mark in rows:
        earned = {t.task: t.points for t in mark.tasks}
        total = round(sum(earned.values()), 2)
        most = sum(t.max_points for t in mark.tasks)
        cells = [student, exercise, _number(total), _number(most), mark.status]
        cells = [*cells, mark_reason(mark)]
        cells += [_number(earned[task]) if task in earned else "" for task in tasks]
        levels = {t.task: t.facts["level"] for t in mark.tasks if "level" in t.facts}
        cells += [str(levels.get(task, "")) for task in read]
        lines.append(cells)
    return write_csv(lines, path)


def write_lms_gradebooks(rows: list[tuple[str, str, Mark]], folder: Path) -> tuple[Path, Path]:
    """Write `gradebook-canvas.csv` and `gradebook-blackboard.csv`: a row for each student.

    The names of the students' folders stand as login (Canvas) and user name (Blackboard), which is
    how either finds its students. Where Canvas named the files, the number in the name is its own
    id of the student. Canvas wants five columns, `Section` the last, and a row that begins with
    Points Possible; it fills the assignment whose title is the exercise's name, or makes one.
    Blackboard wants `Username` and every cell quoted. It fills a column only by the number behind
    `|` in the title of a downloaded column. Without one it makes a text column worth 0 points: make
    it a number in Blackboard, worth the points in its title.

    Args:
        rows: (student, exercise, mark).
        folder: Where they are written, each replaced in one step.

    Returns:
        The file for Canvas and the one for Blackboard.

    Source:
        Canvas: lib/gradebook_importer.rb of github.com/instructure/canvas-lms (`header?`,
        `process_pp`, `process_student`). Blackboard Help for instructors, "Uploading or downloading
        Grade Center items for working offline".
    """
    exercises = sorted({name for _, name, _ in rows})
    most: dict[str, float] = {}
    points: dict[str, dict[str, str]] = {}
    for student, name, mark in rows:
        most[name] = max(most.get(name, 0.0), sum(t.max_points for t in mark.tasks))
        earned = _number(round(sum(t.points for t in mark.tasks), 2))
        points.setdefault(student, {})[name] = earned
    cells = {who: [of.get(name, "") for name in exercises] for who, of in points.items()}
    canvas = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *exercises]]
    canvas.append(["    Points Possible", "", "", "", "", *(_number(most[e]) for e in exercises)])
    canvas += [[who, *_canvas_ids(who), "", *own] for who, own in cells.items()]
    titles = [f"{name} [Total Pts: {_number(most[name])}]" for name in exercises]
    blackboard = [["Username", *titles], *([who, *own] for who, own in cells.items())]
    return (
        write_csv(canvas, folder / "gradebook-canvas.csv"),
        write_csv(blackboard, folder / "gradebook-blackboard.csv", quote=True),
    )


def _canvas_ids(student: str) -> tuple[str, str, str]:
    """Return ID, SIS User ID and SIS Login ID; Canvas looks for them in this order.

    Examples:
        >>> _canvas_ids("nordmannkari_334244")
        ('334244', '', 'nordmannkari_334244')
        >>> _canvas_ids("karin")
        ('', '', 'karin')
    """
    named = re.fullmatch(r"\D.*_(\d+)", student)
    return (named[1] if named else "", "", student)


def write_csv(lines: list[list[str]], path: Path, *, quote: bool = False) -> Path:
    """Write lines of text as CSV that no spreadsheet takes formulas from, in one step.

    Args:
        lines: The head first.
        path: The file.
        quote: Whether every cell stands in quotation marks.
    """
    made = io.StringIO(newline="")
    out = csv.writer(made, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL)
    out.writerows([harmless(text) for text in line] for line in lines)
    write_whole(path, made.getvalue())
    return path


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking text, or a part of it, for a formula.

    Examples:
        >>> harmless("=1+1"), harmless("Kari; =cmd()"), harmless("a-b")
        ("'=1+1", "Kari; '=cmd()", 'a-b')
    """
    text = text.replace("\0", "").encode("utf-8", "replace").decode()
    return _FORMULA.sub(r"\1\2'", text)


def _by_number(task: str) -> tuple[int, ...]:
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in task.split("."))


def _number(value: float) -> str:
    return f"{value:g}"
