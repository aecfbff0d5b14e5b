"""The desk at which one marker reads texts: what waits, what was given, who differs."""

import ast
import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from labkit.errors import GradingError, InputError
from labkit.grading.gradebook import write_gradebook, write_lms_gradebooks
from labkit.grading.ledger import Level
from labkit.grading.results import ledger_of, read_results, write_results
from labkit.grading.rubric import (
    TOGETHER,
    Agreement,
    agree,
    is_read,
    rubric_of,
    text_digest,
    text_of,
)
from labkit.grading.task import Exercise, Task
from labkit.grading.work import Mark
from labkit.messages import Language, say

MOST_COMMENT = 2_000  # characters


class Text(NamedTuple):
    """One text to be marked.

    Attributes:
        id: Says nothing about the student, nor does the order of ids.
        text: As the student wrote it: it may hold anything.
        chosen: Of a choice, the options that the text gives the reason for.
    """

    id: str
    student: str
    task: Task
    text: str
    lang: Language
    chosen: tuple[str, ...] = ()


class Desk:
    """The texts of a grading as one marker sees them.

    Args:
        out: Folder of the grading.
        load: Reads an exercise by name.
        marker: The marker's name or initials.
        names: Whether students' names are shown.

    Raises:
        GradingError: If nothing has been graded there, or no text has been handed in.
        InputError: If the marker has no name of their own.
    """

    def __init__(
        self, out: Path, load: Callable[[str], Exercise], *, marker: str, names: bool = False
    ) -> None:
        marker = marker.strip()
        if not marker or marker == TOGETHER or len(marker) > 60:
            raise InputError(say("rubric.no_marker", came=marker[:60]))
        self.out, self.marker, self.names = out, marker, names
        rows, self.exercises = read_results(out, load)
        with ledger_of(out) as ledger:
            salt = ledger.setting("text_salt", secrets.token_hex(16)) or ""
        tasks = [task for exercise in self.exercises.values() for task in exercise.tasks]
        by_id = {task.id: task for task in tasks}
        found = [
            Text(
                _id(salt, student, item.task),
                student,
                by_id[item.task],
                text_of(item),
                _lang(mark),
                tuple(item.facts.get("chosen", ())),
            )
            for student, _, mark in rows
            for item in mark.tasks
            if is_read(by_id[item.task]) and text_of(item)
        ]
        if not found:
            raise GradingError(say("rubric.no_texts", folder=out))
        place = {task.id: number for number, task in enumerate(tasks)}
        # one task at a time; each marker in another order, so that neither is always the tired one
        self.texts = sorted(found, key=lambda t: (place[t.task.id], _id(marker, t.id)))

    def text(self, wanted: str) -> Text:
        """Find a text by its id.

        Raises:
            InputError: If there is none.
        """
        for text in self.texts:
            if text.id == wanted:
                return text
        raise InputError(say("rubric.no_text", came=wanted[:40]))

    def agreements(self) -> dict[str, Agreement]:
        """Return what has been given so far, by id of the text."""
        with ledger_of(self.out) as ledger:
            levels = ledger.levels()
        return {
            text.id: agree([g for g in levels if _key(g) == (text.student, text.task.id, digest)])
            for text in self.texts
            for digest in [text_digest(text.text)]
        }

    def own(self, text: Text) -> Level | None:
        """Return what this marker has given a text."""
        with ledger_of(self.out) as ledger:
            return next(
                (
                    given
                    for given in ledger.levels()
                    if _key(given) == (text.student, text.task.id, text_digest(text.text))
                    and given.marker == self.marker
                ),
                None,
            )

    def give(self, text: Text, level: int, comment: str = "", *, together: bool = False) -> None:
        """Store a level at once and write the gradebooks anew.

        Args:
            text: What was read.
            level: From 0 to the top of the task's rubric.
            comment: To the student; may be empty.
            together: Whether markers who differed have settled on this level.

        Raises:
            InputError: If the rubric has no such level, the comment is too long, or there is
                nothing to settle.
        """
        top = rubric_of(text.task).top
        if isinstance(level, bool) or not 0 <= level <= top:
            raise InputError(say("rubric.no_level", came=level, top=top))
        if len(comment) > MOST_COMMENT:
            raise InputError(say("rubric.long_comment", came=len(comment), most=MOST_COMMENT))
        if together and len(self.agreements()[text.id].given) < 2:
            raise InputError(say("rubric.not_both"))
        marker = TOGETHER if together else self.marker
        digest = text_digest(text.text)
        given = Level(text.student, text.task.id, marker, digest, level, comment.strip())
        with ledger_of(self.out) as ledger:
            ledger.keep_level(given)
        rows, _ = read_results(self.out, self.exercises.__getitem__)
        write_gradebook(rows, self.out / "gradebook.csv")
        write_lms_gradebooks(rows, self.out)

    def close(self) -> None:
        """Write feedback pages and report with the levels that have been given."""
        write_results(self.out, *read_results(self.out, self.exercises.__getitem__))


def model_answer(task: Task) -> str:
    """Return the author's own text, of a choice the options too, or code if it is no plain text.

    Examples:
        >>> model_answer(Task("1.7", "text", 3, (), {}, "answer = 'Fordi.'", "", "answer"))
        'Fordi.'
    """
    try:
        nodes = ast.parse(task.solution).body
        texts = [n.value for n in nodes if isinstance(n, ast.Assign)]
        answer = ast.literal_eval(texts[-1])
        parts = answer.values() if isinstance(answer, dict) else answer
        if isinstance(answer, (tuple, dict)):
            return "\n".join(", ".join(p) if isinstance(p, set) else str(p) for p in parts)
        return str(answer).strip()
    except (SyntaxError, ValueError, IndexError, TypeError):
        return task.solution.strip()


def _id(salt: str, *parts: str) -> str:
    return hashlib.sha256("\0".join([salt, *parts]).encode("utf-8", "replace")).hexdigest()[:16]


def _lang(mark: Mark) -> Language:
    return "en" if mark.lang == "en" else "nb"


def _key(given: Level) -> tuple[str, str, str]:
    return given.student, given.task, given.text_digest
