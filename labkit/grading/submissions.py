"""Find what each student has handed in."""

import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from labkit.errors import GradingError
from labkit.grading.notebook import MAX_BYTES, Unreadable

_NAME = re.compile(r"\d\d_\w+\.ipynb\Z")


class Handed(NamedTuple):
    """One student's work on one exercise; `path` is None where nothing was handed in."""

    student: str
    exercise: str
    path: Path | None


def find(folder: Path) -> list[Handed]:
    """List the work in `FOLDER/STUDENT/NN_topic.ipynb`.

    Each student has an entry for every exercise that any of them has handed in.

    Raises:
        GradingError: If there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise GradingError(f"{folder}: no such folder. It should hold STUDENT/NN_topic.ipynb.")
    students = sorted(p for p in folder.iterdir() if _is_student(p))
    names = sorted({f.name for s in students for f in s.iterdir() if _NAME.match(f.name)})
    if not names:
        raise GradingError(
            f"{folder}: no submissions. They should lie as STUDENT/NN_topic.ipynb, "
            f"as {folder / 'kari' / '05_algebra_sql.ipynb'}."
        )
    found = []
    for student in students:
        for name in names:
            path = student / name
            there = path.is_symlink() or path.exists()
            found.append(Handed(student.name, Path(name).stem, path if there else None))
    return found


def read(path: Path) -> bytes:
    """Read a submission's bytes.

    Raises:
        Unreadable: If it is not a plain file of ordinary size; a link is not followed.
    """
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("no_file")
        if about.st_size > MAX_BYTES:
            raise Unreadable("too_big")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable("unreadable", error=error.strerror or "") from None


def exercises_of(handed: Iterable[Handed]) -> list[str]:
    """List the exercises, in order."""
    return sorted({item.exercise for item in handed})


def _is_student(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith((".", "__"))
