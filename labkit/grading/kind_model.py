"""ER models, and schemas tried with rows: compared by the grader, where the reference is.

A key holds nothing of the reference, since a model cannot be told apart by digests: the instant
check reads the answer, points at what cannot be read, and knows the foreseen wrong answers.
A task on a schema sets `probes` beside its `answer` in the solution cell; see `labkit.er.probing`.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.plain import NotPlain, Plain, plain
from labkit.grading.reference import Difference, Settings

_PROBES = re.compile(r"^\s*--\s*(accept|refuse)\s*:", re.MULTILINE)


def take_er(answer: Any, options: Options) -> Taken:
    """Read a conceptual model and take its text, in one form however it was written."""
    from labkit.er import Model, ModelError, parse

    if not isinstance(answer, (str, Model)):
        raise NotPlain("kinds.not_er", came=type(answer).__name__)
    try:
        model = parse(str.__str__(answer)) if isinstance(answer, str) else answer
    except ModelError as error:
        raise NotPlain("kinds.model_error", message=str(error)) from None
    return Taken(plain(str(model)))


def take_schema(answer: Any, options: Options) -> Taken:
    """Read CREATE TABLE statements, or the author's probes, and take their text."""
    from labkit.er import Probes, SchemaError
    from labkit.er.schema import read_schema

    if not isinstance(answer, str):
        raise NotPlain("kinds.not_schema", came=type(answer).__name__)
    text = str.__str__(answer)
    try:
        if _PROBES.search(text):
            Probes.read(text)
        else:
            read_schema(text)
    except SchemaError as error:
        raise NotPlain("kinds.model_error", message=str(error)) from None
    return Taken(plain(text))


@dataclass(frozen=True)
class _Told(ABC):
    """The text of a reference while grading; an empty one in a key."""

    text: str
    settings: Settings
    salt: str

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = 0) -> Any:
        """Keep the reference's text for a grading."""
        return cls(str(answer.rows[0][0]), settings, salt)

    def to_key(self) -> dict[str, Any]:
        """Write it without its text."""
        return {"salt": self.salt}

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> Any:
        """Read what `to_key` wrote."""
        return cls("", Settings(), raw["salt"])

    def compare(self, answer: Plain) -> Difference:
        """Compare with the reference if it is here."""
        if answer.kind != "text":
            return Difference("type", {"came": answer.kind, "asked": "text", "single": False})
        if not self.text:
            return Difference("model_read")
        try:
            found = self._verdict(str(answer.rows[0][0]))
        except GradingError as error:
            return Difference("model_unread", {"message": str(error)})
        if not found.differs:
            return Difference("same", share=1.0)
        hints = {lang: found.differences[0].hint(lang) for lang in ("nb", "en")}
        facts = {"percent": round(100 * found.share), "hints": hints}
        return Difference("model", facts, min(found.share, 0.95))

    @abstractmethod
    def _verdict(self, answer: str) -> Any:
        """Return a verdict of `labkit.er`."""


class ErModel(_Told):
    """A conceptual model to compare with."""

    def _verdict(self, answer: str) -> Any:
        from labkit.er import ModelError, compare

        try:
            return compare(answer, self.text)
        except ModelError as error:
            raise GradingError(str(error)) from None


class Schema(_Told):
    """Probes that a schema must accept or refuse."""

    def _verdict(self, answer: str) -> Any:
        from labkit.er import SchemaError, probe

        if _PROBES.search(answer):  # the author's own: the reference against itself
            answer = answer[: _PROBES.search(answer).start()]  # type: ignore[union-attr]
            answer = re.split(r"(?im)^\s*insert\b", answer)[0]
        try:
            return probe(answer, self.text)
        except SchemaError as error:
            raise GradingError(str(error)) from None
