"""ER models, and schemas tried with rows: compared in full by the grader, where the reference is.

The key of a model holds digests of its facts (`labkit.er.facts`), so that an instant check can say
how many of them an answer has, as far as names are recognised. That of a schema holds what will be
tried, in words. A task on a schema sets `probes` beside its `answer` in the solution cell; see
`labkit.er.probing`.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.plain import NotPlain, Plain, plain
from labkit.grading.reference import WORK, Difference, Settings

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
    """The text of a reference while grading; in a key, only what may be `told` of it."""

    text: str
    settings: Settings
    salt: str
    told: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = 0) -> Any:
        """Keep the reference's text for a grading."""
        return cls(str(answer.rows[0][0]), settings, salt)

    def to_key(self) -> dict[str, Any]:
        """Write it without its text."""
        return {"salt": self.salt, "told": self._tell()}

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> Any:
        """Read what `to_key` wrote."""
        return cls("", Settings(), raw["salt"], raw.get("told") or {})

    def compare(self, answer: Plain) -> Difference:
        """Compare with the reference if it is here, else with what is told of it."""
        if answer.kind != "text":
            return Difference("type", {"came": answer.kind, "asked": "text", "single": False})
        text = str(answer.rows[0][0])
        try:
            if not self.text:
                return self._at_once(text) if self.told else Difference("model_read")
            found = self._verdict(text)
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

    @abstractmethod
    def _tell(self) -> dict[str, Any]:
        """Return what a key may hold, as simple values."""

    @abstractmethod
    def _at_once(self, answer: str) -> Difference:
        """Compare with what a key holds."""


class ErModel(_Told):
    """A conceptual model to compare with."""

    def _verdict(self, answer: str) -> Any:
        from labkit.er import ModelError, compare

        try:
            return compare(answer, self.text)
        except ModelError as error:
            raise GradingError(str(error)) from None

    def _tell(self) -> dict[str, Any]:
        found = _facts(self.text)
        rounds = max(1, WORK // max(1, sum(map(len, found.values()))))
        return {"rounds": rounds, "facts": self._digests(found, rounds)}

    def _at_once(self, answer: str) -> Difference:
        from labkit.er.facts import SORTS

        digests = self._digests(_facts(answer), self.told["rounds"])
        wanted = {sort: set(self.told["facts"][sort]) for sort in SORTS}
        came = {sort: set(digests[sort]) for sort in SORTS}
        if came == wanted:
            return Difference("same", share=1.0)
        have = {sort: len(wanted[sort] & came[sort]) for sort in SORTS}
        extra = sum(len(came[sort] - wanted[sort]) for sort in ("entities", "relationships"))
        first = next((sort for sort in SORTS if wanted[sort] - came[sort]), "extra")
        if first != "entities" and came["weak"] - wanted["weak"]:
            first = "weak"
        counts = {sort: [have[sort], len(wanted[sort])] for sort in SORTS}
        share = sum(have.values()) / max(1, sum(map(len, wanted.values())))
        facts = {"counts": counts, "extra": extra, "first": first}
        return Difference("model_part", facts, min(share, 0.95))

    def _digests(self, found: dict[str, tuple[str, ...]], rounds: int) -> dict[str, list[str]]:
        return {
            sort: [_digest(f"{sort}: {fact}", self.salt, rounds) for fact in listed]
            for sort, listed in found.items()
        }


class Schema(_Told):
    """Probes that a schema must accept or refuse."""

    def _verdict(self, answer: str) -> Any:
        from labkit.er import SchemaError, probe

        probes = _PROBES.search(answer)
        if probes:  # the author's own: the reference against itself
            answer = answer[: probes.start()]
            answer = re.split(r"(?im)^\s*insert\b", answer)[0]
        try:
            return probe(answer, self.text)
        except SchemaError as error:
            raise GradingError(str(error)) from None

    def _tell(self) -> dict[str, Any]:
        from labkit.er import Probes

        return {"tried": [{"accepts": p.accepts, **p.text} for p in Probes.read(self.text).probes]}

    def _at_once(self, answer: str) -> Difference:
        return Difference("schema_read", {"tried": self.told["tried"]})


def _facts(text: str) -> dict[str, tuple[str, ...]]:
    from labkit.er import ModelError, parse
    from labkit.er.facts import facts

    try:
        return facts(parse(text))
    except ModelError as error:
        raise GradingError(str(error)) from None


def _digest(fact: str, salt: str, rounds: int) -> str:
    raw = hashlib.pbkdf2_hmac("sha256", fact.encode(), salt.encode(), rounds, 12)
    return b64encode(raw).decode()
