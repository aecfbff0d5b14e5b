"""Build the course: notebooks in both languages, and answer keys, from the sources."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import (
    Executor,
    Future,
    ThreadPoolExecutor,
    as_completed,
)
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labkit.course.execute import execute, kill_running
from labkit.course.freshness import Memory, difference, digest
from labkit.course.outcomes import Course, load_course
from labkit.course.render import render
from labkit.course.source import read_exercise, read_lesson
from labkit.errors import BuildError, LabkitError
from labkit.files import write_whole
from labkit.grading.task import Exercise
from labkit.materials import materials
from labkit.messages import LANGUAGES, Language, say

COMMAND = "uv run labkit build"


@dataclass
class Built:
    """What a build did, in paths relative to the checkout."""

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)  # up to date already
    removed: list[str] = field(default_factory=list)  # made from a source that is gone
    said: list[str] = field(default_factory=list)  # for the authors of exercises to look at

    def summary(self) -> str:
        """Say what the authors should know, and in one line what was done."""
        counts = (len(self.written), len(self.same), len(self.removed))
        done = say("course.built", written=counts[0], same=counts[1], removed=counts[2])
        return "\n".join([*self.said, done])


@dataclass(eq=False)
class Job:
    """One source and the files that it gives."""

    source: Path
    lesson: bool
    read: Exercise | None = None
    made: dict[str, str] = field(default_factory=dict)  # target -> text
    lines: dict[str, list[int]] = field(default_factory=dict)  # target -> source lines of cells
    said: list[str] = field(default_factory=list)  # for its author

    @property
    def name(self) -> str:
        """Name of the module."""
        return self.source.stem

    @property
    def targets(self) -> list[str]:
        """Paths of all files that this source gives."""
        folders = ["notebooks"] if self.lesson else ["solutions", "exercises"]
        targets = [f"{f}/{lang}/{self.name}.ipynb" for f in folders for lang in LANGUAGES]
        return targets if self.lesson else [*targets, f"exercises/keys/{self.name}.json"]


def build(
    names: list[str] | None = None,
    *,
    check: bool = False,
    data: bool = True,
    root: Path | None = None,
    course: Course | None = None,
    workers: int = 2,
) -> Built:
    """Build what is not up to date, or (`check`) say what is not and write nothing.

    Lessons and solutions are run. Whatever can be built is written even if something else fails.
    A build of all modules also removes built files whose source is gone.

    Args:
        names: Modules by number or name; all of them if none are given.
        check: Compare with what is on disk, pictures aside; raise if anything differs.
        data: Whether the class dataset is made ready for the notebooks, and `data/synthetic/`
            brought up to date in a build of all modules.
        root: The checkout; the one that the kit runs from if None.
        course: Outcomes and modules; the kit's own if None.
        workers: Notebooks run at a time.

    Returns:
        The paths that were written, were up to date, and were removed.

    Raises:
        InputError: If a name is not a module.
        BuildError: If a source has faults or cannot be run, or `check` finds stale files.
        DataError: If the class dataset is not the one of the manifest, and no full build is asked.
    """
    root = root or materials()
    course = course or load_course()
    wanted = {course.module(name).name for name in names or []}
    jobs = _jobs(root, wanted)
    built, problems, stale = Built(), list[str](), list[str]()
    if not wanted:
        stale += _data(root, check, built) if data else []
        if stale:  # every notebook shows the data: nothing else can be told before
            raise BuildError("\n".join([*stale, say("course.stale_mend", command=COMMAND)]))
        stale += _orphans(root, jobs, check, built)
    memory = Memory(root)
    fresh = [job for job in jobs if memory.is_fresh(job.source, job.targets)]
    built.same += [target for job in fresh for target in job.targets]
    built.said += [line for job in fresh for line in memory.said(job.source)]
    todo = [job for job in jobs if job not in fresh]
    if data and todo:
        _ready_dataset()
    for job in _run(todo, root, course, workers, problems) if todo else []:
        differing = _compare(job, root, built) if check else _write(job, root, built)
        stale += differing
        built.said += job.said
        if not differing:
            memory.note(job.source, job.targets, job.said)
    if stale:
        command = " ".join([COMMAND, *sorted(wanted)])
        problems += [*sorted(stale), say("course.stale_mend", command=command)]
    if problems:
        raise BuildError("\n".join(dict.fromkeys(problems)))
    return built


def _compare(job: Job, root: Path, built: Built) -> list[str]:
    """Say what on disk differs from what the source gives."""
    differing = []
    for target in job.targets:
        reason = difference(root / target, job.made[target], job.lines.get(target, []))
        if reason:
            differing.append(f"{target}: {reason}")
        else:
            built.same.append(target)
    return differing


def _write(job: Job, root: Path, built: Built) -> list[str]:
    for target in job.targets:
        made = job.made[target]
        if digest(root / target) == hashlib.sha256(made.encode()).hexdigest():
            built.same.append(target)
        else:
            write_whole(root / target, made)
            built.written.append(target)
    return []


def _jobs(root: Path, wanted: set[str]) -> list[Job]:
    """List the sources under `root`, lessons first."""
    jobs = [Job(path, True) for path in sorted((root / "notebooks").glob("*.py"))]
    jobs += [Job(path, False) for path in sorted((root / "solutions").glob("*.py"))]
    missing = wanted - {job.name for job in jobs}
    if missing or not jobs:
        name = min(missing, default="NN_topic")
        raise BuildError(say("course.no_source", name=name, root=root))
    return [job for job in jobs if not wanted or job.name in wanted]


def _run(
    todo: list[Job], root: Path, course: Course, workers: int, problems: list[str]
) -> Iterator[Job]:
    """Read the sources, make keys, run notebooks; yield the sources that came through whole."""
    for job in todo:
        try:
            read = (read_lesson if job.lesson else read_exercise)(job.source, course)
            job.read = replace(read, path=job.source.relative_to(root))
        except BuildError as error:
            problems.append(str(error))
    todo = [job for job in todo if job.read]
    exercises = [job for job in todo if not job.lesson]
    with TemporaryDirectory(prefix="labkit-") as folder, _progress() as progress:
        total = len(exercises) + len(LANGUAGES) * len(todo)
        bar = progress.add_task(say("course.building"), total=total)
        with ThreadPoolExecutor(workers) as pool:  # the work is done in processes of their own
            keys = {pool.submit(_make_key, job, Path(folder)): job for job in exercises}
            for _ in _gather(keys, pool, problems):
                progress.advance(bar)
            runs = {
                pool.submit(_make_notebooks, job, lang, Path(folder)): job
                for lang in LANGUAGES
                for job in todo
                if job.lesson or job.made
            }
            left = dict.fromkeys(runs.values(), len(LANGUAGES))
            for job in _gather(runs, pool, problems):
                progress.advance(bar)
                left[job] -= 1
                if not left[job] and set(job.made) == set(job.targets):
                    yield job


def _gather(futures: dict[Future[None], Job], pool: Executor, problems: list[str]) -> Iterator[Job]:
    """Yield jobs as their work is done; what a user can mend is noted and the rest goes on."""
    try:
        for future in as_completed(futures):
            try:
                future.result()
            except LabkitError as error:
                problems.append(str(error))
            yield futures[future]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        kill_running()
        raise


def _make_key(job: Job, keys: Path) -> None:
    """Make the answer key of an exercise, and put it where its notebooks find it while they run."""
    from labkit.grading.key import make_key

    assert job.read is not None
    made = make_key(job.read, tell=job.said.append)
    key = json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_whole(keys / f"{job.name}.json", key)
    job.made[f"exercises/keys/{job.name}.json"] = key


def _make_notebooks(job: Job, lang: Language, keys: Path) -> None:
    """Make the notebooks of one source in one language."""
    from nbformat import validate, writes

    assert job.read is not None
    folder = "notebooks" if job.lesson else "solutions"
    solved, lines = render(job.read, lang, solved=True)
    execute(solved, str(job.read.path), lines, keys=keys)
    notebooks = {f"{folder}/{lang}/{job.name}.ipynb": (solved, lines)}
    if not job.lesson:
        notebooks[f"exercises/{lang}/{job.name}.ipynb"] = render(job.read, lang, solved=False)
    for target, (notebook, begins) in notebooks.items():
        validate(notebook)
        job.made[target] = writes(notebook) + "\n"
        job.lines[target] = begins


def _data(root: Path, check: bool, built: Built) -> list[str]:
    """Write data/synthetic/ if it is not what the generator gives; return what is stale."""
    from labkit.world.synthetic import synthetic_is_stale, write_synthetic

    folder = root / "data" / "synthetic"
    stale = synthetic_is_stale(folder)
    if check:
        return [f"data/synthetic/{name}: {say('course.stale_content')}" for name in stale]
    if stale:
        write_synthetic(folder)
        built.written.append("data/synthetic")
    return []


def _ready_dataset() -> None:
    """Make the class dataset before any notebook does, whose outputs would show the making."""
    from labkit.world.classroom import class_dataset  # late: the generator takes seconds to load

    class_dataset()


def _orphans(root: Path, jobs: list[Job], check: bool, built: Built) -> list[str]:
    """Remove built files that no source gives any more; return them instead when checking."""
    expected = {target for job in jobs for target in job.targets}
    folders = [f"{f}/{lang}" for f in ("notebooks", "solutions", "exercises") for lang in LANGUAGES]
    found = [path for folder in folders for path in (root / folder).glob("*.ipynb")]
    found += (root / "exercises" / "keys").glob("*.json")
    orphans = [path for path in found if path.relative_to(root).as_posix() not in expected]
    names = [path.relative_to(root).as_posix() for path in orphans]
    if check:
        return [f"{name}: {say('course.stale_orphan')}" for name in names]
    for path in orphans:
        path.unlink()
    built.removed += names
    return []


@contextmanager
def _progress() -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        yield progress
