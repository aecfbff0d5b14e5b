"""Findings: which rows a student holds for defects, scored by precision and recall.

The author's solution cell sets `truth` beside its own `answer`: the truth is what is kept, as
digests; the solution's own findings only have to pass. On the hidden dataset the truth is seen by
the author's run alone.
"""

from dataclasses import dataclass
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options
from labkit.grading.plain import Plain
from labkit.grading.reference import WORK, Difference, Reference, Settings
from labkit.messages import say

ENOUGH = 1.0  # F1 from which a task earns all its points, when it names no other


def verify_findings(options: Options) -> None:
    """Refuse a limit that cannot be."""
    enough = options.get("enough", ENOUGH)
    number = isinstance(enough, (int, float)) and not isinstance(enough, bool)
    if not number or not 0 < enough <= 1:
        raise GradingError(say("author.enough", came=repr(enough)))


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean of precision and recall, 0 when both are 0.

    Source:
        van Rijsbergen (1979), Information Retrieval, 2nd ed., chapter 7.

    Examples:
        >>> f1(0.5, 1.0), f1(0.0, 0.0)
        (0.6666666666666666, 0.0)
    """
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass(frozen=True)
class Findings:
    """Digests of the true findings, and the F1 from which findings are good enough."""

    digests: Reference
    enough: float

    @property
    def settings(self) -> Settings:
        """What counts as the same row."""
        return self.digests.settings

    @property
    def salt(self) -> str:
        """Text that no other task shares."""
        return self.digests.salt

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = WORK) -> "Findings":
        """Digest the truth of a task without options of its own."""
        return cls.with_options(answer, settings, {}, salt=salt, work=work)

    @classmethod
    def with_options(
        cls, answer: Plain, settings: Settings, options: Options, *, salt: str, work: int = WORK
    ) -> "Findings":
        """Digest the truth.

        Raises:
            GradingError: If it is no list, set or table of rows, or there is nothing to find.
        """
        if answer.kind not in ("list", "set", "table") or not answer.rows:
            raise GradingError(say("author.truth"))
        digests = Reference.of(_once(_exact(answer)), settings, salt=salt, work=work)
        return cls(digests, float(options.get("enough", ENOUGH)))

    def compare(self, answer: Plain) -> Difference:
        """Score findings; the same row counts once."""
        if answer.kind in ("list", "set", "table"):
            answer = _once(_exact(answer))
        difference = self.digests.compare(answer)
        if difference.same:
            return difference
        if difference.rung not in ("rows", "values", "duplicates"):
            return difference
        came, asked = len(answer.rows), self.digests.count
        matched = self.digests.matched(answer)
        precision, recall = matched / came, matched / asked
        score = f1(precision, recall)
        facts = {
            "came": came,
            "matched": matched,
            "precision": round(100 * precision),
            "recall": round(100 * recall),
            "false": came - matched,
        }
        if score >= self.enough:
            return Difference("same", facts, 1.0)
        return Difference("findings", facts, score / self.enough)

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        return {"digests": self.digests.to_key(), "enough": self.enough}

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> "Findings":
        """Read what `to_key` wrote."""
        return cls(Reference.from_key(raw["digests"]), raw["enough"])


def _exact(answer: Plain) -> Plain:
    """Take the numbers of row keys as names: equal or not, never nearly equal."""
    return answer._replace(whole=(True,) * len(answer.columns))


def _once(answer: Plain) -> Plain:
    return answer._replace(rows=list(dict.fromkeys(answer.rows)))
