"""Pairs for the lab: across backgrounds, and with a new partner each time.

The best pairing of all is found, not a good one: minimum-weight perfect matching (Edmonds' blossom
algorithm, in networkx). What counts, each point before all that follow it: that few have worked
together before; that few are of one background; that those who had a partner of their own
background before are spared now; then the seed. Who has worked with whom lies beside the roster in
`ROSTER.pairs.csv`.
"""

import random
from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from labkit.course.roster import Student, read_csv, read_roster
from labkit.errors import InputError
from labkit.grading.gradebook import write_csv
from labkit.messages import Language, say

_HEAD = ["round", "group", "student", "background"]
# Each point outweighs all that follows it, in classes of up to a thousand or so.
_MET, _ALIKE, _AGAIN = 10**18, 10**12, 10**7
_LOTS = 1000

Group = tuple[Student, ...]


class Past(NamedTuple):
    """The groups of earlier rounds, counted.

    Attributes:
        met: How often two students have worked together.
        alike: How often a student has had a partner of the same background.
        threes: How often a student has been in a group of three.
    """

    met: Counter[frozenset[str]]
    alike: Counter[str]
    threes: Counter[str]


def make_pairs(
    students: Iterable[Student],
    *,
    history: Iterable[tuple[Student, ...]] = (),
    seed: int = 0,
) -> list[Group]:
    """Put students together in pairs; when they are odd in number, one group has three.

    Args:
        students: Those who are there, in any order.
        history: The groups of all earlier rounds.
        seed: Decides between pairings that are equally good.

    Returns:
        The groups. In each, health comes first; the groups are in order of their first names.

    Raises:
        InputError: If there is only one student or none.

    Source:
        Edmonds (1965), Paths, trees, and flowers. Canadian Journal of Mathematics 17:449-467.

    Examples:
        >>> a, b = Student("Anne", "health"), Student("Bo", "informatics")
        >>> c, d = Student("Cato", "health"), Student("Dina", "informatics")
        >>> for pair in make_pairs([a, c, b, d], history=[(a, b), (c, d)]):
        ...     print(*(student.id for student in pair))
        Anne Dina
        Cato Bo
    """
    import networkx

    there = sorted(students, key=lambda student: student.id.casefold())
    if len(there) < 2:
        raise InputError(say("pairs.too_few", n=len(there)))
    past, rng = _count(history), random.Random(seed)
    lots = {frozenset(s.id for s in pair): rng.randrange(_LOTS) for pair in combinations(there, 2)}
    graph = networkx.Graph()
    for one, other in combinations(there, 2):
        weight = _cost(one, other, past) + lots[frozenset((one.id, other.id))]
        graph.add_edge(one.id, other.id, weight=weight)
    if len(there) % 2:  # whoever is left with the blank joins a pair
        groups = {student.background for student in there}
        size = Counter(student.background for student in there)
        for student in there:
            lesser = len(groups) > 1 and size[student.background] < max(size.values())
            weight = _MET * past.threes[student.id] + _ALIKE * lesser + rng.randrange(_LOTS)
            graph.add_edge(student.id, "", weight=weight)
    by_id = {student.id: student for student in there}
    matched = networkx.min_weight_matching(graph)
    pairs = [[by_id[i] for i in edge] for edge in matched if "" not in edge]
    for edge in (edge for edge in matched if "" in edge):
        third = by_id["".join(edge)]
        pairs.sort(key=lambda pair: sorted(s.id.casefold() for s in pair))
        best = min(
            pairs,
            key=lambda pair: (
                sum(_cost(third, s, past) + lots[frozenset((third.id, s.id))] for s in pair)
                + _MET * sum(past.threes[s.id] for s in pair)
            ),
        )
        best.append(third)
    groups_made = [tuple(sorted(pair, key=lambda s: (s.background, s.id))) for pair in pairs]
    return sorted(groups_made, key=lambda group: [s.id.casefold() for s in group])


def pair_roster(
    roster: Path,
    *,
    round: int | None = None,
    absent: Iterable[str] = (),
    seed: int = 0,
) -> tuple[int, list[Group], Path]:
    """Make the pairs of one round and keep them beside the roster.

    Args:
        roster: The class list, with `student` and `background`.
        round: From 1; the one after the last by default. An earlier one is made anew, as it was
            made the first time if the roster, the absentees and the seed are the same.
        absent: Students who are not there this time.
        seed: Decides between pairings that are equally good.

    Returns:
        The round, its groups, and the file that holds all rounds.

    Raises:
        InputError: If the roster or the file of earlier rounds cannot be used, an absentee is not
            on the roster, or a background is missing.
    """
    students = read_roster(roster)
    kept = roster.with_name(f"{roster.stem}.pairs.csv")
    rounds = _read(kept)
    number = round if round is not None else max(rounds, default=0) + 1
    if isinstance(number, bool) or number < 1:
        raise InputError(say("pairs.round", came=number))
    by_name = {student.id.casefold(): student for student in students}
    away = {name.strip().casefold(): name.strip() for name in absent if name.strip()}
    for name in sorted(set(away) - set(by_name)):
        raise InputError(say("pairs.absent", name=away[name], roster=roster))
    for student in students:
        if not student.background:
            raise InputError(say("pairs.no_background", roster=roster, student=student.id))
    there = [student for name, student in by_name.items() if name not in away]
    earlier = [group for n, groups in rounds.items() if n < number for group in groups]
    groups = make_pairs(there, history=earlier, seed=seed * 1_000 + number)
    rounds[number] = groups
    lines = [_HEAD]
    for n in sorted(rounds):
        for place, group in enumerate(rounds[n], 1):
            lines += [[str(n), str(place), s.id, s.background] for s in group]
    return number, groups, write_csv(lines, kept)


def pairs_table(groups: list[Group], number: int, lang: Language | None = None) -> Any:
    """Return the groups of a round as a table for the terminal (rich)."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=say("pairs.title", lang, number=number))
    for key in ("group", "students"):
        table.add_column(say(f"pairs.{key}", lang))
    for place, group in enumerate(groups, 1):
        names = [f"{s.id} ({_background(s.background, lang)})" for s in group]
        table.add_row(str(place), Text(" · ".join(names)))
    return table


def _background(word: str, lang: Language | None) -> str:
    return say(f"pairs.{word}", lang) if word in ("health", "informatics") else word


def _cost(one: Student, other: Student, past: Past) -> int:
    alike = one.background == other.background
    again = past.alike[one.id] + past.alike[other.id] if alike else 0
    return _MET * past.met[frozenset((one.id, other.id))] ** 2 + _ALIKE * alike + _AGAIN * again


def _count(history: Iterable[tuple[Student, ...]]) -> Past:
    past = Past(Counter(), Counter(), Counter())
    for group in history:
        past.threes.update(s.id for s in group if len(group) > 2)
        for one, other in combinations(group, 2):
            past.met[frozenset((one.id, other.id))] += 1
            if one.background == other.background:
                past.alike.update((one.id, other.id))
    return past


def _read(path: Path) -> dict[int, list[Group]]:
    """Read the groups of earlier rounds; none if there is no such file."""
    if not path.exists():
        return {}
    groups: dict[tuple[int, int], list[Student]] = {}
    for line, row in read_csv(path, needed=tuple(_HEAD)):
        try:
            key = int(row["round"]), int(row["group"])
        except ValueError:
            raise InputError(
                say("pairs.row", path=path, line=line, round=row["round"], group=row["group"])
            ) from None
        groups.setdefault(key, []).append(Student(row["student"], row["background"]))
    rounds: dict[int, list[Group]] = {}
    for (number, _), group in sorted(groups.items()):
        rounds.setdefault(number, []).append(tuple(group))
    return rounds
