"""The class list that an instructor keeps: one row for each student, as CSV."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

from labkit.errors import InputError
from labkit.messages import say

_BACKGROUNDS = {  # what lists say -> what the kit says
    "health": "health",
    "helse": "health",
    "helsefag": "health",
    "informatics": "informatics",
    "informatikk": "informatics",
    "it": "informatics",
    "ikt": "informatics",
}


class Student(NamedTuple):
    """One student of a class."""

    id: str
    background: str  # "health", "informatics", or another word of the list's own; may be empty


def read_roster(path: Path) -> list[Student]:
    """Read a class list with the column `student` and, if it has one, `background`.

    Separators may be commas, semicolons or tabs. Of backgrounds, `helse` and `informatikk` mean
    `health` and `informatics`; other words stand as they are.

    Args:
        path: The CSV file.

    Returns:
        The students in the list's order.

    Raises:
        InputError: If the file cannot be read, lacks the column, is empty, or names one twice.
    """
    students: list[Student] = []
    for number, row in read_csv(path, needed=("student",)):
        student = row["student"]
        if not student:
            raise InputError(say("pairs.nameless", path=path, line=number))
        if any(student.casefold() == other.id.casefold() for other in students):
            raise InputError(say("pairs.twice", path=path, line=number, student=student))
        background = row.get("background", "").casefold()
        students.append(Student(student, _BACKGROUNDS.get(background, background)))
    if not students:
        raise InputError(say("pairs.empty", path=path))
    return students


def read_csv(path: Path, *, needed: tuple[str, ...] = ()) -> list[tuple[int, dict[str, str]]]:
    """Read a small CSV that people write by hand: any separator, with or without a BOM.

    Args:
        path: The file.
        needed: Columns that must be there.

    Returns:
        (line, row) for each row that is not empty, with column names in lower case.

    Raises:
        InputError: If it cannot be read or lacks a column.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(say("pairs.unread", path=path, said=error.strerror)) from None
    except UnicodeDecodeError:
        raise InputError(say("pairs.not_utf8", path=path)) from None
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError(say("pairs.not_csv", path=path, said=error)) from None
    columns = [name.strip().casefold() for name in (lines[0] if lines else [])]
    for name in needed:
        if name not in columns:
            shown = ", ".join(columns) or "-"
            raise InputError(say("pairs.no_column", path=path, column=name, known=shown))
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            cells += [""] * (len(columns) - len(cells))
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
            rows.append((number, row))
    return rows
