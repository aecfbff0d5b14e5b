"""Bars drawn as SVG text for pages that fetch nothing and run nothing.

Colours are Okabe and Ito's, which stay apart for colour-blind readers; each part also has its own
place in the row and its number beside the picture, so that nothing is said by colour alone.

Source:
    Okabe & Ito (2008), Color Universal Design: how to make figures that are friendly to colorblind
    people. J*Fly.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#999999")
_ROW, _BAR, _LABEL, _WIDTH, _NUMBER = 26, 16, 90, 460, 110


class Row(NamedTuple):
    """One row of bars: its label, the size of each part, and what is written after it."""

    label: str
    parts: tuple[float, ...]
    note: str = ""


def bars(rows: Sequence[Row], *, most: float, alt: str, label_width: int = _LABEL) -> str:
    """Draw rows of stacked bars.

    Args:
        rows: From the top down; each has the same parts in the same order, 6 at most.
        most: What a full row comes to.
        alt: The picture in words, for those who do not see it.
        label_width: Room for the labels, in pixels.

    Returns:
        An SVG element that scales to its place.

    Examples:
        >>> picture = bars([Row("5.1", (3, 1), "75 %")], most=4, alt="3 of 4")
        >>> picture.count("<rect"), "3 of 4" in picture
        (2, True)
    """
    width, height = label_width + _WIDTH + _NUMBER, _ROW * len(rows) + 4
    drawn = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(alt, quote=True)}" class="bars"><title>{escape(alt)}</title>'
    ]
    for place, row in enumerate(rows):
        top = place * _ROW + 4
        middle, left = top + _BAR - 4, float(label_width)
        drawn.append(f'<text x="{label_width - 8}" y="{middle}" class="label">')
        drawn.append(f"{escape(row.label)}</text>")
        for size, colour in zip(row.parts, COLOURS, strict=False):
            wide = _WIDTH * size / most if most else 0.0
            if wide > 0:
                drawn.append(
                    f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{_BAR}" '
                    f'fill="{colour}" stroke="#fff" stroke-width="1"/>'
                )
            left += wide
        if row.note:
            drawn.append(f'<text x="{label_width + _WIDTH + 8}" y="{middle}">{escape(row.note)}')
            drawn.append("</text>")
    return "".join([*drawn, "</svg>"])


def columns(counts: Mapping[str, int], *, alt: str, title: str, axis: str) -> str:
    """Draw one column for each count, with the counts above and the names below.

    Args:
        counts: By name, from left to right.
        alt: The picture in words.
        title: What is counted, written along the upright axis.
        axis: What the names are, written under them.

    Returns:
        An SVG element that scales to its place.
    """
    step, high, base, left = 52, 150, 178, 40
    width, most = left + step * len(counts) + 10, max([*counts.values(), 1])
    drawn = [
        f'<svg viewBox="0 0 {width} {base + 40}" width="{width}" role="img" '
        f'aria-label="{escape(alt, quote=True)}" class="bars"><title>{escape(alt)}</title>'
        f'<text transform="translate(14 {base - high / 2}) rotate(-90)" class="middle">'
        f"{escape(title)}</text>"
    ]
    for place, (name, count) in enumerate(counts.items()):
        tall, x = high * count / most, left + place * step
        drawn.append(
            f'<rect x="{x}" y="{base - tall:.1f}" width="{step - 6}" height="{tall:.1f}" '
            f'fill="{COLOURS[0]}"/><text x="{x + (step - 6) / 2}" y="{base - tall - 5:.1f}" '
            f'class="middle">{count}</text><text x="{x + (step - 6) / 2}" y="{base + 15}" '
            f'class="middle">{escape(name)}</text>'
        )
    drawn.append(
        f'<line x1="{left - 4}" x2="{width - 8}" y1="{base}" y2="{base}" stroke="#56636b"/>'
    )
    drawn.append(
        f'<text x="{(left + width) / 2}" y="{base + 34}" class="middle">{escape(axis)}</text>'
    )
    return "".join([*drawn, "</svg>"])
