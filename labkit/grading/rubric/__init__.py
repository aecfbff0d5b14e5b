"""What people read: the rubric of a text or of a choice's reason, and what its levels earn.

A level is a whole number from 0. The task's own rubric is the setting `rubric` of its check, a list
of texts for each language; without one the course's four levels hold. Two markers who differ have
not given a level yet: the text waits until one of them changes it, or they settle on one together.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import NamedTuple

from labkit.errors import GradingError
from labkit.grading.kinds import kind_of
from labkit.grading.ledger import Level
from labkit.grading.marking import TaskMark
from labkit.grading.passing import PASS_LEVEL
from labkit.grading.task import Exercise, Task
from labkit.grading.work import Mark
from labkit.messages import LANGUAGES, Language, say

TOGETHER = "="  # the marker's name when markers who differed have settled on a level
_STANDARD_LEVELS = 4


@dataclass(frozen=True)
class Rubric:
    """What each level asks, from 0 up, by language."""

    levels: dict[Language, tuple[str, ...]]

    @property
    def top(self) -> int:
        """The highest level."""
        return len(self.levels["nb"]) - 1


class Agreement(NamedTuple):
    """What the markers of one text have come to.

    Attributes:
        level: None while nobody has read it, and while the markers differ.
        given: Level by marker.
        comments: What the markers wrote to the student.
    """

    level: int | None
    given: dict[str, int]
    comments: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether markers have given different levels and not settled on one."""
        return self.level is None and bool(self.given)


def is_written(task: Task) -> bool:
    """Tell whether a person gives the task's points."""
    return kind_of(task.kind).written


def is_read(task: Task) -> bool:
    """Tell whether a person reads what is handed in: a text, or the reason of a choice."""
    return is_written(task) or (task.kind == "choice" and bool(task.settings.get("reason")))


def rubric_of(task: Task) -> Rubric:
    """Return the task's rubric, or the course's own.

    Raises:
        GradingError: If the task's `rubric` is not two or more texts for each language.

    Examples:
        >>> task = Task("1.7", "text", 3, ("K1",), {}, "", "", "answer")
        >>> rubric_of(task).top
        3
    """
    own = task.settings.get("rubric")
    if own is None:
        places = range(_STANDARD_LEVELS)
        return Rubric({lang: tuple(say(f"rubric.level_{i}", lang) for i in places)
                       for lang in LANGUAGES})  # fmt: skip
    try:
        levels: dict[Language, tuple[str, ...]] = {lang: tuple(own[lang]) for lang in LANGUAGES}
        texts = [text for lang in LANGUAGES for text in levels[lang]]
        whole = len(levels["nb"]) == len(levels["en"]) > 1
        if not whole or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError
    except (TypeError, KeyError, ValueError):
        raise GradingError(say("author.rubric", task=task.id, came=repr(own))) from None
    return Rubric(levels)


def text_of(mark: TaskMark) -> str:
    """Return the text that a student wrote, or nothing."""
    written = mark.facts.get("written", "")
    return written if isinstance(written, str) else ""


def reading(mark: TaskMark, task: Task) -> str:
    """Tell how far the reading of a task has come, with its levels (see `with_levels`).

    Returns:
        `blank` where nothing was written, `waits` before a level has been given, `level` for one
        below the course's rule; nothing where the text is passed or there is none to read.
    """
    if not is_read(task):
        return ""
    level = mark.facts.get("level")
    if level is not None:
        return "level" if level < PASS_LEVEL else ""
    return "waits" if mark.state == "written" or text_of(mark) else "blank"


def text_digest(text: str) -> str:
    """Return what a level is kept with, so that it counts for this text alone."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def agree(levels: list[Level]) -> Agreement:
    """Put together what the markers of one text have given.

    Examples:
        >>> one = Level("kari", "1.7", "A", "", 2, "")
        >>> agree([one]).level, agree([one, one._replace(marker="B", level=1)]).level
        (2, None)
    """
    comments = tuple(given.comment for given in levels if given.comment.strip())
    given = {item.marker: item.level for item in levels}
    if TOGETHER in given:
        return Agreement(given[TOGETHER], given, comments)
    same = len(set(given.values())) == 1
    return Agreement(next(iter(given.values())) if same else None, given, comments)


def with_levels(
    rows: list[tuple[str, str, Mark]], exercises: dict[str, Exercise], levels: list[Level]
) -> list[tuple[str, str, Mark]]:
    """Return the rows with the levels that written tasks have been given.

    A written task with a level is in state `marked` and earns `level / top` of its points; a text
    that waits is in state `written` and earns nothing yet. The level of a choice's reason stands
    beside its points and changes none of them.

    Args:
        rows: (student, exercise, mark); not changed.
        exercises: By name.
        levels: Of all texts. A level of a text that has since been replaced is passed over.
    """
    given: dict[tuple[str, str, str], list[Level]] = {}
    for level in levels:
        given.setdefault((level.student, level.task, level.text_digest), []).append(level)
    made = []
    for student, name, mark in rows:
        tasks = {task.id: task for task in exercises[name].tasks}
        marked = [_marked(item, tasks[item.task], student, given) for item in mark.tasks]
        made.append((student, name, replace(mark, tasks=marked)))
    return made


def _marked(
    item: TaskMark, task: Task, student: str, given: dict[tuple[str, str, str], list[Level]]
) -> TaskMark:
    text = text_of(item)
    if not is_read(task) or not text:
        return item
    found = agree(given.get((student, task.id, text_digest(text)), []))
    if found.level is None:
        return replace(item, state="written", points=0.0) if is_written(task) else item
    top = rubric_of(task).top
    facts = {**item.facts, "level": found.level, "top": top, "comments": list(found.comments)}
    if not is_written(task):
        return replace(item, facts=facts)
    points = round(item.max_points * min(found.level, top) / top, 2)
    return replace(item, state="marked", points=points, facts=facts)
