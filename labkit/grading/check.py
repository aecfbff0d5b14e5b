"""Instant feedback in a student's notebook.

`check = exercise("05_algebra_sql", lang="nb")`, then `check("5.4", answer)` or
`check.sql("5.1", answer)`. A check never raises for what a student did, and never tells the answer:
it holds only digests (see `labkit.grading.reference`).
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import DataError, LabkitError
from labkit.grading.kinds import KINDS, Taken, kind_of
from labkit.grading.plain import NotPlain
from labkit.grading.progress import lab_folder, record
from labkit.grading.reference import SMALL, Difference, prints
from labkit.grading.verdict import Verdict, verdict_of
from labkit.grading.words import refusal_text
from labkit.messages import LANGUAGES, Language, language, say, set_language

if TYPE_CHECKING:
    from labkit.grading.small import Example


def exercise(name: str, lang: str | None = None) -> "Check":
    """Open the checks of one exercise.

    Args:
        name: Name of the exercise, as `05_algebra_sql`.
        lang: `nb` or `en`; by default the language in use. It becomes the language of messages.

    Returns:
        A check to call with a task's id and an answer.
    """
    if lang in LANGUAGES:
        set_language(lang)
    return Check(name, language())


def key_path(name: str) -> Path:
    """Find the key of an exercise: `LABKIT_KEYS`, the lab that we are in, or the kit's own.

    Raises:
        DataError: If there is none.
    """
    from labkit.materials import materials

    lab = lab_folder()
    chosen = os.environ.get("LABKIT_KEYS")
    folders = [Path(chosen)] if chosen else []
    folders += [lab / "keys"] if lab else []
    folders.append(materials() / "exercises" / "keys")
    for folder in folders:
        if (folder / f"{name}.json").is_file():
            return folder / f"{name}.json"
    raise DataError(say("grading.no_key", name=name, folder=folders[0]))


class NotRight(AssertionError):
    """An answer that is not right, where nbgrader does the grading; never in a lab."""


class Check:
    """The checks of one exercise. Call it with a task's id and an answer."""

    def __init__(self, name: str, lang: Language) -> None:
        self.name = name
        self.lang = lang
        self._key: dict[str, Any] | None = None
        self._last: tuple[str, Any] = ("", None)  # task and answer

    def __call__(self, task: str, answer: Any = None, **settings: Any) -> Verdict:
        """Check a value, list, set, dict, Series or DataFrame.

        Args:
            task: Id of the task, as `5.4`.
            answer: The answer.
            settings: What counts as the same (`tolerance`, `order`, `names`, `case`). They are read
                when the exercise is built; here they only tell the reader.
        """
        return self._verdict(task, answer, "value")

    def __getattr__(self, kind: str) -> Callable[..., Verdict]:
        """Return the check of another kind of task: `check.sql("5.1", text)`."""
        if kind.startswith("_") or kind not in KINDS:
            raise AttributeError(f"check has no kind '{kind}'. Kinds: {', '.join(KINDS)}")

        def check_kind(task: str, answer: Any = None, **settings: Any) -> Verdict:
            return self._verdict(task, answer, kind)

        return check_kind

    def __repr__(self) -> str:
        return f"exercise({self.name!r}, lang={self.lang!r})"

    def _verdict(self, task: str, answer: Any, kind: str) -> Verdict:
        try:
            verdict = self._judged(str(task), answer, kind)
        except LabkitError as error:  # no key, no dataset: nothing the answer could mend
            return Verdict(str(task), "note", str(error), self.lang)
        if verdict.status == "almost" and self._given_before(verdict.task, answer):
            before = say("grading.given_before", self.lang, task=self._last[0])
            verdict = replace(verdict, text=f"{before} {verdict.text}")
        self._last = (verdict.task, answer)
        if verdict.status in ("right", "almost", "written"):
            status = "almost" if verdict.status == "almost" else "right"
            record(verdict.task, status, verdict.points * verdict.share)
        if os.environ.get("NBGRADER_EXECUTION") and verdict.status not in ("right", "written"):
            raise NotRight(repr(verdict))  # nbgrader takes a cell without an error for right
        return verdict

    def _given_before(self, task: str, answer: Any) -> bool:
        """Tell whether `answer` is left over from another task: its cell failed or was not run."""
        before, given = self._last
        # Python keeps one object for each truth value, small number and short name
        shared = isinstance(answer, (bool, int)) or (
            isinstance(answer, str) and answer.isidentifier()
        )
        return task != before and answer is given and not shared

    def _judged(self, task: str, answer: Any, kind: str) -> Verdict:
        tasks = self._tasks()
        if task not in tasks:
            known = ", ".join(tasks)
            text = say("grading.unknown_task", self.lang, task=task, known=known)
            return Verdict(task, "note", text, self.lang)
        item = tasks[task]
        if item["kind"] != kind:
            method = "check" if item["kind"] == "value" else f"check.{item['kind']}"
            text = say("grading.wrong_kind", self.lang, task=task, method=method)
            return Verdict(task, "note", text, self.lang)
        points = float(item["points"])
        if kind_of(kind).blank(answer):
            text = say("grading.unanswered", self.lang, name=item["answer"])
            return Verdict(task, "unanswered", text, self.lang, points)
        try:
            taken = kind_of(kind).take(answer, item.get("options", {}))
        except NotPlain as refusal:
            text = refusal_text(refusal, self.lang)
            return Verdict(task, "almost", text, self.lang, points)
        return judge(item, taken, task=task, lang=self.lang)

    def _tasks(self) -> dict[str, Any]:
        if self._key is None:
            path = key_path(self.name)
            try:
                self._key = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise DataError(say("grading.broken_key", self.lang, path=path)) from None
        tasks: dict[str, Any] = self._key["tasks"]
        return tasks


def judge(item: dict[str, Any], taken: Taken, *, task: str, lang: Language) -> Verdict:
    """Compare a taken answer with a task of a key.

    Args:
        item: The task's entry in the key.
        taken: The answer.
        task: Its id.
        lang: Language of the words.
    """
    reference = kind_of(item["kind"]).read(item["reference"])
    difference = reference.compare(taken.answer)
    hint = None
    if not difference.same and item["known"]:
        came = prints(taken.answer, reference.settings, salt=reference.salt, around=False)
        hint = next((known[lang] for known in item["known"] if came & set(known["prints"])), None)
    verdict = verdict_of(difference, task=task, points=item["points"], lang=lang, hint=hint)
    if item["kind"] == "choice" and taken.text:
        return replace(verdict, text=f"{verdict.text} {say('rubric.reason_waits', lang)}")
    if taken.text is None or not item.get("databases"):
        return verdict
    from labkit.grading.small import find_example

    example = find_example(item["databases"], taken.text, reference.settings)
    return _with_example(verdict, example) if example else verdict


def _with_example(verdict: Verdict, example: "Example") -> Verdict:
    """Show the small database on which a query goes wrong; what seemed right is not quite.

    The mark is given by the same rule: see `labkit.grading.marking`.
    """
    lang = verdict.lang
    shown = {f"`{name}`": frame for name, frame in example.tables.items()}
    shown[say("grading.your_result", lang)] = example.answer
    shown[say("grading.expected_result", lang)] = example.reference
    if verdict.passed:
        difference = Difference("small", share=SMALL)
        verdict = verdict_of(difference, task=verdict.task, points=verdict.points, lang=lang)
    hint = " ".join(filter(None, [verdict.hint, say("grading.counterexample", lang)]))
    return replace(verdict, hint=hint, tables=shown)
