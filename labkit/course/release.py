"""Individual datasets: a lab for each student or pair, with data and answer keys of its own.

```
DIR/bundles/NAME.zip       to hand out: exercises, keys, and what NAME's dataset is made from
DIR/instructor/            to keep: the secret that seeds come from, and the answers on each dataset
```
A seed is the keyed digest of a name, so the same secret makes the same bundles again, and one
student's seed tells nothing of another's. `labkit grade --release DIR` reads the instructor's part.
"""

import hmac
import json
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.course.layout import EXERCISES, HIDDEN, write_whole
from labkit.course.render import render
from labkit.course.roster import read_csv, read_roster
from labkit.course.source import read_exercise
from labkit.errors import BuildError, InputError
from labkit.grading.key import make_key, rekey
from labkit.grading.release import PRIVATE, answers_text
from labkit.grading.task import Exercise
from labkit.materials import materials
from labkit.messages import LANGUAGES, Language, say

PEOPLE = 3_000
_EPOCH = (2024, 1, 1, 0, 0, 0)  # of files in a bundle, so that the same bundle has the same bytes
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Released:
    """What a release has come to."""

    folder: Path
    made: int
    kept: int  # from an earlier run


def read_bundles(roster: Path) -> dict[str, list[str]]:
    """Read who shares a bundle: the column `pair` if the list has one, else each alone.

    Returns:
        Students by name of bundle, in the list's order.

    Raises:
        InputError: If the list cannot be used, or a name cannot be the name of a file.
    """
    students = [student.id for student in read_roster(roster)]
    bundles: dict[str, list[str]] = {}
    for student, (_, row) in zip(students, read_csv(roster, needed=("student",)), strict=True):
        bundles.setdefault(row.get("pair") or student, []).append(student)
    for name in bundles:
        if not name.strip(". ") or set(name) & set('/\\:*?"<>|') or not name.isprintable():
            raise InputError(say("release.file_name", roster=roster, name=name))
    return bundles


def release(
    out: Path,
    bundles: dict[str, list[str]],
    *,
    lang: Language | None = None,
    people: int = PEOPLE,
    names: Iterable[str] = (),
    solutions: Path | None = None,
    workers: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Released:
    """Make a bundle for each student or pair; what is there already is kept.

    Args:
        out: Folder to make, or to go on with.
        bundles: Students by name of bundle.
        lang: Language of the exercises; both by default.
        people: Size of each dataset.
        names: Exercises; all of them by default.
        solutions: Folder of their sources.
        workers: Bundles made at one time.
        progress: Called with (bundles done, in all).

    Raises:
        InputError: If an option cannot be used, or differs from that of the run to go on with.
        BuildError: If there are no exercises, or a solution fails on a student's dataset.
    """
    if not bundles:
        raise InputError(say("release.no_students"))
    solutions = solutions or materials() / "solutions"
    wanted = sorted(names) or sorted(path.stem for path in solutions.glob("[0-9][0-9]_*.py"))
    exercises = [read_exercise(solutions / f"{name}.py") for name in wanted]
    if not exercises:
        raise BuildError(say("release.no_exercises", folder=solutions))
    private = out / PRIVATE
    private.mkdir(parents=True, exist_ok=True)
    private.chmod(0o700)
    secret = _secret(private / "secret")
    languages = [lang] if lang else list(LANGUAGES)
    about = {"people": people, "languages": languages, "exercises": wanted}
    _keep(private / "release.json", about, bundles)
    keys = {exercise.name: _class_key(exercise) for exercise in exercises}
    todo = [name for name in bundles if not (out / "bundles" / f"{name}.zip").is_file()]
    done = len(bundles) - len(todo)
    progress(done, len(bundles))
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        making = [
            pool.submit(_bundle, out, name, _seed(secret, name), about, exercises, keys)
            for name in todo
        ]
        try:
            for number, future in enumerate(as_completed(making), done + 1):
                future.result()
                progress(number, len(bundles))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Released(out, len(todo), done)


def release_shown(out: Path, roster: Path, *, solutions: Path | None = None, **options: Any) -> str:
    """Make bundles with a progress bar; return what was made and what to do next."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bundles = read_bundles(roster)
    look = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*look, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        shown = bar.add_task(say("release.making"), total=len(bundles))

        def advance(done: int, total: int) -> None:
            bar.update(shown, completed=done, total=total)

        made = release(out, bundles, solutions=solutions, progress=advance, **options)
    return say(
        "release.made",
        made=made.made,
        kept=made.kept,
        bundles=out / "bundles",
        private=out / PRIVATE,
        folder=out,
    )


def _secret(path: Path) -> bytes:
    if not path.is_file():
        write_whole(path, secrets.token_hex(32).encode())
        path.chmod(0o600)
    return path.read_bytes()


def _seed(secret: bytes, name: str) -> int:
    drawn = hmac.digest(secret, name.casefold().encode(), "sha256")
    return int.from_bytes(drawn[:7], "big")


def _keep(path: Path, about: dict[str, Any], bundles: dict[str, list[str]]) -> None:
    """Write what the release is, or see that it goes on as it began."""
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
        other = next((name for name in about if earlier.get(name) != about[name]), None)
        if other:
            raise InputError(
                say(
                    "release.other_options",
                    path=path,
                    option=other,
                    earlier=repr(earlier.get(other)),
                    came=repr(about[other]),
                )
            )
        bundles = {**earlier["bundles"], **bundles}
    text = json.dumps({**about, "bundles": bundles}, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, text.encode())


def _class_key(exercise: Exercise) -> dict[str, Any]:
    """Return the key that the build made, if it is of these tasks; else make one."""
    path = materials() / "exercises" / "keys" / f"{exercise.name}.json"
    if path.is_file():
        key: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kinds = {task.id: task.kind for task in exercise.tasks}
        if {task: item["kind"] for task, item in key["tasks"].items()} == kinds:
            return key
    return make_key(exercise)


def _bundle(
    out: Path,
    name: str,
    seed: int,
    about: dict[str, Any],
    exercises: list[Exercise],
    keys: dict[str, dict[str, Any]],
) -> None:
    """Make one bundle: the answers first, the zip last, so that a zip is always whole."""
    from labkit.store import connect
    from labkit.world.generate import generate
    from labkit.world.part import Config

    with tempfile.TemporaryDirectory(prefix="labkit-release-") as folder:
        dataset = Path(folder, "dataset")
        manifest = generate(Config(people=about["people"], seed=seed), dataset)
        connect(dataset, truth=True).close()  # now, not in each of the runs
        own = {"people": about["people"], "seed": seed, "hash": manifest.hash}
        files = {f"{HIDDEN}/dataset.json": json.dumps(own)}
        for exercise in exercises:
            key, answers = rekey(keys[exercise.name], exercise, dataset)
            files[f"{HIDDEN}/keys/{exercise.name}.json"] = json.dumps(key, ensure_ascii=False)
            kept = out / PRIVATE / "answers" / name / f"{exercise.name}.json"
            write_whole(kept, answers_text(answers).encode())
            for lang in about["languages"]:
                notebook = json.dumps(render(exercise, lang, solved=False)[0], ensure_ascii=False)
                files[f"{EXERCISES[lang]}/{exercise.name}.ipynb"] = notebook
        for lang in about["languages"]:
            title = "LES-MEG.txt" if lang == "nb" else "README.txt"
            files[title] = say("release.bundle", lang, name=name)
        _zip(out / "bundles" / f"{name}.zip", f"lab-{name}", files)
        shutil.rmtree(dataset)


def _zip(path: Path, folder: str, files: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.partial")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(f"{folder}/{name}", _EPOCH), text,
                          zipfile.ZIP_DEFLATED)  # fmt: skip
    os.replace(beside, path)
