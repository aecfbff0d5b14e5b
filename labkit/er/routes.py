"""Boxes on a grid, and lines between them that run level and upright and avoid the boxes.

Source:
    Lee (1961), IRE Transactions on Electronic Computers EC-10:346-365 (maze routing), with a cost
    for bends and crossings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from labkit.er.drawing import Box, Point, text_width
from labkit.er.layout import arrange

STEP = 13  # of the maze, in pixels
STUB = 2  # steps that a line goes straight out of a box, for its sign
BEND, CROSS = 7, 14  # cost, in steps

Spot = tuple[int, int]
Way = tuple[int, int]


class Card(NamedTuple):
    """A box to place: its name and size in pixels."""

    name: str
    wide: float
    tall: float


class Wire(NamedTuple):
    """A line to draw between two boxes, and the words on it."""

    start: str
    end: str
    label: str


class Port(NamedTuple):
    """Where a line may leave a box: at its edge, and at the end of the first straight piece."""

    edge: Spot
    spot: Spot
    way: Way
    cost: float


@dataclass
class Routed:
    """Boxes, lines and labels, placed."""

    boxes: list[tuple[str, Box]] = field(default_factory=list)
    routes: list[tuple[Point, ...]] = field(default_factory=list)
    labels: list[tuple[str, Box]] = field(default_factory=list)


def lay_out(cards: Sequence[Card], wires: Sequence[Wire]) -> Routed:
    """Place boxes and find a way for each line."""
    for room in (1.0, 1.5):
        found = _Maze(cards, wires, room)
        if found.run():
            break
    return found.routed


class _Maze:
    def __init__(self, cards: Sequence[Card], wires: Sequence[Wire], room: float) -> None:
        self.wires = wires
        self.routed = Routed()
        self.taken: dict[Spot, set[str]] = {}  # spot -> the directions of lines through it
        self.ports: set[Spot] = set()
        self.place(cards, room)

    def place(self, cards: Sequence[Card], room: float) -> None:
        names = [c.name for c in cards]
        cells = arrange(names, [(w.start, w.end) for w in self.wires])
        words = max((text_width(w.label, 12) for w in self.wires), default=0)
        gap_x = max(8, round((min(words, 170) + 40) / STEP)) * room
        gap_y = 6 * room
        wide: dict[int, int] = {}
        tall: dict[int, int] = {}
        size = {c.name: (-(-int(c.wide) // STEP), -(-int(c.tall) // STEP)) for c in cards}
        for name, (column, row) in cells.items():
            wide[column] = max(wide.get(column, 0), size[name][0])
            tall[row] = max(tall.get(row, 0), size[name][1])
        lefts, tops = _offsets(wide, round(gap_x)), _offsets(tall, round(gap_y))
        self.spots: dict[str, tuple[Spot, Spot]] = {}  # first and last spot of each box
        self.sizes = {c.name: (c.wide, c.tall) for c in cards}
        for name in names:
            column, row = cells[name]
            x = lefts[column] + (wide[column] - size[name][0]) // 2
            y = tops[row] + (tall[row] - size[name][1]) // 2
            self.spots[name] = (x, y), (x + size[name][0], y + size[name][1])
        self.limit = (
            max(x for _, (x, _) in self.spots.values()) + 8,
            max(y for _, (_, y) in self.spots.values()) + 8,
        )
        for name in names:
            (x0, y0), (x1, y1) = self.spots[name]
            half = (x1 - x0) * STEP / 2, (y1 - y0) * STEP / 2
            middle = (x0 + x1) / 2 * STEP, (y0 + y1) / 2 * STEP
            self.routed.boxes.append((name, Box(*middle, *half)))
        self.blocked = {
            (x, y)
            for (x0, y0), (x1, y1) in self.spots.values()
            for x in range(x0 - 1, x1 + 2)
            for y in range(y0 - 1, y1 + 2)
        }

    def run(self) -> bool:
        """Route every line; return whether each found a way and a place for its words."""
        order = sorted(range(len(self.wires)), key=lambda i: self.distance(self.wires[i]))
        routes: dict[int, tuple[Point, ...]] = {}
        whole = True
        for i in order:
            path = self.route(self.wires[i])
            if path is None:
                whole = False
                a, b = (self.box(n) for n in (self.wires[i].start, self.wires[i].end))
                routes[i] = a.edge((b.x, b.y)), b.edge((a.x, a.y))
                continue
            routes[i] = _corners(path)
        self.routed.routes = [routes[i] for i in range(len(self.wires))]
        for wire, points in zip(self.wires, self.routed.routes, strict=True):
            whole = self.label(wire.label, points) and whole
        return whole

    def box(self, name: str) -> Box:
        return next(b for n, b in self.routed.boxes if n == name)

    def distance(self, wire: Wire) -> float:
        a, b = self.box(wire.start), self.box(wire.end)
        return abs(a.x - b.x) + abs(a.y - b.y)

    def sides(self, name: str, toward: Box) -> Iterator[Port]:
        """Yield the free ports of a box; the middle of a side is best, corners are not used."""
        (x0, y0), (x1, y1) = self.spots[name]
        for x in range(x0 + 1, x1):
            off = abs(x - (x0 + x1) / 2) * 0.35
            for y, way in ((y0, (0, -1)), (y1, (0, 1))):
                yield Port((x, y), (x, y + way[1] * STUB), way, off)
        for y in range(y0 + 1, y1):
            off = abs(y - max(y0 + 1, min(y1 - 1, toward.y / STEP))) * 0.35
            for x, way in ((x0, (-1, 0)), (x1, (1, 0))):
                yield Port((x, y), (x + way[0] * STUB, y), way, off)

    def free_ports(self, name: str, toward: Box) -> list[Port]:
        found = []
        for port in self.sides(name, toward):
            near = {
                (port.edge[0] + dx, port.edge[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)
            }
            between = (port.edge[0] + port.way[0], port.edge[1] + port.way[1])
            if (
                not near & self.ports
                and not self.taken.get(port.spot)
                and between not in self.taken
            ):
                found.append(port)
        return found

    def route(self, wire: Wire) -> list[Spot] | None:
        starts = self.free_ports(wire.start, self.box(wire.end))
        ends = self.free_ports(wire.end, self.box(wire.start))
        if wire.start == wire.end:  # out to the right, in from above or below
            starts = [p for p in starts if p.way == (1, 0)]
            ends = [p for p in ends if p.way[0] == 0]
        goals = {(p.spot, (-p.way[0], -p.way[1])): p for p in ends}
        near = self.spots[wire.end]
        queue: list[tuple[float, float, Spot, Way]] = []
        came: dict[tuple[Spot, Way], tuple[Spot, Way] | None] = {}
        cost: dict[tuple[Spot, Way], float] = {}
        first: dict[tuple[Spot, Way], Port] = {}
        for port in starts:
            state = (port.spot, port.way)
            cost[state], came[state], first[state] = port.cost, None, port
            heappush(queue, (port.cost + _left(port.spot, near), port.cost, *state))
        best: tuple[float, tuple[Spot, Way]] | None = None
        while queue:
            guess, spent, spot, way = heappop(queue)
            if best and guess >= best[0]:
                break
            if spent > cost[spot, way]:
                continue
            if (spot, way) in goals:
                total = spent + goals[spot, way].cost
                if best is None or total < best[0]:
                    best = total, (spot, way)
            for step, price in self.moves(spot, way):
                after = (spot[0] + step[0], spot[1] + step[1])
                new = spent + price
                if new < cost.get((after, step), 1e9):
                    cost[after, step] = new
                    came[after, step] = (spot, way)
                    heappush(queue, (new + _left(after, near), new, after, step))
        if best is None:
            return None
        at: tuple[Spot, Way] | None = best[1]
        path = [goals[best[1]].edge]
        while at is not None:
            path.append(at[0])
            last, at = at, came[at]
        path.append(first[last].edge)
        path.reverse()
        self.keep(path)
        return path

    def moves(self, spot: Spot, way: Way) -> Iterator[tuple[Way, float]]:
        here = self.taken.get(spot, set())
        for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            if step == (-way[0], -way[1]):
                continue
            if step != way and here:  # no bend on another line
                continue
            after = (spot[0] + step[0], spot[1] + step[1])
            inside = -8 <= after[0] <= self.limit[0] and -8 <= after[1] <= self.limit[1]
            if not inside or after in self.blocked:
                continue
            axis = "h" if step[0] else "v"
            there = self.taken.get(after, set())
            if axis in there:
                continue
            yield step, 1 + (BEND if step != way else 0) + (CROSS if there else 0)

    def keep(self, path: list[Spot]) -> None:
        """Mark the spots of a line as taken, bends in both directions."""
        self.ports |= {path[0], path[-1]}
        spots = [path[0]]
        for a, b in pairwise(path):
            dx, dy = (b[0] > a[0]) - (b[0] < a[0]), (b[1] > a[1]) - (b[1] < a[1])
            while spots[-1] != b:
                spots.append((spots[-1][0] + dx, spots[-1][1] + dy))
        for i, spot in enumerate(spots):
            around = spots[max(0, i - 1) : i + 2]
            axes = {"h" for p in around if p[0] != spot[0]} | {
                "v" for p in around if p[1] != spot[1]
            }
            self.taken.setdefault(spot, set()).update(axes)

    def label(self, words: str, points: tuple[Point, ...]) -> bool:
        """Put words on a line, on a level piece if there is one long enough."""
        if not words:
            return True
        w, h = text_width(words, 12) / 2 + 2, 8
        pieces = sorted(
            pairwise(points),
            key=lambda p: (p[0][1] != p[1][1], -abs(p[0][0] - p[1][0]) - abs(p[0][1] - p[1][1])),
        )
        for clean in (True, False):
            for a, b in pieces:
                level = a[1] == b[1]
                for along in (0.5, 0.4, 0.6, 0.3, 0.7, 0.25, 0.75):
                    x, y = a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along
                    tries = [(x, y - h - 1), (x, y + h + 1)] if level else [
                        (x + w + 4, y), (x - w - 4, y), (x, y)
                    ]  # fmt: skip
                    if any(self.fits(Box(*t, w, h), points, clean) for t in tries):
                        spot = next(t for t in tries if self.fits(Box(*t, w, h), points, clean))
                        self.routed.labels.append((words, Box(*spot, w, h)))
                        return clean
        x, y = points[len(points) // 2]
        self.routed.labels.append((words, Box(x, y, w, h)))
        return False

    def fits(self, box: Box, own: tuple[Point, ...], clean: bool) -> bool:
        """Tell whether words would stand clear of boxes, signs, other words and other lines."""
        if any(box.overlaps(other, 3) for _, other in self.routed.boxes):
            return False
        if any(box.overlaps(other, 2) for _, other in self.routed.labels):
            return False
        for points in self.routed.routes:
            for end, then in ((points[0], points[1]), (points[-1], points[-2])):
                dx, dy = (
                    (then[0] > end[0]) - (then[0] < end[0]),
                    (then[1] > end[1]) - (then[1] < end[1]),
                )
                sign = Box(end[0] + dx * 12, end[1] + dy * 12, 8 + 5 * abs(dx), 8 + 5 * abs(dy))
                if box.overlaps(sign):
                    return False
            if points is own or not clean:
                continue
            if any(box.is_crossed(a, b, 1) for a, b in pairwise(points)):
                return False
        return True


def _offsets(sizes: dict[int, int], gap: int) -> dict[int, int]:
    found, at = {}, 0
    for number in sorted(sizes):
        found[number] = at
        at += sizes[number] + gap
    return found


def _left(spot: Spot, box: tuple[Spot, Spot]) -> float:
    """Estimate the steps that are left to a box; never too many."""
    (x0, y0), (x1, y1) = box
    dx = max(x0 - spot[0], 0, spot[0] - x1)
    dy = max(y0 - spot[1], 0, spot[1] - y1)
    return max(0, dx + dy - STUB)


def _corners(path: list[Spot]) -> tuple[Point, ...]:
    kept = [path[0]]
    for before, at, after in zip(path, path[1:], path[2:], strict=False):
        straight = (at[0] - before[0] == 0) == (after[0] - at[0] == 0)
        if not straight:
            kept.append(at)
    kept.append(path[-1])
    return tuple((x * float(STEP), y * float(STEP)) for x, y in kept)
