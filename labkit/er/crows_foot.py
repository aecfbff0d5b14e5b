"""Boxes and crow's feet: a conceptual model, or tables, as mermaid and as SVG.

A crow's foot is read across the line: the sign beside `Admission` tells how many admissions one
patient has. For a relationship of two that is the patient's own participation (min, max), so the
sign stands at the far end of the line from where `chen` writes (min..max). A solid line
is identifying: the weak side's key holds the other's. Dashed lines are not.
"""

import re
from dataclasses import dataclass

from labkit.er.drawing import (
    EDGE,
    FAINT,
    FILL,
    GROUND,
    INK,
    Box,
    Drawing,
    Point,
    line,
    page,
    text,
    text_width,
)
from labkit.er.model import Attribute, Entity, Model, Relationship
from labkit.er.routes import Card, Wire, lay_out
from labkit.messages import say

ROW = 20  # height of a row, in pixels
MERMAID = {  # (least above 0, many) -> the sign on the left and on the right
    (False, False): ("|o", "o|"),
    (True, False): ("||", "||"),
    (False, True): ("}o", "o{"),
    (True, True): ("}|", "|{"),
}


@dataclass(frozen=True)
class Row:
    """One line of a box: PK, FK, UK; a name; a type; a remark."""

    keys: tuple[str, ...]
    name: str
    type: str
    note: str = ""


@dataclass(frozen=True)
class Record:
    """One box."""

    name: str
    rows: tuple[Row, ...]
    weak: bool = False
    kind: str = "entity"


@dataclass(frozen=True)
class End:
    """How many of this box one of the other has."""

    box: str
    least: int
    most: int | None

    @property
    def sign(self) -> tuple[bool, bool]:
        """Whether at least one, and whether many."""
        return self.least > 0, self.most is None or self.most > 1

    @property
    def count(self) -> str:
        """The numbers as text, `0..n`."""
        return f"{self.least}..{'n' if self.most is None else self.most}"


@dataclass(frozen=True)
class Link:
    """One line between two boxes."""

    left: End
    right: End
    label: str
    identifying: bool = False
    short: str | None = None  # drawn instead, where the label would push the boxes apart


@dataclass(frozen=True)
class Diagram:
    """Boxes and the lines between them."""

    boxes: tuple[Record, ...]
    links: tuple[Link, ...]

    def mermaid(self) -> str:
        """Write an erDiagram."""
        lines = ["erDiagram"]
        for box in self.boxes:
            lines.append(f'    "{box.name}" {{')
            for row in box.rows:
                kind = re.sub(r"\W", "_", row.type.split("(")[0].strip()) or "text"
                keys = " " + ", ".join(row.keys) if row.keys else ""
                note = f' "{row.note}"' if row.note else ""
                lines.append(f"        {kind} {row.name}{keys}{note}")
            lines.append("    }")
        for link in self.links:
            left, right = MERMAID[link.left.sign][0], MERMAID[link.right.sign][1]
            middle = "--" if link.identifying else ".."
            ends = f'"{link.left.box}" {left}{middle}{right} "{link.right.box}"'
            lines.append(f'    {ends} : "{link.label}"')
        return "\n".join(lines)

    def alt(self) -> str:
        """Say the diagram in words."""
        found = []
        for box in self.boxes:
            listed = ", ".join(
                row.name + (f" ({', '.join(row.keys)})" if row.keys else "") for row in box.rows
            )
            kind = "alt_table" if box.kind == "table" else "alt_weak" if box.weak else "alt_entity"
            values = {"name": box.name, "attributes": listed or say("er.none")}
            found.append(say(f"er.{kind}", None, **values))
        for link in self.links:
            values = {
                "left": link.left.box, "right": link.right.box, "label": link.label,
                "left_count": link.left.count, "right_count": link.right.count,
            }  # fmt: skip
            found.append(say("er.alt_link", None, **values))
        return "\n".join(found)

    def draw(self) -> Drawing:
        """Draw it; the same diagram gives the same drawing."""
        cards = [Card(box.name, *_size(box)) for box in self.boxes]
        wires = [
            Wire(k.left.box, k.right.box, k.label if k.short is None else k.short)
            for k in self.links
        ]
        places = lay_out(cards, wires)
        parts: list[str] = []
        corners: list[Point] = []
        for link, points in zip(self.links, places.routes, strict=True):
            parts.append(line(points, dash="" if link.identifying else "6 4", width=1.4))
            parts += _sign(points[0], points[1], link.left.sign)
            parts += _sign(points[-1], points[-2], link.right.sign)
            corners += points
        for words, box in places.labels:
            parts.append(
                f'<rect x="{box.x - box.w:.1f}" y="{box.y - box.h:.1f}" width="{2 * box.w:.1f}" '
                f'height="{2 * box.h:.1f}" fill="{GROUND}"/>'
                + text(box.x, box.y, words, size=12, fill=FAINT)
            )
            corners += [(box.x - box.w, box.y - box.h), (box.x + box.w, box.y + box.h)]
        for record, (_, box) in zip(self.boxes, places.boxes, strict=True):
            parts += _card(record, box)
            corners += [(box.x - box.w, box.y - box.h), (box.x + box.w, box.y + box.h)]
        alt = self.alt()
        shapes = (*places.boxes, *((f"label {w}", b) for w, b in places.labels))
        ends = tuple((link.left.box, link.right.box) for link in self.links)
        lines = tuple(zip(ends, places.routes, strict=True))
        return Drawing(page(parts, corners, alt), alt, self.mermaid(), shapes, lines)


def from_model(model: Model) -> Diagram:
    """Make a diagram of a conceptual model.

    A relationship of many to many with attributes, or of more than two, becomes a box of its own,
    as crow's foot has no diamond; attributes of one-to-many stand with the side that takes part
    once.
    """
    moved: dict[str, list[Row]] = {}
    boxes: list[Record] = []
    links: list[Link] = []
    for r in model.relationships:
        ends = r.participants
        if len(ends) == 2 and (r.ratio != "M:N" or not r.attributes):
            one, two = ends
            # numbers that the signs cannot tell, and roles, go into the words
            said = [
                f"{p.role or p.entity} {p.cardinality}"
                for p in ends
                if p.role or (p.most or 1) > 1 or p.least > 1
            ]
            label = (r.name or say("er.has")) + (f" ({', '.join(said)})" if said else "")
            left = End(one.entity, two.least, two.most)
            right = End(two.entity, one.least, one.most)
            links.append(Link(left, right, label, r.identifying))
            once = next((p.entity for p in ends if not p.many), ends[0].entity)
            rows = [_row(a, (), r.name) for a in r.attributes]
            moved.setdefault(once, []).extend(rows)
        else:
            boxes.append(_associative(r))
            for p in ends:
                left, right = End(p.entity, 1, 1), End(r.name, p.least, p.most)
                links.append(Link(left, right, p.role or r.name, identifying=True))
    for s in model.specialisations:
        kind = say(f"er.word_{'disjoint' if s.disjoint else 'overlapping'}")
        kind += f", {say('er.word_total')}" if s.total else ""
        label = f"{say('er.word_is_a')} ({kind})"
        links += [
            Link(End(s.parent, 1, 1), End(child, 0, 1), label, identifying=True)
            for child in s.children
        ]
    entities = [_entity(e, moved.get(e.name, [])) for e in model.entities]
    return Diagram((*entities, *boxes), tuple(links))


def _associative(relationship: Relationship) -> Record:
    rows = [_row(a, (), "") for a in relationship.attributes]
    return Record(relationship.name, tuple(rows), weak=True)


def _entity(entity: Entity, more: list[Row]) -> Record:
    rows = []
    for attribute in entity.attributes:
        keys = [
            "PK" if place == 0 else "UK"
            for place, key in enumerate(entity.keys)
            if attribute.name in key
        ]
        partial = say("er.word_partial_key") if entity.weak and keys else ""
        rows.append(_row(attribute, tuple(keys[:1]), partial))
    return Record(entity.name, (*rows, *more), weak=entity.weak)


def _row(attribute: Attribute, keys: tuple[str, ...], remark: str) -> Row:
    notes = [say(f"er.word_{w}") for w in ("multivalued", "derived") if getattr(attribute, w)]
    notes += [", ".join(p.name for p in attribute.parts)] if attribute.parts else []
    notes += [remark] if remark else []
    return Row(keys, attribute.name, attribute.type, "; ".join(notes))


def _columns(box: Record) -> tuple[float, float, float]:
    """Return the widths of the columns of keys, names and the rest, in pixels."""
    keys = max((text_width(",".join(r.keys), 11) for r in box.rows), default=0)
    names = max((text_width(r.name, 12.5) for r in box.rows), default=0)
    rest = max((text_width(_rest(r), 11) for r in box.rows), default=0)
    title = text_width(box.name, 13) * 1.08
    keys += 10 if keys else 0
    spare = max(0.0, title - keys - names - rest - 10)
    return keys, names + 12, rest + spare


def _rest(row: Row) -> str:
    return f"{row.type.lower()}, {row.note}" if row.note else row.type.lower()


def _size(box: Record) -> tuple[float, float]:
    return sum(_columns(box)) + 20, ROW * (len(box.rows) + 1) + 10


def _card(box: Record, place: Box) -> list[str]:
    left, top = place.x - place.w, place.y - place.h
    wide, tall = 2 * place.w, 2 * place.h
    keys, names, _ = _columns(box)
    parts = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="4" '
        f'fill="{GROUND}" stroke="{EDGE}" stroke-width="1.5"/>',
        f'<path d="M{left:.1f},{top + ROW + 4:.1f} h{wide:.1f} V{top + 4:.1f} q0,-4 -4,-4 '
        f'H{left + 4:.1f} q-4,0 -4,4 z" fill="{FILL}" stroke="{EDGE}" stroke-width="1.5"/>',
        text(left + wide / 2, top + ROW / 2 + 2, box.name, bold=True),
    ]
    if box.weak:
        parts.append(
            f'<rect x="{left + 3:.1f}" y="{top + 3:.1f}" width="{wide - 6:.1f}" '
            f'height="{tall - 6:.1f}" rx="2" fill="none" stroke="{EDGE}"/>'
        )
    for number, row in enumerate(box.rows):
        y = top + ROW * (number + 1.5) + 6
        x = left + 10
        words = ",".join(row.keys)
        parts += [text(x, y, words, anchor="start", size=11, bold=True, fill=EDGE)] if words else []
        bold = "PK" in row.keys
        parts.append(text(x + keys, y, row.name, anchor="start", size=12.5, bold=bold))
        parts.append(text(x + keys + names, y, _rest(row), anchor="start", size=11, fill=FAINT))
    return parts


def _sign(at: Point, toward: Point, sign: tuple[bool, bool]) -> list[str]:
    """Draw the sign of an end: the foot or a bar at the box, then a bar or a ring."""
    dx, dy = toward[0] - at[0], toward[1] - at[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    dx, dy = dx / length, dy / length

    def spot(out: float, aside: float) -> Point:
        return at[0] + dx * out - dy * aside, at[1] + dy * out + dx * aside

    def bar(out: float) -> str:
        return line([spot(out, -6), spot(out, 6)], width=1.5)

    least, many = sign
    if many:
        parts = [line([spot(0, -7), spot(13, 0), spot(0, 7)], width=1.5)]
    else:
        parts = [bar(8)]
    if least:
        parts.append(bar(17 if many else 13))
    else:
        x, y = spot(18, 0)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{GROUND}" stroke="{INK}" '
            'stroke-width="1.5"/>'
        )
    return parts
