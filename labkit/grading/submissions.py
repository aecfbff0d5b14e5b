"""Find what each student has handed in: in folders, in a zip, in what an LMS exports.

Names decide who and what, and are used for nothing else: no file is written under a name from an
archive, no link is followed, and nothing is unpacked beyond what a notebook may weigh.

Blackboard names a file `ASSIGNMENT_USERNAME_attempt_DATETIME_NAME` and adds a text file for each
attempt (a user name with `_` in it is taken from its last `_` on). Canvas names one
`USER_ID_FILE_NAME`: the sortable name in small letters without signs, `LATE` where it is, the
user's number and the file's; of an anonymous assignment `anon_CODE_FILE_NAME`.

Source:
    Blackboard: README of github.com/kwurst/bb-file-cleanup. Canvas: lib/content_zipper.rb of
    github.com/instructure/canvas-lms, `get_filename` and `add_upload_submission`.
"""

import hashlib
import json
import re
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from labkit.errors import GradingError
from labkit.files import write_whole
from labkit.grading.notebook import MAX_BYTES, Unreadable
from labkit.messages import say

MOST_MEMBERS = 20_000
MOST_IN_ONE = 50  # files in an archive that a student has handed in
DEPTH = 4  # of folders below the submissions
_ODD = re.compile(r"[\x00-\x1f<>:\"|?*]")
_NAME = re.compile(r"(?<![0-9A-Za-z])\d\d_[A-Za-z]\w*")
_BLACKBOARD = re.compile(r".*_([^_]+)_attempt_(\d{4}(?:-\d\d){5})(?:_(.+)|\.txt)\Z")
_CANVAS = re.compile(r"(.+?)_(?:LATE_)?(\d+)_(\d+)_(.+)\Z")
_ANONYMOUS = re.compile(r"(?:LATE_)?(anon_[0-9A-Za-z]+)_(\d+)_(.+)\Z")


class Handed(NamedTuple):
    """One student's work on one exercise.

    Attributes:
        student, exercise: Whose, and of what.
        files: What was handed in, the newest last; empty where nothing was.
    """

    student: str
    exercise: str
    files: tuple["File", ...]


class File(NamedTuple):
    """One file that was handed in."""

    student: str
    name: str
    when: str  # sorts by time
    read: Callable[[], bytes]  # raises Unreadable


def find(source: Path, *, known: Callable[[str], bool]) -> list[Handed]:
    """List the work in a folder or zip.

    Both may hold `STUDENT/NN_topic.ipynb`, or files named as Blackboard and Canvas do. A notebook's
    exercise is told by its name, or else by what the kit has written in it. A student may hand in a
    zip. Each student has an entry for every exercise that any of them has handed in.

    Args:
        source: The folder or zip.
        known: Whether there is an exercise of a name.

    Raises:
        GradingError: If there is no such folder or zip, or no notebook in it.
    """
    if source.is_dir():
        found = list(_in_folder(source))
    elif source.is_file():
        found = list(_in_zip(source))
    else:
        raise GradingError(say("grading.no_submissions", path=source))
    students = sorted({file.student for file in found})
    work: dict[tuple[str, str], list[File]] = {}
    nameless = []
    for file in _unpacked(found):
        if not file.name.lower().endswith(".ipynb"):
            continue
        exercise = _exercise_of(file, known)
        if exercise:
            work.setdefault((file.student, exercise), []).append(file)
        else:
            nameless.append(file)
    exercises = sorted({exercise for _, exercise in work})
    if not exercises:
        raise GradingError(
            say(
                "grading.no_notebooks",
                path=source,
                example=source / "kari" / "05_algebra_sql.ipynb",
            )
        )
    for file in nameless if len(exercises) == 1 else ():
        work.setdefault((file.student, exercises[0]), []).append(file)
    return [
        Handed(student, name, tuple(sorted(work.get((student, name), ()), key=_by_time)))
        for student in students
        for name in exercises
    ]


def take(handed: Handed, folder: Path) -> bytes | None:
    """Keep a copy of all that was handed in, and return the newest that can be read.

    Args:
        handed: One student's work.
        folder: Where copies go, named by their content.

    Raises:
        Unreadable: If there is work, and none of it can be read as a file of ordinary size.
    """
    newest, trouble = None, None
    for file in handed.files:
        try:
            newest, trouble = file.read(), None
        except Unreadable as unreadable:
            trouble = unreadable
            continue
        _keep(newest, folder / f"{hashlib.sha256(newest).hexdigest()}.ipynb")
    if trouble and newest is None:
        raise trouble
    return newest


def _keep(raw: bytes, path: Path) -> None:
    if not path.exists():
        write_whole(path, raw)


def _in_folder(folder: Path) -> Iterator[File]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        if path.is_dir() and not path.is_symlink():
            yield File(path.name, "", "", lambda: b"")  # a student, whatever the folder holds
            for inner in _walk(path, DEPTH):
                yield _file(inner, path.name)
        elif _of_lms(path.name):
            yield _file(path, "")


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        if path.is_dir() and not path.is_symlink():
            if depth:
                yield from _walk(path, depth - 1)
        else:
            yield path


def _file(path: Path, student: str) -> File:
    told = _of_lms(path.name)
    if told and not student:
        return File(*told, lambda: _read_path(path))
    when = f"{path.lstat().st_mtime_ns:020d}"
    return File(student, path.name, when, lambda: _read_path(path))


def _in_zip(path: Path) -> Iterator[File]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise GradingError(say("grading.not_zip", path=path, said=error)) from None
    if len(members) > MOST_MEMBERS:
        raise GradingError(
            say("grading.many_files", path=path, came=len(members), most=MOST_MEMBERS)
        )
    parts = {member.filename: _harmless(member.filename) for member in members}
    inside = [p for p in parts.values() if p and not _of_lms(p[-1])]
    shared = _shared([p[:-2] for p in inside])
    for member in members:
        names = parts[member.filename]
        if not names or any(name.startswith((".", "__")) for name in names):
            continue
        read = _member_reader(path, member)
        told = _of_lms(names[-1])
        if told:
            yield File(*told, read)
        elif len(names) > shared + 1:
            when = "-".join(f"{part:04d}" for part in member.date_time)
            yield File(_ODD.sub("_", names[shared])[:100], names[-1], when, read)


def _shared(folders: list[list[str]]) -> int:
    """Count the folders that all lie in."""
    depth = 0
    while folders and all(len(f) > depth and f[depth] == folders[0][depth] for f in folders):
        depth += 1
    return depth


def _harmless(name: str) -> list[str]:
    """Split a member's name into parts, without those that lead elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return [part for part in parts if part not in ("/", "..", ".") and not part.endswith(":")]


def _of_lms(name: str) -> tuple[str, str, str] | None:
    """Return (student, original name, time) from a file name of Blackboard's or Canvas's."""
    if match := _BLACKBOARD.match(name):
        return match[1], match[3] or "", match[2]
    if match := _ANONYMOUS.match(name):
        return match[1], match[3], f"{int(match[2]):020d}"
    if match := _CANVAS.match(name):
        return f"{match[1]}_{match[2]}", match[4], f"{int(match[3]):020d}"
    return None


def _unpacked(files: Iterable[File]) -> Iterator[File]:
    """Yield files, with the notebooks in a zip of a student's in its place."""
    for file in files:
        if not file.name.lower().endswith(".zip"):
            yield file
            continue
        try:
            raw = file.read()
            with zipfile.ZipFile(BytesIO(raw)) as archive:
                members = [
                    m for m in archive.infolist()[:MOST_MEMBERS] if m.filename.endswith(".ipynb")
                ]
        except (Unreadable, OSError, zipfile.BadZipFile):
            continue
        for member in members[:MOST_IN_ONE]:
            names = _harmless(member.filename)
            if names and not any(name.startswith((".", "__")) for name in names):
                yield File(file.student, names[-1], file.when, _member_reader(BytesIO(raw), member))


def _member_reader(archive: Path | IO[bytes], member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable("no_file")
        if member.file_size > MAX_BYTES:
            raise Unreadable("too_big")
        try:
            with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
                raw = file.read(MAX_BYTES + 1)  # whatever its header says
        except (
            OSError,
            RuntimeError,
            NotImplementedError,
            ValueError,
            zipfile.BadZipFile,
        ) as error:
            raise Unreadable("unreadable", error=str(error)[:80]) from None
        if len(raw) > MAX_BYTES:
            raise Unreadable("too_big")
        return raw

    return read


def _read_path(path: Path) -> bytes:
    """Read a file's bytes; a link is not followed, and a pipe or device is not opened."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("no_file")
        if about.st_size > MAX_BYTES:
            raise Unreadable("too_big")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable("unreadable", error=error.strerror or "") from None


def _exercise_of(file: File, known: Callable[[str], bool]) -> str | None:
    match = _NAME.search(file.name)
    name = match[0] if match else ""
    while name:
        if known(name):
            return name
        name = name.rpartition("_")[0]
    try:
        told = json.loads(file.read())["metadata"]["labkit"]["name"]
    except (Unreadable, ValueError, LookupError, TypeError, RecursionError):
        return None
    return told if isinstance(told, str) and _NAME.fullmatch(told) and known(told) else None


def _by_time(file: File) -> tuple[str, str]:
    return file.when, file.name
