"""An indented tree of boxes as SVG."""

from collections.abc import Sequence
from html import escape

ROW, INDENT, PAD, GLYPH = 30, 26, 8, 7.4  # pixels
NAMED, GROUP = "#e8f1fa", "#f3f3f3"  # an element with a value; a group


def draw(rows: Sequence[tuple[int, str, str, str]], *, alt: str) -> str:
    """Draw nodes given as (depth, name, what it is, what it allows), each after its parent."""
    parts, last = [], dict[int, int]()
    wide = 0.0
    for number, (depth, name, kind, allowed) in enumerate(rows):
        left, top = depth * INDENT + 2, number * ROW + 3
        box = len(name) * GLYPH * 1.06 + 2 * PAD
        if depth:
            trunk = left - INDENT + PAD
            start = last[depth - 1] * ROW + ROW - 3
            parts.append(
                f'<path d="M{trunk} {start}V{top + 12}H{left}" fill="none" stroke="#9aa5b1"/>'
            )
        last[depth] = number
        text = f"{kind}  {allowed}" if allowed else kind
        fill = NAMED if "DV_" in kind else GROUP
        parts.append(
            f'<rect x="{left}" y="{top}" width="{box:.0f}" height="24" rx="4" fill="{fill}" '
            f'stroke="#52606d"/><text x="{left + PAD}" y="{top + 17}">{escape(name)}</text>'
            f'<text x="{left + box + PAD:.0f}" y="{top + 17}" fill="#3e4c59" '
            f'font-size="12">{escape(text)}</text>'
        )
        wide = max(wide, left + box + 2 * PAD + len(text) * GLYPH)
    tall = len(rows) * ROW + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall}" '
        f'width="{wide:.0f}" style="max-width:100%;background:white" role="img" '
        f'font-family="monospace" font-size="13" fill="#1f2933"><title>{escape(alt)}</title>'
        f"{''.join(parts)}</svg>"
    )
