"""What a comparison or a probing hands back: an object for code, words for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from labkit.messages import Language, say


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        kind: Which sort, such as `missing_entity` or `wrong_ratio`.
        values: What it is about: names, cardinalities.
        weight: What it costs, in the units of `Verdict.total`.
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0

    def text(self, lang: Language | None = None) -> str:
        """Say what differs, naming names of the reference: for when the answer may be told."""
        return self._say("differs", lang)

    def seen(self, lang: Language | None = None) -> str:
        """Say what differs by what stands in the answer, without telling the reference."""
        return self._say("seen", lang)

    def hint(self, lang: Language | None = None) -> str:
        """Point to the thinking behind it with a question, without telling the answer."""
        return self._say("hint", lang)

    def _say(self, how: str, lang: Language | None) -> str:
        shown = {
            k: v[lang or _language()] if isinstance(v, dict) else v for k, v in self.values.items()
        }
        return say(f"er.{how}_{self.kind}", lang, **shown)


@dataclass(frozen=True)
class Verdict:
    """How an answer stands to a reference.

    Attributes:
        differences: What differs, most weighty first; empty where nothing was found.
        share: Of the reference that the answer has right, 0 to 1.
        matched: Names of the reference, and what they are called in the answer.
    """

    differences: tuple[Difference, ...]
    share: float
    matched: Mapping[str, str] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether a difference was found."""
        return bool(self.differences)

    def text(self, lang: Language | None = None) -> str:
        """Say all differences, a line each."""
        lines = [d.text(lang) for d in self.differences] or [say("er.no_difference", lang)]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        lines = self.text().splitlines()
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return {"text/html": f"<ul>{items}</ul>", "text/plain": "\n".join(lines)}


def verdict(
    differences: list[Difference], total: float, matched: Mapping[str, str] | None = None
) -> Verdict:
    """Put differences together; what they cost is taken from `total`."""
    lost = sum(d.weight for d in differences)
    share = max(0.0, 1 - lost / total) if total else float(not differences)
    ordered = tuple(sorted(differences, key=lambda d: -d.weight))
    return Verdict(ordered, round(share, 4), matched or {})


def _language() -> Language:
    from labkit.messages import language

    return language()
