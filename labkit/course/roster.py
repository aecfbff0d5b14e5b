"""The class list that an instructor keeps: one row for each student, as CSV."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

from labkit.errors import InputError

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
            raise InputError(
                f"{path}:{number}: a student without a name. Fill in or remove the row."
            )
        if any(student.casefold() == other.id.casefold() for other in students):
            raise InputError(
                f"{path}:{number}: '{student}' is there twice. Remove one of the rows."
            )
        background = row.get("background", "").casefold()
        students.append(Student(student, _BACKGROUNDS.get(background, background)))
    if not students:
        raise InputError(f"{path}: no students. Write one in each row below the head.")
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
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8. Save it as CSV UTF-8.") from None
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV that can be read ({error}).") from None
    columns = [name.strip().casefold() for name in (lines[0] if lines else [])]
    for name in needed:
        if name not in columns:
            shown = ", ".join(columns) or "none"
            raise InputError(f"{path}: no column '{name}'. Columns: {shown}.")
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            cells += [""] * (len(columns) - len(cells))
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
            rows.append((number, row))
    return rows
