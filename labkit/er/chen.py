"""A conceptual model in Chen's notation.

Boxes are entity types (double: weak), diamonds relationship types (double: identifying), ellipses
attributes (double: multivalued, dashed: derived), an underlined name is a key (dashed: partial
key; where several are underlined, those with the same small number are one key together), a circle
with d or o is a disjoint or overlapping specialisation, a double line from the superclass says that
it is total. (min..max) beside an entity type is its own participation.

Source:
    Chen (1976), ACM TODS 1:9-36; Elmasri and Navathe, 7th ed., figures 3.14, 3.15 and 4.1.
"""

from functools import lru_cache
from math import atan2, degrees

from labkit.er.chen_places import Places, Shape, place
from labkit.er.drawing import (
    EDGE,
    FAINT,
    FILL,
    GROUND,
    INK,
    Drawing,
    Point,
    line,
    page,
    text,
    text_width,
)
from labkit.er.model import Attribute, Model
from labkit.messages import language, say


def draw(model: Model) -> Drawing:
    """Draw a model; the same model gives the same drawing."""
    return _draw(model, language())


@lru_cache(maxsize=64)
def _draw(model: Model, lang: str) -> Drawing:
    places = place(model)
    alt = describe(model)
    parts = [*_lines(places), *(_shape(shape) for shape in places.shapes)]
    for label in places.labels:
        box = label.box
        parts.append(
            f'<rect x="{box.x - box.w:.1f}" y="{box.y - box.h:.1f}" width="{2 * box.w:.1f}" '
            f'height="{2 * box.h:.1f}" fill="{GROUND}" fill-opacity="0.85"/>'
            + text(box.x, box.y, label.words, size=12, fill=FAINT)
        )
    boxes = tuple((s.name, s.box) for s in places.shapes) + tuple(
        (f"label {i} {label.words}", label.box) for i, label in enumerate(places.labels)
    )
    corners: list[Point] = []
    for _, b in boxes:
        corners += [(b.x - b.w, b.y - b.h), (b.x + b.w, b.y + b.h)]
    lines = tuple(((wire.start, wire.end), wire.points) for wire in places.wires)
    return Drawing(page(parts, corners, alt), alt, "", boxes, lines)


def describe(model: Model) -> str:
    """Say a model in words, for those who cannot see the drawing."""
    sentences = []
    for entity in model.entities:
        keyed = {name for key in entity.keys for name in key}
        word = say("er.word_partial_key" if entity.weak else "er.word_key")
        listed = [_in_words(a, word if a.name in keyed else "") for a in entity.attributes]
        kind = "er.alt_weak" if entity.weak else "er.alt_entity"
        attributes = ", ".join(listed) or say("er.none")
        sentences.append(say(kind, None, name=entity.name, attributes=attributes))
    for r in model.relationships:
        kind = "er.alt_identifying" if r.identifying else "er.alt_relationship"
        ends = ", ".join(
            f"{p.entity}{f' ({p.role})' if p.role else ''} {p.cardinality}" for p in r.participants
        )
        sentences.append(say(kind, None, name=r.name or say("er.has"), ends=ends))
    for s in model.specialisations:
        kinds = [say(f"er.word_{'total' if s.total else 'partial'}")]
        kinds.append(say(f"er.word_{'disjoint' if s.disjoint else 'overlapping'}"))
        values = {"parent": s.parent, "children": ", ".join(s.children), "kind": ", ".join(kinds)}
        sentences.append(say("er.alt_specialisation", None, **values))
    return "\n".join(sentences)


def _in_words(attribute: Attribute, key: str) -> str:
    words = [key] if key else []
    words += [say(f"er.word_{w}") for w in ("multivalued", "derived") if getattr(attribute, w)]
    inside = f" [{', '.join(p.name for p in attribute.parts)}]" if attribute.parts else ""
    return attribute.name + inside + (f" ({', '.join(words)})" if words else "")


def _lines(places: Places) -> list[str]:
    parts = []
    for wire in places.wires:
        if wire.double:  # a thick line with a thin one of the ground on top
            parts += [line(wire.points, width=5), line(wire.points, width=2.4, ink=GROUND)]
        else:
            parts.append(line(wire.points))
        if wire.subset:
            parts.append(_subset(*wire.points))
    return parts


def _subset(start: Point, end: Point) -> str:
    """Draw the sign of a subset in the middle of a line, open toward its end."""
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    turn = degrees(atan2(end[1] - start[1], end[0] - start[0]))
    return (
        f'<path d="M7,-8 L0,-8 A8,8 0 0 0 0,8 L7,8" transform="translate({x:.1f},{y:.1f}) '
        f'rotate({turn:.1f})" fill="none" stroke="{INK}" stroke-width="1.5"/>'
    )


def _shape(shape: Shape) -> str:
    box = shape.box
    look = f'fill="{FILL}" stroke="{EDGE}" stroke-width="1.5"'
    if shape.form == "box":
        parts = [_rect(shape, 0, look)]
        parts += [_rect(shape, 4, f'fill="none" stroke="{EDGE}"')] if shape.double else []
        parts.append(text(box.x, box.y, shape.words, bold=True))
    elif shape.form == "diamond":
        parts = [_diamond(shape, 0, f'fill="{GROUND}" stroke="{INK}" stroke-width="1.3"')]
        parts += [_diamond(shape, 5, f'fill="none" stroke="{INK}"')] if shape.double else []
        parts.append(text(box.x, box.y, shape.words, size=12))
    else:
        dash = ' stroke-dasharray="5 3"' if shape.dashed else ""
        look = f'fill="{GROUND}" stroke="{INK}" stroke-width="1.2"{dash}'
        parts = [_ellipse(shape, 0, look)]
        parts += [_ellipse(shape, 4, look)] if shape.double else []
        parts.append(text(box.x, box.y, shape.words, size=12.5))
        if shape.key:
            half, y = text_width(shape.words, 12.5) * 0.47, box.y + 8
            dash = "4 2.5" if shape.key == "partial" else ""
            parts.append(line([(box.x - half, y), (box.x + half, y)], dash=dash, width=1.2))
    return "".join(parts)


def _rect(shape: Shape, inset: float, look: str) -> str:
    x, y, w, h = shape.box
    return (
        f'<rect x="{x - w + inset:.1f}" y="{y - h + inset:.1f}" width="{2 * (w - inset):.1f}" '
        f'height="{2 * (h - inset):.1f}" {look}/>'
    )


def _diamond(shape: Shape, inset: float, look: str) -> str:
    x, y, w, h = shape.box
    w, h = w - inset * 1.9, h - inset * h / w * 1.9
    return (
        f'<path d="M{x - w:.1f},{y:.1f} L{x:.1f},{y - h:.1f} L{x + w:.1f},{y:.1f} '
        f'L{x:.1f},{y + h:.1f} Z" {look}/>'
    )


def _ellipse(shape: Shape, inset: float, look: str) -> str:
    x, y, w, h = shape.box
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{w - inset:.1f}" ry="{h - inset:.1f}" {look}/>'
