"""Grade a class: every submission on a hidden dataset, marks stored as they come."""

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from labkit.errors import GradingError, InputError
from labkit.grading import submissions
from labkit.grading.hidden import hidden_dataset, with_truth
from labkit.grading.key import run_author
from labkit.grading.kinds import prepared
from labkit.grading.ledger import Ledger
from labkit.grading.marking import Markers
from labkit.grading.notebook import Unreadable
from labkit.grading.place import Place, place_of, sandbox_of
from labkit.grading.release import Release
from labkit.grading.results import write_results
from labkit.grading.rubric import with_levels
from labkit.grading.runs.sandbox import Limits
from labkit.grading.small import databases_of
from labkit.grading.submissions import Handed
from labkit.grading.task import Exercise
from labkit.grading.work import Mark, grade_one, no_mark
from labkit.messages import say

STEPS_IN_ALL = 4  # a whole run may take this many times the time of one cell
Progress = Callable[[int, int], None]  # submissions done, in all


@dataclass(frozen=True)
class Graded:
    """What a grading has come to.

    Attributes:
        marks: (student, exercise, mark), in order.
        reused: How many of them had been marked before.
        gradebook: The CSV file.
        feedback: Folder of the feedback pages.
        report: The class report.
        sandbox: `bwrap`, `unshare` or `none`.
    """

    marks: list[tuple[str, str, Mark]]
    reused: int
    gradebook: Path
    feedback: Path
    report: Path
    sandbox: str


def grade(
    folder: Path,
    out: Path,
    *,
    load: Callable[[str], Exercise],
    people: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    timeout: float = 30.0,
    by: str | None = None,
    release: Path | None = None,
    cluster: str | None = None,
    using: Callable[[str], None] = lambda sandbox: None,
    progress: Progress = lambda done, total: None,
) -> Graded:
    """Grade a class's notebooks into a gradebook and feedback pages.

    Of a student's repeated work the newest counts; all is kept in `OUT/work/handed-in`. Marks are
    kept in `OUT/work` as they come: after a kill, the same call goes on where it stopped.

    Args:
        folder: The submissions: a folder or zip, as `submissions.find` reads it.
        out: Folder for gradebook, feedback and work.
        load: Reads an exercise with its solutions by name; GradingError if there is none.
        people: Size of the hidden dataset; as the class dataset by default.
        seed: Its seed; drawn by the operating system, and kept in `OUT/work`, by default.
        workers: Submissions run at one time; by default one for each core, or what the cluster can
            take.
        timeout: Seconds for one cell. A whole notebook has four times as many.
        by: Sandbox to use; the strongest that works where the runs are by default.
        release: Folder of `labkit release`, if the class has individual datasets.
        cluster: Address of a dask.distributed scheduler: submissions are then run by its workers,
            which must have this version of the kit, and marked here.
        using: Called with the sandbox, before anything runs.
        progress: Called with (submissions done, in all).

    Raises:
        InputError: If an option cannot be used.
        GradingError: If there is nothing to grade or a solution fails on the hidden dataset.
        MachineError: If the cluster or the sandbox cannot be used.
    """
    if workers is not None and workers < 1:
        raise InputError(say("grading.workers", came=workers))
    if not 1 <= timeout <= 3600:
        raise InputError(say("grading.timeout", came=timeout))
    out = out.absolute()  # the runs have working folders of their own
    shelf: dict[str, Exercise | None] = {}

    def known(name: str) -> bool:
        if name not in shelf:
            try:
                shelf[name] = load(name)
            except GradingError:
                shelf[name] = None
        return shelf[name] is not None

    handed = submissions.find(folder, known=known)
    named = {item.exercise for item in handed}
    exercises = {name: read for name, read in shelf.items() if read and name in named}
    released = Release(release) if release else None
    out.mkdir(parents=True, exist_ok=True)
    work = out / "work"
    work.mkdir(mode=0o700, exist_ok=True)
    limits = Limits(step_seconds=timeout, total_seconds=STEPS_IN_ALL * timeout)
    with closing(place_of(cluster)) as place, closing(Ledger(work / "grading.sqlite")) as ledger:
        sandbox = sandbox_of(by, place)
        using(sandbox)
        room = _Room(work, ledger, exercises, people, seed, limits, place, sandbox, released)
        slots = workers or place.slots
        marks, reused = _mark_all(handed, room, work / "handed-in", slots, progress)
        ledger.forget_others((item.student, item.exercise) for item in handed)
        rows = [(h.student, h.exercise, marks[h.student, h.exercise]) for h in handed]
        ledger.settle((student, name, mark.to_json()) for student, name, mark in rows)
        rows = with_levels(rows, exercises, ledger.levels())
    made = write_results(out, rows, exercises)
    return Graded(rows, reused, made.gradebook, made.feedback, made.report, room.by)


class _Room:
    """All that marking needs, made when the first submission needs it."""

    def __init__(
        self,
        work: Path,
        ledger: Ledger,
        exercises: dict[str, Exercise],
        people: int | None,
        seed: int | None,
        limits: Limits,
        place: Place,
        by: str,
        release: Release | None,
    ) -> None:
        from labkit.world.part import Config

        self.ledger, self.limits, self.release = ledger, limits, release
        self.place, self.by = place, by
        self.dataset = hidden_dataset(
            work, ledger, people=Config().people if people is None else people, seed=seed
        )
        drawn = _digest(self.dataset.parent.name)  # tells students' code nothing of the seed
        self.exercises = {name: prepared(e, seed=drawn) for name, e in exercises.items()}
        self._markers: dict[str, Markers] = {}
        self._databases = {name: databases_of(e) for name, e in self.exercises.items()}
        self._sources = {
            name: _digest([asdict(e), self._databases[name]]) for name, e in self.exercises.items()
        }

    def conditions(self, exercise: str, student: str) -> str:
        """Digest all but the submission that a mark depends on."""
        return _digest(
            [version("helsedata-labkit"), self._sources[exercise], str(self.dataset.parent.name),
             asdict(self.limits), self.by,
             self.release.digest(student, exercise) if self.release else ""]
        )  # fmt: skip

    def markers_of(self, name: str, student: str) -> Markers:
        """Return the references for a student: beside the hidden one, their own dataset's."""
        own = self.release.answers(student, name) if self.release else {}
        return self.markers(name).with_class(own) if own else self.markers(name)

    def markers(self, name: str) -> Markers:
        """Run an exercise's solutions on the hidden and on the class dataset, once."""
        if name not in self._markers:
            exercise = self.exercises[name]
            hidden = run_author(exercise, datasets=[with_truth(self.dataset)])[0]
            known = run_author(exercise, datasets=[None], wrong=False)[0]
            for task in exercise.tasks:
                for where, outcomes in (("hidden", hidden), ("class", known)):
                    outcome = outcomes.get(task.id)
                    if outcome is None or outcome.answer is None:
                        why = outcome.reason if outcome else say("grading.not_reached")
                        raise GradingError(
                            say(
                                "grading.no_solution",
                                path=exercise.path,
                                line=task.line,
                                task=task.id,
                                where=say(f"grading.on_{where}"),
                                why=why,
                            )
                        )
            self._markers[name] = Markers(exercise, hidden, known, self._databases[name])
        return self._markers[name]


def _mark_all(
    handed: list[Handed], room: _Room, copies: Path, workers: int, progress: Progress
) -> tuple[dict[tuple[str, str], Mark], int]:
    marks: dict[tuple[str, str], Mark] = {}
    waiting: list[tuple[Handed, bytes, str]] = []
    for item in handed:
        exercise, who = room.exercises[item.exercise], (item.student, item.exercise)
        try:
            raw = submissions.take(item, copies)
        except Unreadable as unreadable:
            marks[who] = no_mark(
                exercise, "unreadable", reason=unreadable.reason, **unreadable.facts
            )
            continue
        if raw is None:
            marks[who] = no_mark(exercise, "missing")
            continue
        conditions = room.conditions(item.exercise, item.student)
        digest = hashlib.sha256(raw + conditions.encode()).hexdigest()
        kept = room.ledger.find(*who, digest)
        if kept is None:
            waiting.append((item, raw, digest))
        else:
            marks[who] = Mark.from_json(kept)
    reused = len(marks)
    progress(reused, len(handed))
    for name in sorted({item.exercise for item, _, _ in waiting}):
        room.markers(name)
    with _nothing_to_collect(), ThreadPoolExecutor(workers) as pool:
        running: dict[Future[Mark], tuple[Handed, str]] = {}
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    item, raw, digest = waiting.pop(0)
                    running[pool.submit(_mark_one, raw, item, room)] = (item, digest)
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    item, digest = running.pop(future)
                    mark = future.result()
                    who = (item.student, item.exercise)
                    if mark.status != "unmarked":  # that one is tried again
                        room.ledger.keep(*who, digest, mark.to_json())
                    marks[who] = mark
                    progress(len(marks), len(handed))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return marks, reused


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Keep what is there from the collector, which would go through it for every large answer."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _mark_one(raw: bytes, item: Handed, room: _Room) -> Mark:
    return grade_one(
        raw,
        room.exercises[item.exercise],
        room.markers_of(item.exercise, item.student),
        partial(room.place.run, dataset=room.dataset, limits=room.limits, by=room.by),
        step_seconds=room.limits.step_seconds,
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
