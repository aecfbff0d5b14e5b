"""The phrase pools, read once, by diagnosis, section and stage of life."""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

import numpy as np

from labkit.world.notes.compose import Phrasebook

STAGES = {"child": (0,), "adult": (1,), "grown": (1, 2, 3), "old": (3,)}
N_STAGES = 4  # child, working age, pensioner, 75 years and older
WORK = "{workplace}"  # only those of working age have one
HOME = "{nursing_home}"  # only the old live in one


@dataclass(frozen=True)
class Choice:
    """For each group (a diagnosis, or one only) and stage, the phrases to draw from."""

    first: np.ndarray  # int32, shape (groups, N_STAGES)
    count: np.ndarray  # int32, shape (groups, N_STAGES)
    phrases: np.ndarray  # int32, phrase numbers

    def draw(self, rng: np.random.Generator, group: np.ndarray, stage: np.ndarray) -> np.ndarray:
        """Draw one phrase number for each note."""
        count = self.count[group, stage]
        pick = np.floor(rng.random(len(group)) * count).astype(np.int32)
        return self.phrases[self.first[group, stage] + pick]


@dataclass(frozen=True)
class Pools:
    """All that notes are made from."""

    book: Phrasebook
    hospital: dict[str, Choice]  # by section: reason, story, ...
    primary: dict[str, Choice]
    frame: dict[str, Choice]  # one group each
    hospital_prefix: dict[str, int]
    primary_prefix: dict[str, int]
    flags: dict[str, np.ndarray]  # fever, hypoxia by hospital group
    terms: dict[str, Any]
    names: dict[str, list[str]]
    wards: tuple[tuple[str, ...], ...] = field(default=())


def read(name: str) -> dict[str, Any]:
    """Read one of the phrase files."""
    return loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


def groups(name: str) -> dict[str, dict[str, Any]]:
    """Read a file of diagnosis groups; what a group does not say, it takes from the one it is like.

    Examples:
        >>> groups("hospital")["stemi_anterior"]["plan"] == groups("hospital")["mi"]["plan"]
        True
    """
    found = read(name)
    return {k: found.get(group.pop("like", ""), {}) | group for k, group in found.items()}


def longest(prefixes: dict[str, int], code: str) -> int:
    """Return the value of the longest prefix of a code, -1 if there is none.

    Examples:
        >>> longest({"I": 0, "I21": 1}, "I21.4"), longest({"I": 0}, "C50")
        (1, -1)
    """
    for end in range(len(code), -1, -1):
        if code[:end] in prefixes:
            return prefixes[code[:end]]
    return -1


def _choice(book: Phrasebook, groups: list[list[str]]) -> Choice:
    first: list[int] = []
    count: list[int] = []
    phrases: list[int] = []
    for variants in groups:
        for stage in range(N_STAGES):
            fit = [text for tag, text in map(_tagged, variants) if _fits(tag, text, stage)]
            # Nothing fits: say it as for others, less what only others can have.
            fit = fit or [text for _, text in map(_tagged, variants) if _can(text, stage)]
            fit = fit or [""]
            first.append(len(phrases))
            count.append(len(fit))
            phrases += [book.add(text) for text in fit]
    shape = (len(groups), N_STAGES)
    return Choice(
        np.array(first, dtype=np.int32).reshape(shape),
        np.array(count, dtype=np.int32).reshape(shape),
        np.array(phrases, dtype=np.int32),
    )


def _tagged(variant: str) -> tuple[str, str]:
    if variant.startswith("@"):
        tag, _, text = variant[1:].partition(" ")
        return tag, text
    return "", variant


def _can(text: str, stage: int) -> bool:
    return (WORK not in text or stage == 1) and (HOME not in text or stage == 3)


def _fits(tag: str, text: str, stage: int) -> bool:
    return (not tag or stage in STAGES[tag]) and _can(text, stage)


def with_faker(names: dict[str, list[str]]) -> dict[str, list[str]]:
    """Put Faker's Norwegian names before our own; its lists are data, so its version is fixed.

    Examples:
        >>> names = with_faker({"women": ["Sol"], "men": [], "families": ["Rygg"]})
        >>> len(names["women"]), names["women"][-1], "Ola" in names["men"]
        (101, 'Sol', True)
    """
    from faker.providers.person.no_NO import Provider

    lists = {
        "women": Provider.first_names_female,
        "men": Provider.first_names_male,
        "families": Provider.last_names,
    }
    return names | {key: [*lists[key], *names[key]] for key in lists}


@cache
def pools() -> Pools:
    """Read and compile all phrase files."""
    book = Phrasebook()
    hospital, primary = groups("hospital"), groups("primary")
    terms, names = read("terms"), with_faker(read("pools"))
    sections = (
        "reason",
        "story",
        "findings",
        "tests",
        "treatment",
        "assessment",
        "plan",
        "nursing",
    )
    frame = {f"gp_{k}": v for k, v in read("gp").items()} | read("letter")
    return Pools(
        book=book,
        hospital={s: _choice(book, [g[s] for g in hospital.values()]) for s in sections},
        primary={s: _choice(book, [g[s] for g in primary.values()]) for s in "soap"},
        frame={k: _choice(book, [v["variants"]]) for k, v in frame.items()},
        hospital_prefix={c: i for i, g in enumerate(hospital.values()) for c in g["codes"]},
        primary_prefix={c: i for i, g in enumerate(primary.values()) for c in g["codes"]},
        flags={
            f: np.array([bool(g.get(f)) for g in hospital.values()]) for f in ("fever", "hypoxia")
        },
        terms=terms,
        names=names,
        wards=tuple(tuple(g["ward"]) for g in hospital.values()),
    )
