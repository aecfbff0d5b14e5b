"""Where the shapes of a Chen diagram go.

Entity types (and relationship types of more than two participants, and specialisations) get cells
of a grid; a diamond between two of them stands in the middle of its line; attributes are put, one
by one, at the nearest free spot. If something has no free spot, the grid is made wider.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import cos, pi, sin

from labkit.er.drawing import Box, Point, crosses, text_width
from labkit.er.layout import arrange
from labkit.er.model import Attribute, Entity, Model, Participant, Relationship
from labkit.messages import say

_ALONG = (0.26, 0.36, 0.18, 0.5, 0.62, 0.75)  # where on a line its label may stand
AIR = 9  # between shapes, in pixels


@dataclass(frozen=True)
class Shape:
    """One shape: `form` is box, diamond or ellipse."""

    name: str
    words: str
    form: str
    box: Box
    double: bool = False
    dashed: bool = False
    key: str = ""  # "key" or "partial"

    def edge(self, toward: Point) -> Point:
        """Return where a line toward a point leaves this shape."""
        return self.box.edge(toward, shape=self.form)


@dataclass(frozen=True)
class Wire:
    """A line between two shapes."""

    start: str
    end: str
    points: tuple[Point, ...]
    double: bool = False
    subset: bool = False  # from a subclass: its sign opens toward the superclass


@dataclass(frozen=True)
class Label:
    """Words beside a line."""

    words: str
    box: Box


@dataclass
class Places:
    """What is placed so far."""

    shapes: list[Shape] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def boxes(self) -> Iterator[tuple[str, Box]]:
        """Yield everything that must be kept clear of."""
        for shape in self.shapes:
            yield shape.name, shape.box
        for label in self.labels:
            yield "", label.box

    def segments(self) -> Iterator[tuple[Wire, Point, Point]]:
        """Yield the straight pieces of all lines."""
        for wire in self.wires:
            for a, b in zip(wire.points, wire.points[1:], strict=False):
                yield wire, a, b

    def is_free(self, box: Box, *, air: float = AIR) -> bool:
        """Tell whether a box touches no shape, label or line."""
        if any(box.overlaps(other, air) for _, other in self.boxes()):
            return False
        return not any(box.is_crossed(a, b, air / 2) for _, a, b in self.segments())

    def is_clear(self, a: Point, b: Point, *ends: str) -> bool:
        """Tell whether a line between two named shapes would cross nothing."""
        for name, box in self.boxes():
            if name not in ends and box.is_crossed(a, b, 3):
                return False
        return not any(crosses(a, b, c, d) for _, c, d in self.segments())


class _Full(Exception):
    """Something found no free spot."""


def place(model: Model) -> Places:
    """Place every shape of a model, on a grid as narrow as it can be.

    A model that cannot be drawn without crossings is drawn with as few as were found.
    """
    cells = arrange(*_graph(model))
    for strict in (True, False):
        for factor in (1.0, 1.12, 1.25, 1.4, 1.6, 1.85):
            try:
                return _Placing(model, cells, factor, strict=strict).run()
            except _Full:
                continue
    return _Placing(model, cells, 3, strict=False).run()


def _graph(model: Model) -> tuple[list[str], list[tuple[str, str]]]:
    names = [e.name for e in model.entities]
    links: list[tuple[str, str]] = []
    for i, r in enumerate(model.relationships):
        if len(r.participants) == 2:
            links.append((r.participants[0].entity, r.participants[1].entity))
        else:
            names.append(_id(i))
            links += [(_id(i), p.entity) for p in r.participants]
    for i, s in enumerate(model.specialisations):
        names.append(f"isa {i}")
        links += [(f"isa {i}", name) for name in (s.parent, *s.children)]
    return names, links


def _id(number: int) -> str:
    return f"relationship {number}"


class _Placing:
    def __init__(
        self, model: Model, cells: dict[str, tuple[int, int]], factor: float, *, strict: bool
    ) -> None:
        self.model = model
        self.cells = cells
        self.factor = factor
        self.strict = strict
        self.done = Places()
        self.by_name: dict[str, Shape] = {}
        self.outward: dict[str, Point] = {}  # of an attribute: away from what it belongs to

    def run(self) -> Places:
        self.skeleton()
        self.relationships()
        self.specialisations()
        self.check_skeleton()
        self.labels()
        self.selves()
        # the most crowded first, since it has the fewest spots left
        owners: list[tuple[str, tuple[Attribute, ...], dict[str, tuple[str, str]]]] = []
        for e in self.model.entities:
            owners.append((e.name, e.attributes, _keyed(e)))
        for i, r in enumerate(self.model.relationships):
            owners.append((_id(i), r.attributes, {}))
        owners.sort(key=lambda owner: -len(owner[1]))
        for name, attributes, keyed in owners:
            self.attributes(name, attributes, keyed)
        return self.done

    def add(self, shape: Shape) -> None:
        self.done.shapes.append(shape)
        self.by_name[shape.name] = shape

    def middle(self, name: str) -> Point:
        column, row = self.cells[name]
        return column * 290 * self.factor, row * 215 * self.factor

    def skeleton(self) -> None:
        for entity in self.model.entities:
            half = max(46, text_width(entity.name) * 0.53 + 14)
            box = Box(*self.middle(entity.name), half, 21)
            self.add(Shape(entity.name, entity.name, "box", box, double=entity.weak))
        for i, r in enumerate(self.model.relationships):
            if len(r.participants) > 2:
                self.add(self.diamond(i, r, self.middle(_id(i))))
        for i, s in enumerate(self.model.specialisations):
            words = "d" if s.disjoint else "o"
            box = Box(*self.middle(f"isa {i}"), 13, 13)
            self.add(Shape(f"isa {i}", words, "ellipse", box))

    def diamond(self, number: int, relationship: Relationship, middle: Point) -> Shape:
        words = relationship.name or say("er.has")
        wide = max(40, text_width(words, 12) * 0.62 + 16 + 8 * relationship.identifying)
        box = Box(*middle, wide, 27 + 3 * relationship.identifying)
        return Shape(_id(number), words, "diamond", box, double=relationship.identifying)

    def wire(self, start: str, end: str, *, double: bool = False, subset: bool = False) -> None:
        one, two = self.by_name[start], self.by_name[end]
        a, b = one.edge((two.box.x, two.box.y)), two.edge((one.box.x, one.box.y))
        self.done.wires.append(Wire(start, end, (a, b), double, subset))

    def relationships(self) -> None:
        between: dict[frozenset[str], list[int]] = {}
        for i, r in enumerate(self.model.relationships):
            if len(r.participants) == 2:
                between.setdefault(frozenset(p.entity for p in r.participants), []).append(i)
            else:
                for p in r.participants:
                    self.wire(p.entity, _id(i))
        for pair, numbers in between.items():
            if len(pair) < 2:
                continue
            one, two = (self.by_name[n].box for n in sorted(pair))
            dx, dy = two.x - one.x, two.y - one.y
            length = (dx * dx + dy * dy) ** 0.5
            for k, number in enumerate(numbers):
                shift = k - (len(numbers) - 1) / 2
                apart = 84 if abs(dx) > abs(dy) else 150
                # between the edges that the line leaves by, not between the middles
                a, b = one.edge((two.x, two.y)), two.edge((one.x, one.y))
                x = (a[0] + b[0]) / 2 - dy / length * shift * apart
                y = (a[1] + b[1]) / 2 + dx / length * shift * apart
                self.add(self.diamond(number, self.model.relationships[number], (x, y)))
                for name in sorted(pair):
                    self.wire(name, _id(number))

    def specialisations(self) -> None:
        for i, s in enumerate(self.model.specialisations):
            self.wire(s.parent, f"isa {i}", double=s.total)
            for child in s.children:
                self.wire(child, f"isa {i}", subset=True)

    def check_skeleton(self) -> None:
        """Refuse a grid on which shapes or lines run into each other."""
        shapes = self.done.shapes
        for i, one in enumerate(shapes):
            if any(one.box.overlaps(two.box, AIR) for two in shapes[i + 1 :]):
                raise _Full
        if not self.strict:
            return
        for wire, a, b in self.done.segments():
            for shape in shapes:
                inside = shape.name not in (wire.start, wire.end)
                if inside and shape.box.is_crossed(a, b, 4):
                    raise _Full

    def labels(self) -> None:
        """Put (min..max), and the role, beside each entity type's end of its lines."""
        for i, r in enumerate(self.model.relationships):
            if len({p.entity for p in r.participants}) < len(r.participants):
                if len(r.participants) > 2:
                    self.shared_ends(i, r)
                continue
            for p in r.participants:
                self.label(_words(p), p.entity, _id(i))

    def shared_ends(self, number: int, relationship: Relationship) -> None:
        for p in relationship.participants:
            self.label(_words(p), p.entity, _id(number))

    def label(self, words: str, start: str, end: str, *, wire: Wire | None = None) -> None:
        """Put words beside a line, as near to its start as there is room."""
        line = wire or next(w for w in self.done.wires if (w.start, w.end) == (start, end))
        (ax, ay), (bx, by) = line.points[0], line.points[1]
        length = max(((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5, 1)
        nx, ny = -(by - ay) / length, (bx - ax) / length
        w, h = text_width(words, 12) / 2 + 1, 8
        beside = abs(nx) * w + abs(ny) * h + 2
        tries = [(a, s, air) for air in (7, 0) for a in _ALONG for s in (-1, 1)]
        for along, side, air in tries:  # well clear of other lines, if that can be
            x = ax + (bx - ax) * along + nx * side * beside
            y = ay + (by - ay) * along + ny * side * beside
            box = Box(x, y, w, h)
            if not any(box.overlaps(other, 1) for _, other in self.done.boxes()) and not any(
                box.is_crossed(c, d, 0 if other is line else air)
                for other, c, d in self.done.segments()
            ):
                self.done.labels.append(Label(words, box))
                return
        if self.strict:
            raise _Full
        box = Box(ax + (bx - ax) * 0.3, ay + (by - ay) * 0.3, w, h)
        self.done.labels.append(Label(words, box))

    def selves(self) -> None:
        """Put a relationship of an entity type with itself beside it, with two lines."""
        for i, r in enumerate(self.model.relationships):
            ends = r.participants
            if len(ends) != 2 or ends[0].entity != ends[1].entity:
                continue
            home = self.by_name[ends[0].entity].box
            shape = self.diamond(i, r, (0, 0))
            for box, wires in self.loops(home, shape, ends[0].entity):
                if self.done.is_free(box) and all(
                    self.done.is_clear(a, b, ends[0].entity)
                    for w in wires
                    for a, b in zip(w.points, w.points[1:], strict=False)
                ):
                    break
            else:
                raise _Full
            self.add(replace(shape, box=box))
            self.done.wires += wires
            for p, w in zip(ends, wires, strict=True):
                self.label(_words(p), "", "", wire=w)

    def loops(self, home: Box, shape: Shape, name: str) -> Iterator[tuple[Box, list[Wire]]]:
        w, h = shape.box.w, shape.box.h
        far = 74
        for side in (1, -1):
            for up in (1, -1):  # beside the entity type, above or below its height
                x, y = home.x + side * (home.w + 70 + w), home.y - up * (home.h + 58)
                box = Box(x, y, w, h)
                corner = (home.x + side * home.w * 0.55, home.y - up * home.h)
                one = (corner, (corner[0], y), (x - side * w, y))
                two = ((home.x + side * home.w, home.y), (x, home.y), (x, y + up * h))
                wires = [Wire(name, shape.name, points) for points in (one, two)]
                yield box, wires
        for up in (1, -1):
            y = home.y - up * (home.h + far + h)
            box = Box(home.x, y, w, h)
            wires = []
            for side in (-1, 1):
                start = (home.x + side * home.w * 0.8, home.y - up * home.h)
                wires.append(Wire(name, shape.name, (start, (home.x + side * w, y))))
            yield box, wires

    def attributes(
        self, owner: str, attributes: tuple[Attribute, ...], keyed: dict[str, tuple[str, str]]
    ) -> None:
        """Put attributes around their owner, further out if they do not all fit close to it."""
        before = len(self.done.shapes), len(self.done.wires)
        for start in range(4):
            try:
                for attribute in sorted(attributes, key=lambda a: not a.parts):
                    key = keyed.get(attribute.name, ("", ""))
                    shape = self.attribute(owner, attribute, key, start)
                    if attribute.parts:
                        self.attributes(shape.name, attribute.parts, {})
                return
            except _Full:
                del self.done.shapes[before[0] :], self.done.wires[before[1] :]
        raise _Full

    def attribute(
        self, owner: str, attribute: Attribute, key: tuple[str, str], start: int
    ) -> Shape:
        home = self.by_name[owner]
        words = attribute.name + key[1]
        wide = text_width(words, 12.5) * 0.5 + 13 + 4 * attribute.multivalued
        w, h = max(30, wide), 17 + 3 * attribute.multivalued
        name = f"{owner}.{attribute.name}"
        shape = Shape(
            name, words, "ellipse", Box(0, 0, w, h), attribute.multivalued,
            attribute.derived, key[0],
        )  # fmt: skip
        outward = self.outward.get(owner)
        spots = sorted(
            _spots(home.box, w, h, start),
            key=lambda s: self.liking(s, home.box, attribute, outward),
        )
        for x, y, _ in spots:
            box = Box(x, y, w, h)
            if not self.done.is_free(box):
                continue
            placed = replace(shape, box=box)
            a, b = home.edge((x, y)), placed.edge((home.box.x, home.box.y))
            if self.done.is_clear(a, b, owner):
                self.add(placed)
                self.done.wires.append(Wire(owner, name, (a, b)))
                self.outward[name] = (x - home.box.x, y - home.box.y)
                return placed
        raise _Full

    def liking(
        self,
        spot: tuple[float, float, int],
        home: Box,
        attribute: Attribute,
        outward: Point | None,
    ) -> float:
        """Weigh a spot, low is good: near, rather above or below than beside, parts outward."""
        x, y, level = spot
        dx, dy = x - home.x, y - home.y
        length = (dx * dx + dy * dy) ** 0.5
        cost = 60.0 * level + 0.25 * length + 14 * abs(dx) / length + (6 if dy > 0 else 0)
        if outward:
            far = (outward[0] ** 2 + outward[1] ** 2) ** 0.5
            cost -= 70 * (dx * outward[0] + dy * outward[1]) / length / far
        if attribute.parts:  # they need room further out
            beyond = Box(
                x + dx / length * 80, y + dy / length * 66, 40.0 * len(attribute.parts), 26
            )
            cost += 45 * sum(beyond.overlaps(other) for _, other in self.done.boxes())
            cost += 45 * any(beyond.is_crossed(a, b) for _, a, b in self.done.segments())
        return cost


def _keyed(entity: Entity) -> dict[str, tuple[str, str]]:
    """Tell which attributes are underlined, and how; numbers tell which are a key together."""
    kind = "partial" if entity.weak else "key"
    named = {name for key in entity.keys for name in key}
    return {
        name: (
            kind,
            "".join("¹²³⁴⁵⁶⁷⁸⁹"[i] for i, key in enumerate(entity.keys[:9]) if name in key)
            if len(named) > 1
            else "",
        )
        for name in named
    }


def _words(end: Participant) -> str:
    return f"{end.role} {end.cardinality}" if end.role else end.cardinality


def _spots(home: Box, w: float, h: float, start: int) -> Iterator[tuple[float, float, int]]:
    """Yield middles on rings around a shape, and the number of the ring."""
    for level in range(start, start + 4):
        wide, tall = home.w + w + 16 + level * 62, home.h + h + 32 + level * 46
        for step in range(60):
            angle = 2 * pi * step / 60
            yield home.x + wide * sin(angle), home.y - tall * cos(angle), level
