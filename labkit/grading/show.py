"""Grading as the command line shows it: progress, then what was made and what next."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from labkit.errors import Interrupted
from labkit.grading.grade import grade
from labkit.grading.release import Release
from labkit.grading.results import loader
from labkit.grading.small import without_databases
from labkit.grading.task import Exercise
from labkit.messages import say

SHOWN = 10  # names in one message


def grade_shown(
    folder: Path, out: Path, *, solutions: Path, read: Callable[[Path], Exercise], **options: Any
) -> str:
    """Grade with a progress bar.

    Args:
        folder: The submissions.
        out: Where gradebook and feedback go.
        solutions: Folder of the exercises' sources.
        read: Reads one of them.
        options: As `grade` takes them.

    Returns:
        What was made and what to do next.

    Raises:
        Interrupted: By Ctrl-C; marks so far are kept.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    load = loader(solutions, read)
    look = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*look, TimeElapsedColumn(), console=Console(stderr=True))
    shown = bar.add_task(say("grading.grading"), total=None)

    def begin(sandbox: str) -> None:
        if sandbox == "none":
            print(say("grading.no_sandbox"), file=sys.stderr)
        bar.start()

    def go_on(done: int, total: int) -> None:
        bar.update(shown, completed=done, total=total)

    try:
        graded = grade(folder, out, load=load, using=begin, progress=go_on, **options)
    except KeyboardInterrupt:
        raise Interrupted(say("grading.interrupted")) from None
    finally:
        if bar.live.is_started:
            bar.update(shown, visible=bar.tasks[0].total is not None)  # else it tells nothing
            bar.stop()
    counts = Counter(mark.status for _, _, mark in graded.marks)
    made = say(
        "grading.graded",
        n=len(graded.marks),
        students=len({student for student, _, _ in graded.marks}),
        reused=graded.reused,
        counts=", ".join(
            f"{n} {say(f'report.status_{what}')}" for what, n in sorted(counts.items())
        ),
    )
    names = sorted({name for _, name, _ in graded.marks})
    lacking = without_databases(load(name) for name in names)
    if lacking:
        made += "\n" + say("grading.no_small", tasks=", ".join(lacking))
    if options.get("release"):
        made += without_bundle(options["release"], {student for student, _, _ in graded.marks})
    then = say("report.made", **vars(graded))
    then += "\n" + say("grading.graded_next")
    return f"{made}\n{then}"


def without_bundle(release: Path, students: Iterable[str]) -> str:
    """Name the students who are not in a release on a line of its own; nothing if all are."""
    known = Release(release)
    strange = sorted(student for student in students if known.bundle_of(student) is None)
    if not strange:
        return ""
    names = ", ".join(strange[:SHOWN]) + (" …" if len(strange) > SHOWN else "")
    return "\n" + say("grading.no_bundle", folder=release, students=names)
