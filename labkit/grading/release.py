"""What a grading knows of individual datasets: who has which, and the answers on each.

`labkit release` writes it under `DIR/instructor`; see `labkit.course.release`.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from labkit.errors import GradingError
from labkit.grading.key import Outcome
from labkit.grading.plain import Plain
from labkit.messages import say

PRIVATE = "instructor"


class Release:
    """The instructor's part of a folder of bundles."""

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            GradingError: If the folder holds none.
        """
        self.folder = folder / PRIVATE
        try:
            self._about = json.loads((self.folder / "release.json").read_text(encoding="utf-8"))
            self._bundles = {
                str(student).casefold(): str(name)
                for name, students in self._about["bundles"].items()
                for student in [name, *students]
            }
        except (OSError, ValueError, LookupError, AttributeError, TypeError):
            raise GradingError(say("grading.no_release", folder=folder)) from None

    @property
    def bundles(self) -> dict[str, list[str]]:
        """Students by bundle."""
        return dict(self._about["bundles"])

    def bundle_of(self, student: str) -> str | None:
        """Return the bundle that a student works on, or None."""
        return self._bundles.get(student.casefold())

    def answers(self, student: str, exercise: str) -> dict[str, Outcome]:
        """Return the solution's answers on a student's own dataset; none if it is not known."""
        path = self._path(student, exercise)
        return read_answers(path) if path and path.is_file() else {}

    def digest(self, student: str, exercise: str) -> str:
        """Digest those answers."""
        path = self._path(student, exercise)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path and path.is_file() else ""

    def _path(self, student: str, exercise: str) -> Path | None:
        bundle = self.bundle_of(student)
        return self.folder / "answers" / bundle / f"{exercise}.json" if bundle else None


def read_answers(path: Path) -> dict[str, Outcome]:
    """Read what `answers_text` wrote.

    Raises:
        GradingError: If it cannot be read.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {task: Outcome("answer", Plain.from_json(text)) for task, text in raw.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise GradingError(say("grading.answers_unread", path=path, said=error)) from None


def answers_text(answers: dict[str, Outcome]) -> str:
    """Write the solution's answers on one dataset as JSON."""
    kept = {task: o.answer.to_json() for task, o in answers.items() if o.answer is not None}
    return json.dumps(kept, indent=1, sort_keys=True) + "\n"
