"""The phrase pools, read once, by diagnosis, section and stage of life."""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any

import numpy as np

from labkit.world.notes.compose import Phrasebook

# Stages of life: under 1 year, under 6, under 18, working age, pensioner, 75 years and older.
N_STAGES = 6
STAGES = {
    "infant": (0,),
    "small": (0, 1),
    "child": (0, 1, 2),
    "pupil": (2,),
    "walking": (1, 2, 3, 4, 5),
    "talking": (2, 3, 4, 5),
    "adult": (3,),
    "grown": (3, 4, 5),
    "old": (5,),
}
# What a group of diagnoses may have (`has`), beside words of its own.
SIGNS = (
    "fever",
    "hypoxia",
    "injury",
    "wasting",
    "fasting",
    "bowel",
    "headache",
    "birth",
    "event",
    "screening",
    "service",
)
# What a phrase may ask of the note it stands in, see `facts`.
FACTS = (
    *("woman acute overnight long winter summer dayshift eveningshift clinic dying".split()),
    *("partner resident dement af smoker".split()),
    *("febrile hypotensive hypertensive slow hypoxic".split()),
    *("operated scoped caesarean done".split()),
    *("anticoagulated doac antibiotic diuretic insulin antihypertensive levothyroxine".split()),
    *("inhaler allopurinol medicated dapt".split()),
    *("has_had_penicillin has_had_sulfa has_had_nsaid penicillin_allergy".split()),
    *SIGNS,
)
BIT = {name: 1 << k for k, name in enumerate(FACTS)}
KINDS = ("discharge", "admission", "outpatient", "gp", "nursing")
DISCHARGE, ADMISSION, OUTPATIENT, GP, NURSING = range(5)
WORK = "{workplace}"  # only those of working age have one
HOME = "{nursing_home}"  # only the old live in one


@dataclass(frozen=True)
class Choice:
    """For each group (a diagnosis, or one only) and stage, the phrases to draw from."""

    first: np.ndarray  # int32, shape (groups, N_STAGES)
    count: np.ndarray  # int32, shape (groups, N_STAGES)
    phrases: np.ndarray  # int32, phrase numbers
    needs: np.ndarray  # int64, bits of `FACTS` that must be true for each phrase
    bars: np.ndarray  # int64, bits that must not
    asks: np.ndarray  # bool, shape (groups, N_STAGES): has phrases that ask for facts

    def draw(
        self, rng: np.random.Generator, group: np.ndarray, stage: np.ndarray, facts: np.ndarray
    ) -> np.ndarray:
        """Draw one phrase number for each note, among those that its facts allow."""
        return self.pick(rng.random(len(group)), group, stage, facts)

    def pick(
        self, share: np.ndarray, group: np.ndarray, stage: np.ndarray, facts: np.ndarray
    ) -> np.ndarray:
        """Choose by numbers in [0, 1): the same number, the same phrase, if the facts allow it."""
        first, count = self.first[group, stage], self.count[group, stage]
        place = first + np.floor(share * count).astype(np.int32)
        asks = np.flatnonzero(self.asks[group, stage])
        if len(asks):
            place[asks] = self._fitting(share[asks], first[asks], count[asks], facts[asks])
        return self.phrases[place]

    def _fitting(
        self, share: np.ndarray, first: np.ndarray, count: np.ndarray, facts: np.ndarray
    ) -> np.ndarray:
        """Choose among those phrases of each note that its facts allow."""
        last = len(self.phrases) - 1
        reached = np.zeros((int(count.max()), len(first)), dtype=np.int8)
        total = np.zeros(len(first), dtype=np.int8)
        for step in range(len(reached)):
            at = np.minimum(first + step, last)
            missing = (self.needs[at] & ~facts) | (self.bars[at] & facts)
            total += (missing == 0) & (count > step)
            reached[step] = total
        wanted = np.floor(share * total).astype(np.int8)
        return first + np.minimum((reached <= wanted).sum(axis=0, dtype=np.int32), count - 1)


@dataclass(frozen=True)
class Pools:
    """All that notes are made from."""

    book: Phrasebook
    hospital: dict[str, Choice]  # by section: reason, story, ...
    primary: dict[str, Choice]
    frame: dict[str, Choice]  # one group each
    hospital_prefix: dict[str, int]
    primary_prefix: dict[str, int]
    signs: dict[str, tuple[np.ndarray, np.ndarray]]  # bool by group, of the hospital and primary
    terms: dict[str, Any]
    names: dict[str, list[str]]
    wards: tuple[tuple[str, ...], ...] = field(default=())

    def sign(self, name: str, kind: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Say which notes are of a group that has a sign; bool, shape of `kind`."""
        hospital, primary = self.signs[name]
        gp = kind == GP
        return np.where(gp, primary[np.where(gp, group, 0)], hospital[np.where(gp, 0, group)])


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


@dataclass(frozen=True)
class Variant:
    """One phrase and whom it is for."""

    text: str
    stages: frozenset[int]
    needs: int = 0
    bars: int = 0


def variant(phrase: str) -> Variant:
    """Read `@tag+!tag phrase`: stages of life and facts, all of which must hold.

    Examples:
        >>> variant("@small+!febrile Rolig.").stages == {0, 1}
        True
        >>> variant("@febrile Varm.").needs == BIT["febrile"]
        True
    """
    stages = set(range(N_STAGES))
    needs = bars = 0
    text = phrase
    if phrase.startswith("@"):
        tags, _, text = phrase[1:].partition(" ")
        for tag in tags.split("+"):
            if tag in STAGES:
                stages &= set(STAGES[tag])
            elif tag.startswith("!"):
                bars |= BIT[tag[1:]]
            else:
                needs |= BIT[tag]
    if WORK in text:
        stages &= {3}
    if HOME in text:
        stages &= {5}
    return Variant(text, frozenset(stages), needs, bars)


def _choice(book: Phrasebook, groups: list[list[str]], others: list[str] | None = None) -> Choice:
    """Sort phrases by group and stage; a stage for which a group has none gets those of others."""
    first: list[int] = []
    count: list[int] = []
    asks: list[bool] = []
    found: list[Variant] = []
    general = [variant(v) for v in others or ()]
    for variants in groups:
        read = [variant(v) for v in variants]
        for stage in range(N_STAGES):
            fit = [v for v in read if stage in v.stages]
            fit = fit or [v for v in general if stage in v.stages]
            fit = fit or [Variant("", frozenset())]
            first.append(len(found))
            count.append(len(fit))
            asks.append(any(v.needs or v.bars for v in fit))
            found += fit
    shape = (len(groups), N_STAGES)
    return Choice(
        np.array(first, dtype=np.int32).reshape(shape),
        np.array(count, dtype=np.int32).reshape(shape),
        np.array([book.add(v.text) for v in found], dtype=np.int32),
        np.array([v.needs for v in found], dtype=np.int64),
        np.array([v.bars for v in found], dtype=np.int64),
        np.array(asks, dtype=bool).reshape(shape),
    )


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
        hospital={
            s: _choice(book, [g[s] for g in hospital.values()], hospital["general"][s])
            for s in sections
        },
        primary={
            s: _choice(book, [g[s] for g in primary.values()], primary["general"][s])
            for s in "soap"
        },
        frame={k: _choice(book, [v["variants"]]) for k, v in frame.items()},
        hospital_prefix={c: i for i, g in enumerate(hospital.values()) for c in g["codes"]},
        primary_prefix={c: i for i, g in enumerate(primary.values()) for c in g["codes"]},
        signs={
            name: (
                np.array([name in g.get("has", ()) for g in hospital.values()]),
                np.array([name in g.get("has", ()) for g in primary.values()]),
            )
            for name in SIGNS
        },
        terms=terms,
        names=names,
        wards=tuple(tuple(g["ward"]) for g in hospital.values()),
    )
