"""ER models, and schemas tried with rows: compared in full by the grader, where the reference is.

The key of a model holds digests of its facts (`labkit.er.facts`), so that an instant check can say
how many of them an answer has, as far as names are recognised, and which of the answer's own are
not among them; it cannot say what stands in their place. That of a schema holds what will be
tried, in words. A task on a schema sets `probes` beside its `answer` in the solution cell; see
`labkit.er.probing`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.plain import NotPlain, Plain, plain
from labkit.grading.reference import WORK, Difference, Hasher, Settings
from labkit.messages import LANGUAGES, Language, say

if TYPE_CHECKING:
    from labkit.er.facts import Fact

_PROBES = re.compile(r"^[ \t]*--[ \t]*(accept|refuse)[ \t]*:", re.MULTILINE)
_TOLD = 4  # differences that are told in words
_ORDER = ("entities", "relationships", "weak", "cardinalities", "keys", "attributes")
_PROBED = ("probe_refused", "probe_accepted", "probe_unmapped")


def take_er(answer: Any, options: Options) -> Taken:
    """Read a conceptual model and take its text, in one form however it was written."""
    from labkit.er import Model, ModelError, parse

    if not isinstance(answer, (str, Model)):
        raise NotPlain("kinds.not_er", came=type(answer).__name__)
    try:
        model = parse(str.__str__(answer)) if isinstance(answer, str) else answer
    except ModelError as error:
        said = str(error).replace("\n", "\n\n", 1)  # a card keeps the columns of what follows
        raise NotPlain("kinds.model_error", message=said) from None
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
        raise NotPlain("kinds.schema_error", message=str(error)) from None
    return Taken(plain(text))


@dataclass(frozen=True)
class _Told(ABC):
    """The text of a reference while grading; in a key, only what may be `told` of it."""

    text: str
    settings: Settings
    salt: str
    told: dict[str, Any] = field(default_factory=dict)
    what: ClassVar[str]  # is judged: a model or a schema

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
        hints = {lang: self._hints(found.differences, lang) for lang in LANGUAGES}
        facts = {"what": self.what, "percent": round(100 * found.share), "hints": hints}
        return Difference("model", facts, min(found.share, 0.95))

    def _hints(self, differences: Sequence[Any], lang: Language) -> str:
        """List the first differences, in the answer's own words, with a question each."""
        told: dict[str, None] = {}  # in order, each once
        for one in sorted(differences, key=lambda one: one.kind == "probe_unmapped"):
            seen, hint = one.seen(lang), one.hint(lang)
            told[f"{hint} {seen}" if one.kind in _PROBED else f"{seen} {hint}"] = None
        lines = list(told)
        if len(lines) > _TOLD:
            lines[_TOLD:] = [say("kinds.model_more", lang, n=len(lines) - _TOLD)]
        return "\n\n" + "\n".join(f"- {line}" for line in lines)

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

    what = "model"

    def _verdict(self, answer: str) -> Any:
        from labkit.er import ModelError, compare

        try:
            return compare(answer, self.text)
        except ModelError as error:
            raise GradingError(str(error)) from None

    def _tell(self) -> dict[str, Any]:
        found = _facts(self.text)
        rounds = max(1, WORK // max(1, sum(map(len, found.values()))))
        digests = {
            sort: [self._digest(sort, fact.text, rounds) for fact in listed]
            for sort, listed in found.items()
        }
        return {"rounds": rounds, "facts": digests}

    def _at_once(self, answer: str) -> Difference:
        found, rounds = _facts(answer), self.told["rounds"]
        wanted = {sort: set(self.told["facts"][sort]) for sort in found}
        marks = {
            (sort, fact.text): self._digest(sort, fact.text, rounds)
            for sort, listed in found.items()
            for fact in listed
        }
        came = {sort: {marks[sort, fact.text] for fact in found[sort]} for sort in found}
        if came == wanted:
            return Difference("same", share=1.0)
        have = {sort: len(wanted[sort] & came[sort]) for sort in found}
        extra = sum(len(came[sort] - wanted[sort]) for sort in ("entities", "relationships"))
        first = next((sort for sort in _ORDER if wanted[sort] - came[sort]), "extra")
        if first != "entities" and came["weak"] - wanted["weak"]:
            first = "weak"
        counts = {sort: [have[sort], len(wanted[sort])] for sort in found}
        share = sum(have.values()) / max(1, sum(map(len, wanted.values())))
        right = {place for place, mark in marks.items() if mark in wanted[place[0]]}
        free = {sort: wanted[sort] - came[sort] for sort in found}
        facts = {"counts": counts, "extra": extra, "first": first}
        facts["odd"] = self._odd(found, right, free)
        return Difference("model_part", facts, min(share, 0.95))

    def _odd(
        self,
        found: "dict[str, tuple[Fact, ...]]",
        right: set[tuple[str, str]],
        free: dict[str, set[str]],
    ) -> list[dict[str, Any]]:
        """Pick the first facts of an answer that are not the reference's, and say how they are off.

        Args:
            found: The facts of the answer.
            right: Sort and text of those that are the reference's.
            free: Digests of the reference's facts that the answer lacks.
        """
        odd: list[dict[str, Any]] = []
        for sort in _ORDER:
            for fact in found[sort]:
                if (sort, fact.text) in right or not right.issuperset(fact.rests):
                    continue
                near = (
                    kind
                    for kind, text in fact.near
                    if self._digest(sort, text, self.told["rounds"]) in free[sort]
                )
                odd.append({"kind": next(near, sort), **fact.about})
                if len(odd) == _TOLD:
                    return odd
        return odd

    def _digest(self, sort: str, fact: str, rounds: int) -> str:
        return Hasher(self.salt, rounds)(f"{sort}: {fact}")


class Schema(_Told):
    """Probes that a schema must accept or refuse."""

    what = "schema"

    def _verdict(self, answer: str) -> Any:
        from labkit.er import SchemaError, probe

        probes = _PROBES.search(answer)
        if probes:  # the author's own: the reference against itself
            answer = answer[: probes.start()]
            answer = re.split(r"(?im)^[ \t]*insert\b", answer)[0]
        try:
            return probe(answer, self.text)
        except SchemaError as error:
            raise GradingError(str(error)) from None

    def _tell(self) -> dict[str, Any]:
        from labkit.er import Probes

        return {"tried": [{"accepts": p.accepts, **p.text} for p in Probes.read(self.text).probes]}

    def _at_once(self, answer: str) -> Difference:
        return Difference("schema_read", {"tried": self.told["tried"]})


def _facts(text: str) -> "dict[str, tuple[Fact, ...]]":
    from labkit.er import ModelError, parse
    from labkit.er.facts import stated

    try:
        return stated(parse(text))
    except ModelError as error:
        raise GradingError(str(error)) from None
