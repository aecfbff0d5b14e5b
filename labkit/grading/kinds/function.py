"""Functions: called on inputs that are drawn from a seed, another one in grading.

The student's function runs where the student's code runs. What leaves is, for each input, its
output as plain data, and each output climbs the same ladder as any other answer.
"""

import copy
from dataclasses import dataclass, replace
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.kinds.inputs import draw_cases, written
from labkit.grading.plain import NotPlain, Plain, plain
from labkit.grading.reference import ROWS, WORK, Difference, Reference, Settings
from labkit.messages import say

_COLUMNS = ("input", "state", "output")
_ORDERED = ("list", "table")  # a function's list comes in order, unless the task says otherwise


def take_function(answer: Any, options: Options) -> Taken:
    """Call a function on drawn inputs and take what it gives.

    Returns:
        A table with one row per input: `input` as text, `state` (`returned`, `raised` or `refused`)
        and `output` (the plain answer as JSON, or the name of the exception or of the reason).
    """
    if not callable(answer) or isinstance(answer, type):
        raise NotPlain("kinds.not_function", came=type(answer).__name__)
    rows: list[tuple[Any, ...]] = []
    for arguments in draw_cases(options):
        text = written(arguments)
        try:
            given = answer(*copy.deepcopy(arguments))
            if hasattr(given, "__next__"):
                given = list(given)
            rows.append((text, "returned", plain(given).to_json()))
        except NotPlain as refusal:
            rows.append((text, "refused", refusal.reason))
        except Exception as error:  # an answer like any other: a task may ask for it
            rows.append((text, "raised", type(error).__name__))
    types = ("text",) * 3
    return Taken(Plain("table", _COLUMNS, types, (False,) * 3, rows))


@dataclass(frozen=True)
class _Case:
    """One input and what the reference gives on it: an answer, an exception's name, or None."""

    input: str
    weight: float
    raises: str | None
    reference: Reference | None

    def compare(self, state: str, output: str) -> Difference:
        if self.raises is not None:
            if state == "raised" and output == self.raises:
                return Difference("same", share=1.0)
            return Difference("should_raise", {"asked": self.raises})
        if state != "returned":
            return Difference(f"has_{state}", {"came": output})
        answer = Plain.from_json(output)
        if self.reference is None:
            same = answer.kind == "none"
            return Difference("same", share=1.0) if same else Difference("should_be_none")
        if answer.kind == "none":
            return Difference("gave_nothing")
        return self.reference.compare(answer)


@dataclass(frozen=True)
class Cases:
    """The reference of a function: one reference for each input, the smallest input first."""

    cases: tuple[_Case, ...]
    settings: Settings
    salt: str

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = WORK) -> "Cases":
        """Digest what the solution's function gives.

        A case weighs less the more cases share its output, so that a function which always gives
        the commonest output earns little.

        Raises:
            GradingError: If an output cannot be a reference.
        """
        rows = [(str(i), str(s), str(o)) for i, s, o in answer.rows]
        alike: dict[str, int] = {}
        for _, state, output in rows:
            alike[state + output] = alike.get(state + output, 0) + 1
        cases = []
        for place, (text, state, output) in enumerate(rows):
            if state == "refused":
                raise GradingError(say("author.not_plain", inputs=text))
            raises = output if state == "raised" else None
            reference = None
            given = Plain.from_json(output) if raises is None else None
            if given is not None and given.kind != "none":
                own = settings if given.kind in _ORDERED else replace(settings, order=False)
                reference = Reference.of(
                    given, own, salt=f"{salt} {place}", work=max(1, work // len(rows))
                )
            weight = 1 / (alike[state + output] * len(alike))
            cases.append(_Case(text, weight, raises, reference))
        return cls(tuple(cases), settings, salt)

    def compare(self, answer: Plain) -> Difference:
        """Compare output by output; the facts are of the smallest input that does not hold."""
        if answer.columns != _COLUMNS or len(answer.rows) != len(self.cases):
            return Difference("no_cases")
        failed: list[tuple[_Case, Difference, str, str]] = []
        earned = 0.0
        for case, (_, state, output) in zip(self.cases, answer.rows, strict=True):
            try:
                difference = case.compare(str(state), str(output))
            except GradingError:  # forged: no answer that `take` could have written
                difference = Difference("no_cases")
            if difference.same:
                earned += case.weight
            else:
                failed.append((case, difference, str(state), str(output)))
        if not failed:
            return Difference("same", share=1.0)
        case, difference, state, output = failed[0]
        facts = {
            "passed": len(self.cases) - len(failed),
            "cases": len(self.cases),
            "input": case.input,
            "gave": _shown(state, output),
            "inner": difference.rung,
            "inner_facts": difference.facts,
        }
        return Difference("cases", facts, ROWS * earned)

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        return {
            "salt": self.salt,
            "settings": self.settings.to_key(),
            "cases": [
                [c.input, c.weight, c.raises, c.reference.to_key() if c.reference else None]
                for c in self.cases
            ],
        }

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> "Cases":
        """Read what `to_key` wrote."""
        cases = tuple(
            _Case(text, weight, raises, Reference.from_key(own) if own else None)
            for text, weight, raises, own in raw["cases"]
        )
        return cls(cases, Settings.of(raw["settings"]), raw["salt"])


def _shown(state: str, output: str) -> str:
    if state != "returned":
        return output
    try:
        answer = Plain.from_json(output)
    except GradingError:
        return "?"
    if answer.kind in ("list", "set"):
        shown: Any = [row[0] for row in answer.rows]
    elif answer.kind == "mapping":
        shown = {row[0]: row[1] for row in answer.rows}
    elif answer.kind == "table":
        shown = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    else:
        shown = answer.rows[0][0]
    text = repr(shown)
    return text if len(text) <= 200 else text[:199] + "…"
