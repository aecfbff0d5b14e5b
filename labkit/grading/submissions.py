"""Find what each student has handed in: in folders, in a zip, in what an LMS exports.

Names decide who and what, and are used for nothing else: no file is written under a name from an
archive, no link is followed, and nothing is unpacked beyond what a notebook may weigh.

Blackboard names a file `ASSIGNMENT_USERNAME_attempt_DATETIME_NAME` and adds a text file for each
attempt (a user name with `_` in it is taken from its last `_` on). Canvas names one
`USER_ID_FILE_NAME`: the sortable name in small letters without signs, `LATE` where it is, the
user's number and the file's; of an anonymous assignment `anon_CODE_FILE_NAME`. NAME is whatever
the student calls a file, so nothing in it is taken for what the LMS wrote before it.

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
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from labkit.errors import GradingError
from labkit.files import write_whole
from labkit.grading.notebook import MAX_BYTES, Unreadable
from labkit.messages import say

MOST_MEMBERS = 20_000
MOST_IN_ONE = 50  # files in an archive that a student has handed in
MOST_BYTES = 200  # of a student's name
DEPTH = 4  # of folders below the submissions
_ODD = re.compile(r"[\x00-\x1f<>:\"|?*]")
_NAME = re.compile(r"(?<![0-9A-Za-z])\d\d_[A-Za-z]\w{0,99}", re.ASCII)
_BLACKBOARD = re.compile(r".*?_([^_]+)_attempt_(\d{4}(?:-\d\d){5})(?:_(.+)|\.txt)\Z")
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
    paths = [path for path in sorted(folder.iterdir()) if not _hidden(path.name)]
    students = [path for path in paths if path.is_dir() and not path.is_symlink()]
    export = _export([_name(path.name) for path in paths if path not in students])
    for path in paths:
        name = _name(path.name)
        if path in students:
            yield File(name, "", "", lambda: b"")  # a student, whatever the folder holds
            for inner in _walk(path, DEPTH):
                when = f"{inner.lstat().st_mtime_ns:020d}"
                yield File(name, _name(inner.name), when, partial(_read_path, inner))
        elif name in export:
            yield File(*export[name], partial(_read_path, path))


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if _hidden(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            if depth:
                yield from _walk(path, depth - 1)
        else:
            yield path


def _in_zip(path: Path) -> Iterator[File]:
    try:
        listed = _members(path)
    except Unreadable as unreadable:
        why = unreadable.facts["error"]
        raise GradingError(say("grading.not_zip", path=path, said=why)) from None
    if len(listed) > MOST_MEMBERS:
        raise GradingError(
            say("grading.many_files", path=path, came=len(listed), most=MOST_MEMBERS)
        )
    members = [(member, _harmless(member.filename)) for member in listed]
    members = [(m, names) for m, names in members if names and not any(map(_hidden, names))]
    top = 1 + _shared([names[:-1] for _, names in members])  # an LMS puts all files in one place
    export = _export([names[-1] for _, names in members if len(names) == top])
    apart = [names for _, names in members if len(names) > top or names[-1] not in export]
    shared = _shared([names[:-2] for names in apart])
    for member, names in members:
        read = _member_reader(path, member)
        if len(names) == top and names[-1] in export:
            yield File(*export[names[-1]], read)
        elif len(names) > shared + 1:
            when = "-".join(f"{part:04d}" for part in member.date_time)
            yield File(_name(_ODD.sub("_", names[shared])), names[-1], when, read)


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


def _name(name: str) -> str:
    r"""Return a name that can be written as text, and that of a file be made of.

    Examples:
        >>> _name("Åse"), _name("K\udce5re")  # a byte that is no UTF-8
        ('Åse', 'K%e5re')
    """
    raw = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return raw.replace("\\x", "%").encode()[:MOST_BYTES].decode("utf-8", "ignore")


def _hidden(name: str) -> bool:
    return name.startswith((".", "__"))


def _export(names: list[str]) -> dict[str, tuple[str, str, str]]:
    """Return (student, original name, time) of the files that Blackboard or Canvas has named.

    An export is of one LMS, so a name that looks like the other's is a student's own doing.
    """
    of_blackboard = {name: match for name in names if (match := _BLACKBOARD.match(name))}
    if 2 * len(of_blackboard) > len(names):
        return {name: (m[1], m[3] or "", m[2]) for name, m in of_blackboard.items()}
    found = {}
    for name in names:
        if match := _ANONYMOUS.match(name):
            found[name] = match[1], match[3], f"{int(match[2]):020d}"
        elif match := _CANVAS.match(name):
            found[name] = f"{match[1]}_{match[2]}", match[4], f"{int(match[3]):020d}"
    return found


def _unpacked(files: Iterable[File]) -> Iterator[File]:
    """Yield files, with the notebooks in a zip of a student's in its place."""
    for file in files:
        if not file.name.lower().endswith(".zip"):
            yield file
            continue
        try:
            raw = file.read()
            listed = _members(BytesIO(raw))[:MOST_MEMBERS]
        except Unreadable:
            continue
        members = [member for member in listed if member.filename.endswith(".ipynb")]
        for member in members[:MOST_IN_ONE]:
            names = _harmless(member.filename)
            if names and not any(map(_hidden, names)):
                yield File(file.student, names[-1], file.when, _member_reader(BytesIO(raw), member))


def _members(archive: Path | IO[bytes]) -> list[zipfile.ZipInfo]:
    """List the files in a zip.

    Raises:
        Unreadable: If it is none.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return [member for member in opened.infolist() if not member.is_dir()]
    except Exception as error:  # whatever a made-up archive leads its readers to
        raise Unreadable("unreadable", error=str(error)[:80]) from None


def _member_reader(archive: Path | IO[bytes], member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable("no_file")
        if member.file_size > MAX_BYTES:
            raise Unreadable("too_big")
        try:
            with zipfile.ZipFile(archive) as opened, opened.open(member) as file:
                raw = file.read(MAX_BYTES + 1)  # whatever its header says
        except Exception as error:  # whatever a made-up archive leads its readers to
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
