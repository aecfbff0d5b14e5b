"""Laying out a lab folder: lessons and exercises beside each other, the student's work untouched.

The folder remembers, for each file, which contents the kit itself has laid there. A file that holds
one of those contents is the kit's and may be replaced by a newer one; anything else is the
student's and is never written to: the newer version is laid beside it. A notebook's content is what
its cells say. To run a notebook changes its outputs, not its content.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from labkit.errors import DataError, InputError, MachineError
from labkit.files import write_whole
from labkit.materials import materials
from labkit.messages import LANGUAGES, Language, say

HIDDEN = ".labkit"
LESSONS: dict[str, str] = {"nb": "leksjoner", "en": "lessons"}
EXERCISES: dict[str, str] = {"nb": "oppgaver", "en": "exercises"}
DICTIONARY: dict[str, str] = {"nb": "ordbok", "en": "dictionary"}
_BESIDE: dict[str, str] = {"nb": "ny", "en": "new"}
_FOREIGN = {".DS_Store", "desktop.ini", "Thumbs.db"}  # what systems put in a folder by themselves


@dataclass
class Laid:
    """What one laying out did, as paths relative to the lab folder."""

    new: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)  # the student's file, the newer one


def lay_out(folder: Path, lang: Language | None = None, *, source: Path | None = None) -> Laid:
    """Lay out lessons, exercises, dictionary and keys in `folder`, or bring them up to date.

    Languages laid out earlier are kept up to date too. A file that is gone (deleted, renamed) is
    laid out afresh, which is how a student starts an exercise again.

    Args:
        folder: The lab folder; made if missing. Must be empty or a lab folder already.
        lang: Language to lay out; the folder's own if None, bokmål in a new folder.
        source: Folder with notebooks/, exercises/ and data/synthetic/; the kit's own if None.

    Returns:
        What was done. Nothing is written to a file that the student has changed.

    Raises:
        InputError: If `folder` is a file, or holds something that is no lab.
        DataError: If the kit has no lessons or exercises in the language.
        MachineError: If the folder cannot be written to.
    """
    source = source or materials()
    _check(folder)
    state = read_state(folder)
    lang = lang or state["lang"]
    languages = [known for known in LANGUAGES if known == lang or known in state["languages"]]
    wanted = {
        f"{there}/{name}": (path.read_bytes(), known)
        for known in languages
        for here, there in (
            (f"notebooks/{known}", LESSONS[known]),
            (f"exercises/{known}", EXERCISES[known]),
            ("data/synthetic/dictionary", DICTIONARY[known]),
        )
        for name, path in _files(source / here)
    }
    if not any(name.startswith((LESSONS[lang], EXERCISES[lang])) for name in wanted):
        raise DataError(say("lab.no_materials", lang, folder=source))
    state |= {"kit": version("helsedata-labkit"), "lang": lang, "languages": languages}
    laid = Laid()
    try:
        if not (folder / HIDDEN / "dataset.json").is_file():  # else its keys are its own
            _lay_keys(source / "exercises" / "keys", folder / HIDDEN / "keys")
        steps = list(_plan(folder, state["files"], wanted, laid))
        # The contents about to be laid are remembered first: were the work cut off here, the next
        # run would still know which of the files are its own.
        write_state(folder, state)
        for path, content, name in steps:
            write_whole(folder / path, content)
            state["files"][name]["source"] = _digest(content)
        write_state(folder, state)
    except OSError as error:
        raise _not_writable(folder, error, lang) from error
    return laid


def _plan(
    folder: Path, files: dict[str, Any], wanted: Mapping[str, tuple[bytes, str]], laid: Laid
) -> Iterator[tuple[str, bytes, str]]:
    """Decide for each file of the kit where it goes; record in `files` what it will hold.

    Yields (path to write, content, name that the kit knows the file by).
    """
    for name, (content, lang) in wanted.items():
        now = fingerprint(content, name)
        known = files.setdefault(name, {"source": "", "laid": []})
        target = folder / name
        if not os.path.lexists(target):
            laid.new.append(name)
        elif known["source"] == _digest(content):
            continue
        elif _belongs_to_kit(target, known["laid"]):
            laid.renewed.append(name)
        elif target.is_file() and fingerprint(target.read_bytes(), name) == now:
            known["source"] = _digest(content)
            known["laid"].append(now)
            continue
        else:
            path = _beside(folder, files, name, lang)
            beside = files.setdefault(path, {"source": "", "laid": []})
            beside["laid"].append(now)
            laid.kept.append((name, path))
            yield path, content, name
            continue
        known["laid"] = [*(old for old in known["laid"] if old != now), now]
        yield name, content, name


def _beside(folder: Path, files: dict[str, Any], name: str, lang: str) -> str:
    """Find the path for a newer version beside the student's file: free, or still the kit's."""
    path = Path(name)
    number = 1
    while True:
        tail = _BESIDE[lang] + ("" if number == 1 else f"-{number}")
        candidate = path.with_name(f"{path.stem}-{tail}{path.suffix}").as_posix()
        target = folder / candidate
        mine = files.get(candidate, {}).get("laid", [])
        if not os.path.lexists(target) or _belongs_to_kit(target, mine):
            return candidate
        number += 1


def _belongs_to_kit(path: Path, laid: list[str]) -> bool:
    return path.is_file() and fingerprint(path.read_bytes(), path.name) in laid


def fingerprint(content: bytes, name: str) -> str:
    """Digest what a file says: of a notebook the cells, else every byte.

    Examples:
        >>> run = b'{"cells": [{"cell_type": "code", "source": ["1 + 1"], "outputs": [2]}]}'
        >>> untouched = b'{"cells": [{"cell_type": "code", "source": "1 + 1", "outputs": []}]}'
        >>> fingerprint(run, "a.ipynb") == fingerprint(untouched, "a.ipynb")
        True
    """
    if name.endswith(".ipynb"):
        try:
            cells = [
                [cell["cell_type"], "".join(cell["source"]), cell.get("attachments") or {}]
                for cell in json.loads(content)["cells"]
            ]
            return _digest(json.dumps(cells, sort_keys=True).encode())
        except (ValueError, LookupError, TypeError, AttributeError):
            pass  # no notebook, whatever its name: every byte counts
    return _digest(content)


def read_state(folder: Path) -> dict[str, Any]:
    """Read what the kit remembers about a lab folder; empty if nothing can be read."""
    empty: dict[str, Any] = {"lang": "nb", "languages": [], "files": {}, "start": []}
    try:
        state = json.loads((folder / HIDDEN / "state.json").read_text(encoding="utf-8"))
        ok = (
            state["lang"] in LANGUAGES
            and set(state["languages"]) <= set(LANGUAGES)
            and all(
                isinstance(known["laid"], list) and isinstance(known["source"], str)
                for known in state["files"].values()
            )
            and isinstance(state["start"], list)
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return empty
    return state if ok else empty


def write_state(folder: Path, state: dict[str, Any]) -> None:
    """Write what the kit remembers about a lab folder."""
    text = json.dumps(state, indent=1, sort_keys=True) + "\n"
    write_whole(folder / HIDDEN / "state.json", text.encode())


def _check(folder: Path) -> None:
    try:
        if not os.path.lexists(folder):
            return
        if not folder.is_dir():
            raise InputError(say("lab.is_file", folder=folder))
        entries = {entry.name for entry in folder.iterdir()} - _FOREIGN
    except OSError as error:
        raise _not_writable(folder, error) from error
    if entries and HIDDEN not in entries:
        raise InputError(say("lab.not_a_lab", folder=folder, what=sorted(entries)[0]))


def _not_writable(folder: Path, error: OSError, lang: Language | None = None) -> MachineError:
    why = ": ".join(str(part) for part in (error.strerror or error, error.filename) if part)
    return MachineError(say("lab.not_writable", lang, folder=folder, why=why))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
            yield name.as_posix(), path


def _lay_keys(source: Path, target: Path) -> None:
    for name, path in _files(source):
        content = path.read_bytes()
        if not (target / name).is_file() or (target / name).read_bytes() != content:
            write_whole(target / name, content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
