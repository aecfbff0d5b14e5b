"""An expression as a tree, in mermaid and in SVG, with the rows counted at each node."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from labkit.algebra.nodes import Node, children
from labkit.algebra.text import operator
from labkit.figure import shown
from labkit.messages import say

GLYPH, PAD, LEVEL, SPACE, LINE = 8.2, 14, 74, 26, 18  # pixels


@dataclass(frozen=True)
class Tree:
    """A drawn expression. `mermaid` and `svg` are texts; a notebook shows the SVG."""

    mermaid: str
    svg: str
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return shown(self.svg, self.alt)


def draw(node: Node, counts: Sequence[int] | None = None) -> Tree:
    """Draw an expression; `counts` are rows at each node, operands first, as evaluated."""
    numbered = list(_numbered(node, [0]))
    shown = {
        number: _label(part, None if counts is None else counts[number])
        for number, part, _ in numbered
    }
    return Tree(_mermaid(numbered, shown), _svg(numbered, shown), _alt(numbered, shown))


def _numbered(node: Node, count: list[int]) -> list[tuple[int, Node, list[int]]]:
    """Number the nodes with operands first, as they are evaluated."""
    found: list[tuple[int, Node, list[int]]] = []
    below = []
    for child in children(node):
        part = _numbered(child, count)
        below.append(part[-1][0])
        found += part
    found.append((count[0], node, below))
    count[0] += 1
    return found


def _label(node: Node, rows: int | None) -> list[str]:
    text = operator(node).split("\n")
    text = [text[0] + " …}"] if len(text) > 1 else text
    if rows is not None:
        text.append(say("algebra.one_row") if rows == 1 else say("algebra.rows", n=rows))
    return text


def _mermaid(numbered: list[tuple[int, Node, list[int]]], shown: dict[int, list[str]]) -> str:
    lines = ["flowchart TD"]
    for number, _, below in reversed(numbered):
        label = "<br/>".join(escape(line).replace("&#x27;", "#39;") for line in shown[number])
        lines.append(f'    n{number}["{label}"]')
        lines += [f"    n{number} --- n{child}" for child in below]
    return "\n".join(lines)


def _alt(numbered: list[tuple[int, Node, list[int]]], shown: dict[int, list[str]]) -> str:
    below = {number: operands for number, _, operands in numbered}

    def lines(number: int, depth: int) -> list[str]:
        text = "  " * depth + ": ".join(shown[number])
        return [text, *(line for child in below[number] for line in lines(child, depth + 1))]

    return "\n".join(lines(numbered[-1][0], 0))


def _svg(numbered: list[tuple[int, Node, list[int]]], shown: dict[int, list[str]]) -> str:
    wide = {n: max(map(len, shown[n])) * GLYPH + 2 * PAD for n, _, _ in numbered}
    span: dict[int, float] = {}
    for number, _, below in numbered:  # operands first: each subtree is as wide as it needs
        inside = sum(span[child] for child in below) + SPACE * max(len(below) - 1, 0)
        span[number] = max(wide[number], inside)
    place: dict[int, tuple[float, float]] = {}
    operands = {number: below for number, _, below in numbered}
    top = numbered[-1][0]
    waiting = [(top, 2.0, 0)]
    while waiting:
        number, left, depth = waiting.pop()
        place[number] = (left + span[number] / 2, depth * LEVEL + 2)
        below = operands[number]
        inside = sum(span[child] for child in below) + SPACE * max(len(below) - 1, 0)
        left += (span[number] - inside) / 2
        for child in below:
            waiting.append((child, left, depth + 1))
            left += span[child] + SPACE
    tall = max(y for _, y in place.values()) + 2 * LINE + PAD
    alt = escape(_alt(numbered, shown))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {span[top] + 4:.0f} {tall:.0f}" '
        f'width="{span[top] + 4:.0f}" style="max-width:100%;background:white" role="img" '
        f'font-family="monospace" font-size="13.5" fill="#1f2933"><title>{alt}</title>'
    ]
    for number, below in operands.items():
        x, y = place[number]
        for child in below:
            x2, y2 = place[child]
            parts.append(
                f'<line x1="{x:.1f}" y1="{y + _tall(shown[number]):.1f}" x2="{x2:.1f}" '
                f'y2="{y2:.1f}" stroke="#7b8794" stroke-width="1.5"/>'
            )
    for number in operands:
        parts += _box(place[number], wide[number], shown[number], leaf=not operands[number])
    return "".join([*parts, "</svg>"])


def _tall(lines: list[str]) -> float:
    return len(lines) * LINE + 8


def _box(place: tuple[float, float], wide: float, lines: list[str], *, leaf: bool) -> list[str]:
    x, y = place
    fill, edge = ("#e6eef3", "#0b6e99") if leaf else ("white", "#1f2933")
    parts = [
        f'<rect x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_tall(lines):.1f}" '
        f'rx="5" fill="{fill}" stroke="{edge}"/>'
    ]
    for row, line in enumerate(lines):
        small = ' fill="#52606d" font-size="11.5"' if row else ""
        parts.append(
            f'<text x="{x:.1f}" y="{y + (row + 1) * LINE - 2:.1f}" text-anchor="middle"{small}>'
            f"{escape(line)}</text>"
        )
    return parts
