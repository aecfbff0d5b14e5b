"""One partition of the population while it is being made.

Partitions are independent of each other: whoever makes one needs only the configuration and its
index. Each step draws from a stream of its own, named after the table or idea it fills, so a new
step changes no other. Inside the world a day is an int32 count of days since 1970-01-01, and
`NEVER` stands for what did not happen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from zlib import crc32

import numpy as np

START = date(2010, 1, 1)
REFERENCE_DATE = date(2024, 12, 31)
START_DAY = (START - date(1970, 1, 1)).days
END_DAY = (REFERENCE_DATE - date(1970, 1, 1)).days
NEVER = np.int32(2**30)
PARTITION_SIZE = 5_000
IDS_PER_PARTITION = 10_000_000

T = TypeVar("T")
Columns = dict[str, Any]  # column name -> numpy array or pyarrow array, all of one length


@dataclass(frozen=True)
class Config:
    """What decides the content of a dataset, and nothing else does."""

    people: int = 5_000
    seed: int = 2024
    region: str = "fjell"  # or "norway"
    defects: str = "class"  # or "none", "hard"


@dataclass
class People:
    """Arrays of length n, one place for each person of the partition."""

    person_id: np.ndarray  # int64
    fnr: np.ndarray  # U11 or S11
    birth: np.ndarray  # int32 day
    entry: np.ndarray  # int32 day: START_DAY, or birth or immigration after it; alive then
    female: np.ndarray  # bool
    municipality: np.ndarray  # int16, place in region(config).municipalities; the last home
    education: np.ndarray  # int8, 1-4, highest reached (0 for children: none yet)
    mother: np.ndarray  # int32, place in this partition, -1 if unknown; known after `family`
    smoking: np.ndarray | None = None  # int8: 0 never, 1 former, 2 daily
    bmi: np.ndarray | None = None  # float32, kg/m2
    frailty: np.ndarray | None = None  # float32, mean 1
    death: np.ndarray | None = None  # int32 day or NEVER


@dataclass
class Part:
    """One partition: its people, their diseases, and the tables made so far."""

    config: Config
    index: int
    first: int  # position of its first person in the whole population
    size: int
    ranks: np.ndarray | None = None  # int32, see `people.ranks`; None: counted anew
    people: People | None = None
    onset: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # disease -> int32 day or NEVER, length n
    treatment: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # treatment or programme -> first int32 day or NEVER, length n
    second: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # disease -> bool: at risk anew from entry on, since the first onset would have killed before
    codes: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # disease -> each person's ICD-10 code of it, held through life: place in `DIAGNOSES`, int16
    found: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # disease -> day the health service knows of it, int32 or NEVER, length n
    fatal: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # disease -> day on which it alone would kill, int64 or NEVER, length n
    episodes: dict[str, tuple[np.ndarray, np.ndarray]] = field(
        default_factory=dict
    )  # kind of acute illness -> (place of the person int32, day int32), one each
    admitted: dict[str, np.ndarray] = field(
        default_factory=dict
    )  # kind of acute illness -> bool, beside its episodes
    cause: np.ndarray | None = None  # int16, what kills: 0 background, then onset, then episodes
    causes: Columns = field(
        default_factory=dict
    )  # of those dead by the reference date, see `cause`
    contacts: Columns = field(default_factory=dict)  # what lies behind `encounter`, see `contacts`
    dispensings: Columns = field(default_factory=dict)  # see `drugs`
    tables: dict[str, Columns] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what several steps ask for, made by the first of them."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def rng(self, stream: str) -> np.random.Generator:
        """Open the stream of random numbers that belongs to `stream` in this partition."""
        key = (crc32(stream.encode()), self.index)
        seed = np.random.SeedSequence(self.config.seed, spawn_key=key)
        return np.random.Generator(np.random.SFC64(seed))

    def ids(self, n: int) -> np.ndarray:
        """Return n identifiers that no other partition uses, from position alone."""
        return np.arange(n, dtype=np.int64) + self.index * IDS_PER_PARTITION + 1
