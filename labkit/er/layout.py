"""Places for boxes on a grid, so that the lines between them are short and do not cross.

The same model gives the same drawing: the search is seeded and counts steps, not seconds.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from labkit.er.drawing import crosses

Cell = tuple[int, int]
Pair = tuple[str, str, int]  # two names, and how many lines there are between them
STEPS = 5000


def arrange(names: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, Cell]:
    """Give each name a cell (column, row) by simulated annealing.

    Args:
        names: Of the boxes.
        links: Pairs of names with a line between them, as often as there are lines; one with
            itself has no say.

    Returns:
        Cells, the first column and row in use numbered 0.

    Source:
        Davidson and Harel (1996), ACM Transactions on Graphics 15:301-331 (the costs).
    """
    return dict(_arrange(tuple(names), tuple(links)))


@lru_cache(maxsize=128)
def _arrange(names: tuple[str, ...], links: tuple[tuple[str, str], ...]) -> dict[str, Cell]:
    count = Counter((min(a, b), max(a, b)) for a, b in links if a != b)
    pairs = [(a, b, n) for (a, b), n in sorted(count.items())]
    columns = max(3, round((len(names) * 1.6) ** 0.5 + 0.5))
    rows = -(-len(names) // columns) + 1
    cells = [(x, y) for y in range(rows) for x in range(columns)]
    best: dict[str, Cell] | None = None
    for seed in range(2):
        chance = random.Random(seed)
        found = _anneal(names, pairs, cells, chance)
        if best is None or _cost(found, pairs) < _cost(best, pairs) - 1e-9:
            best = found
    return _trimmed(best or {})


def _anneal(
    names: Sequence[str],
    pairs: Sequence[Pair],
    cells: Sequence[Cell],
    chance: random.Random,
) -> dict[str, Cell]:
    place = dict(zip(names, cells, strict=False))
    if len(names) < 2:
        return place
    cost = _cost(place, pairs)
    best, best_cost = dict(place), cost
    steps = min(STEPS, 500 * len(names))
    for step in range(steps):
        heat = 6 * (1 - step / steps) ** 2 + 0.01
        name = chance.choice(names)
        cell = chance.choice(cells)
        if cell == place[name]:
            continue
        other = next((n for n, c in place.items() if c == cell), None)
        trial = dict(place)
        if other:
            trial[other] = place[name]
        trial[name] = cell
        new = _cost(trial, pairs)
        if new <= cost or chance.random() < 2.718 ** ((cost - new) / heat):
            place, cost = trial, new
            if cost < best_cost:
                best, best_cost = dict(place), cost
    return best


def _cost(place: Mapping[str, Cell], pairs: Sequence[Pair]) -> float:
    """Weigh a layout: crossings and lines through boxes count most, then length and size."""
    total = 0.0
    ends = [(place[a], place[b]) for a, b, _ in pairs]
    taken = tuple(place.values())
    for (one, two), (_, _, lines) in zip(ends, pairs, strict=True):
        total += _length(one, two) * (1 + 2.5 * (lines - 1))
        for cell in taken:
            if _hits(one, two, cell):
                total += 25
    for (a, b), (c, d) in combinations(ends, 2):
        if _meet(a, b, c, d):
            total += 30
    xs, ys = zip(*taken, strict=True)
    return total + 0.5 * (max(xs) - min(xs)) + 0.7 * (max(ys) - min(ys))


@lru_cache(maxsize=10_000)
def _length(one: Cell, two: Cell) -> float:
    """Weigh a line: slanting and long ones are hard to follow."""
    dx, dy = abs(one[0] - two[0]), abs(one[1] - two[1])
    return dx + 1.15 * dy + (1.2 if dx and dy else 0) + 0.4 * max(dx, dy) ** 2


@lru_cache(maxsize=100_000)
def _hits(one: Cell, two: Cell, cell: Cell) -> bool:
    """Tell whether the line between two cells passes through or close to a third."""
    if cell in (one, two):
        return False
    (ax, ay), (bx, by), (cx, cy) = one, two, cell
    inside = min(ax, bx) <= cx <= max(ax, bx) and min(ay, by) <= cy <= max(ay, by)
    longest = max(abs(bx - ax), abs(by - ay))
    return inside and abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) < 0.6 * longest


@lru_cache(maxsize=200_000)
def _meet(a: Cell, b: Cell, c: Cell, d: Cell) -> bool:
    return not {a, b} & {c, d} and crosses(a, b, c, d)


def _trimmed(place: dict[str, Cell]) -> dict[str, Cell]:
    """Take out columns and rows without a box."""
    xs = sorted({x for x, _ in place.values()})
    ys = sorted({y for _, y in place.values()})
    return {name: (xs.index(x), ys.index(y)) for name, (x, y) in place.items()}
