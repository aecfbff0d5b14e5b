"""What a check hands back: an object for code, a card in a notebook, a sentence elsewhere."""

from dataclasses import dataclass, field
from html import escape
from typing import Any

from labkit.grading.reference import Difference
from labkit.grading.words import difference_text
from labkit.messages import Language, say

_LOOK = {  # status -> (mark, edge, ground); each pair of ground and black text has contrast over 12
    "right": ("✓", "#1a7f4b", "#eef8f2"),
    "almost": ("→", "#b26a00", "#fdf6ea"),
    "unanswered": ("○", "#5b6770", "#f3f5f6"),
    "written": ("✎", "#4b5bb5", "#f0f2fb"),
    "note": ("!", "#4b5bb5", "#f0f2fb"),
}


@dataclass(frozen=True, repr=False)
class Verdict:
    """How one task stands.

    Attributes:
        task: The task's id.
        status: `right`, `almost`, `unanswered`, `written` (a person will read it) or `note` (the
            check itself could not be made).
        text: One to three sentences to the student.
        difference: The rung that the answer stopped on, with its facts; None where none was tried.
        hint: Hint of the known wrong answer that this is, or None.
        points: The task's points, and `share` of them that the answer has earned.
        tables: Small invented tables on which a query goes wrong, by title; empty otherwise.
    """

    task: str
    status: str
    text: str
    lang: Language
    points: float = 0.0
    share: float = 0.0
    difference: Difference | None = None
    hint: str | None = None
    tables: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no difference from the reference was found."""
        return self.status == "right"

    def __repr__(self) -> str:
        mark = _LOOK[self.status][0]
        title = say("grading.task", self.lang, task=self.task)
        lines = [f"{mark} {title}: {self._status()}. {self.text}"]
        if self.hint:
            lines.append(f"  {self.hint}")
        for name, frame in self.tables.items():
            lines += ["", f"  {name}", *("  " + row for row in frame.to_string().splitlines())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        mark, edge, ground = _LOOK[self.status]
        title = escape(say("grading.task", self.lang, task=self.task))
        parts = [
            f'<div lang="{self.lang}" role="status" style="border-left:5px solid {edge};'
            f"background:{ground};color:#111;padding:.6em 1em;margin:.3em 0;border-radius:4px;"
            'max-width:52em;line-height:1.45">',
            f'<div style="font-weight:600;color:{edge}"><span aria-hidden="true">{mark}</span> '
            f"{title}: {escape(self._status())}</div>",
            f"<div>{with_code(self.text)}</div>",
        ]
        if self.hint:
            parts.append(f'<div style="margin-top:.35em">{with_code(self.hint)}</div>')
        for name, frame in self.tables.items():
            parts.append(f'<div style="margin-top:.6em;font-weight:600">{with_code(name)}</div>')
            parts.append(frame.to_html(border=0, index=False, na_rep="NULL"))
        return "".join([*parts, "</div>"])

    def _status(self) -> str:
        return say(f"grading.status_{self.status}", self.lang)


def with_code(text: str) -> str:
    r"""Escape a sentence for HTML, with `…` as code; after a blank line a list, or kept columns.

    Examples:
        >>> with_code("No `age` here.\n\nline 1: age\n        ^^^")
        'No <code>age</code> here.<pre style="margin:.4em 0 0">line 1: age\n        ^^^</pre>'
        >>> with_code("Half.\n\n- no key\n- `a` > 1")
        'Half.<ul style="margin:.3em 0 0"><li>no key</li><li><code>a</code> &gt; 1</li></ul>'
    """
    sentence, _, below = text.partition("\n\n")
    lines = below.splitlines()
    if not below:
        return _coded(sentence)
    if all(line.startswith("- ") for line in lines):
        items = "".join(f"<li>{_coded(line[2:])}</li>" for line in lines)
        return f'{_coded(sentence)}<ul style="margin:.3em 0 0">{items}</ul>'
    return f'{_coded(sentence)}<pre style="margin:.4em 0 0">{escape(below)}</pre>'


def _coded(text: str) -> str:
    pieces = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))


def verdict_of(
    difference: Difference, *, task: str, points: float, lang: Language, hint: str | None = None
) -> Verdict:
    """Put a difference into words."""
    status = "right" if difference.same else "almost"
    status = "written" if difference.rung in ("written", "model_read", "schema_read") else status
    text = difference_text(difference, lang)
    return Verdict(task, status, text, lang, points, difference.share, difference, hint)
