"""A drawing, and the shapes it is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import hypot
from typing import Any, NamedTuple

from labkit.figure import shown

INK, FILL, EDGE, FAINT, GROUND = "#1f2933", "#e6eef3", "#0b6e99", "#52606d", "white"
SIZE = 13  # of letters, in pixels

Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A drawn model: a notebook shows the SVG.

    Attributes:
        svg: The drawing as text.
        alt: The same in words.
        mermaid: As an erDiagram, or "" for a notation that mermaid does not have.
        boxes: Where the shapes lie, by name; for whoever wants to check the layout.
        lines: The lines between shapes as points, by the names of their ends.
    """

    svg: str
    alt: str
    mermaid: str = ""
    boxes: tuple[tuple[str, "Box"], ...] = ()
    lines: tuple[tuple[tuple[str, str], tuple[Point, ...]], ...] = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return shown(self.svg, self.alt)


class Box(NamedTuple):
    """The rectangle that a shape needs, by its middle and half its width and height."""

    x: float
    y: float
    w: float
    h: float

    def overlaps(self, other: "Box", air: float = 0) -> bool:
        """Tell whether two boxes come nearer than `air`."""
        near_x = abs(self.x - other.x) < self.w + other.w + air
        return near_x and abs(self.y - other.y) < self.h + other.h + air

    def is_crossed(self, a: Point, b: Point, air: float = 0) -> bool:
        """Tell whether the line from `a` to `b` comes nearer than `air`."""
        t0, t1 = 0.0, 1.0
        for start, delta, middle, half in (
            (a[0], b[0] - a[0], self.x, self.w + air),
            (a[1], b[1] - a[1], self.y, self.h + air),
        ):
            if abs(delta) < 1e-9:
                if abs(start - middle) >= half:
                    return False
                continue
            one, two = (middle - half - start) / delta, (middle + half - start) / delta
            t0, t1 = max(t0, min(one, two)), min(t1, max(one, two))
        return t0 < t1

    def edge(self, toward: Point, *, shape: str = "box") -> Point:
        """Return where the line from the middle to a point leaves the shape."""
        dx, dy = toward[0] - self.x, toward[1] - self.y
        if abs(dx) + abs(dy) < 1e-9:
            return self.x, self.y
        if shape == "ellipse":
            t = 1 / hypot(dx / self.w, dy / self.h)
        elif shape == "diamond":
            t = 1 / (abs(dx) / self.w + abs(dy) / self.h)
        else:
            t = min(
                self.w / abs(dx) if abs(dx) > 1e-9 else 1e9,
                self.h / abs(dy) if abs(dy) > 1e-9 else 1e9,
            )
        return self.x + t * dx, self.y + t * dy


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Tell whether the line from `a` to `b` crosses that from `c` to `d`; touching counts not."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < -1e-6 and side(c, d, a) * side(c, d, b) < -1e-6


WIDE = "mwMWÆØÅæ@%"
NARROW = "iljtfrI.,;:()|1' "


def text_width(text: str, size: float = SIZE) -> float:
    """Estimate how wide a text is drawn in a sans-serif face, with a little to spare."""
    units = sum(0.92 if c in WIDE else 0.36 if c in NARROW else 0.62 for c in text)
    return units * size


def text(
    x: float, y: float, words: str, *, anchor: str = "middle", size: float = SIZE,
    bold: bool = False, fill: str = INK,
) -> str:  # fmt: skip
    """Write a text whose middle is at height `y`."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y + size * 0.35:.1f}" text-anchor="{anchor}" '
        f'font-size="{size}" fill="{fill}"{weight}>{escape(words)}</text>'
    )


def line(points: Sequence[Point], *, dash: str = "", width: float = 1.3, ink: str = INK) -> str:
    """Draw a line through points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="{width}"{dashed}/>'


def page(parts: Iterable[str], corners: Iterable[Point], alt: str) -> str:
    """Put shapes on a page just large enough for the corners given."""
    xs, ys = zip(*corners, strict=True)
    left, top = min(xs) - 12, min(ys) - 12
    wide, tall = max(xs) - left + 12, max(ys) - top + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="{left:.0f} {top:.0f} {wide:.0f} {tall:.0f}" '
        f'width="{wide:.0f}" style="max-width:100%;background:{GROUND}" role="img" '
        f'font-family="Helvetica, Arial, Liberation Sans, sans-serif">'
        f"<title>{escape(alt)}</title>" + "".join(parts) + "</svg>"
    )
