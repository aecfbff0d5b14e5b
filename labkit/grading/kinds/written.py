"""Answers in words: a text that a person marks by a rubric, and a choice with its reason.

A text has no reference: its key holds nothing of the solution's own text, and it earns no automatic
points. Of a choice the picked options are compared, and earn the points; its reason is kept for a
person, who reads it by a rubric. A reason earns nothing, but must be passed as a text must.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.plain import NotPlain, Plain, cell, plain
from labkit.grading.reference import Difference, Settings
from labkit.messages import say

FEWEST_WORDS = 5  # of a reason


def words_in(text: str) -> int:
    """Count words.

    Examples:
        >>> words_in("Et ja/nei-svar – og hvorfor.")
        4
    """
    return sum(1 for word in text.split() if re.search(r"\w", word))


def take_text(answer: Any, options: Options) -> Taken:
    """Take a text of the length that the task asks for (`words=[least, most]`)."""
    if not isinstance(answer, str):
        raise NotPlain("kinds.not_text", came=type(answer).__name__)
    text = str.__str__(answer)
    least, most = options.get("words", (1, 100_000))
    count = words_in(text)
    if count < least:
        raise NotPlain("kinds.too_few_words", count=count, least=least)
    if count > most:
        raise NotPlain("kinds.too_many_words", count=count, most=most)
    return Taken(plain(text), text)


def verify_text(options: Options) -> None:
    """Refuse a number of words that cannot be."""
    words = options.get("words", [1, 1])
    whole = isinstance(words, list) and len(words) == 2 and all(type(n) is int for n in words)
    if not whole or not 1 <= words[0] <= words[1]:
        raise GradingError(say("author.words", came=repr(words)))


@dataclass(frozen=True)
class Written:
    """The reference of a text: there is none, so every text stands on the rung `written`."""

    settings: Settings
    salt: str

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = 0) -> "Written":
        """Keep nothing of the solution's own text."""
        return cls(settings, salt)

    def compare(self, answer: Plain) -> Difference:
        """Count its words."""
        return Difference("written", {"words": words_in(str(answer.rows[0][0]))})

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        return {"salt": self.salt}

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> "Written":
        """Read what `to_key` wrote."""
        return cls(Settings(), raw["salt"])


def take_choice(answer: Any, options: Options) -> Taken:
    """Take one option, a set of options, or with `reason=True` a pair of those and a text.

    A pair is `(choice, reason)` or `{"choice": ..., "reason": ...}`. Options are told by their text
    without regard to capitals; only those of the task are taken.
    """
    picked, reason = answer, None
    if options.get("reason"):
        picked, reason = _pair(answer)
        if not isinstance(reason, str) or words_in(reason) < FEWEST_WORDS:
            raise NotPlain("kinds.no_reason")
        reason = str.__str__(reason)
    known = {_folded(option): option for option in options.get("options", ())}
    many = isinstance(picked, (set, frozenset, list, tuple))
    found = [_folded(one) for one in picked] if many else [_folded(picked)]
    strange = next((one for one in found if one not in known), None)
    if strange is not None:
        listed = ", ".join(f"`{option}`" for option in known.values())
        raise NotPlain("kinds.no_option", came=str(strange)[:60], options=listed)
    chosen = [known[one] for one in found]
    return Taken(plain(set(chosen) if many else chosen[0]), reason)


def verify_choice(options: Options) -> None:
    """Refuse a choice without options."""
    listed = options.get("options")
    if not isinstance(listed, list) or len({_folded(one) for one in listed}) < 2:
        raise GradingError(say("author.choices"))


def blank_choice(answer: Any) -> bool:
    """Tell whether nothing has been chosen."""
    if isinstance(answer, Mapping):
        answer = answer.get("choice")
    if isinstance(answer, tuple) and len(answer) == 2:
        answer = answer[0]
    return answer is None or answer is Ellipsis or (isinstance(answer, str) and not answer.strip())


def blank_text(answer: Any) -> bool:
    """Tell whether nothing has been written."""
    return blank_choice(answer) if not isinstance(answer, str) else not answer.strip(" .…\n\t")


def _pair(answer: Any) -> tuple[Any, Any]:
    if isinstance(answer, Mapping):
        return answer.get("choice"), answer.get("reason")
    if isinstance(answer, (tuple, list)) and len(answer) == 2:
        return answer[0], answer[1]
    return answer, None


def _folded(option: Any) -> str:
    plain_cell = cell(option)
    return str(plain_cell).casefold()
