"""What a comparison of two queries found."""

from dataclasses import dataclass, field

import pandas as pd

from labkit.sql.result import Difference


@dataclass(frozen=True)
class Counterexample:
    """A tiny database on which the answer goes wrong.

    Attributes:
        tables: Its tables, whole, by name; foreign keys between them hold.
        answer: What the answer gives on it; None if it fails.
        reference: What the reference gives.
    """

    tables: dict[str, pd.DataFrame]
    answer: pd.DataFrame | None
    reference: pd.DataFrame

    @property
    def rows(self) -> int:
        """Rows in all its tables together."""
        return sum(len(table) for table in self.tables.values())


@dataclass(frozen=True)
class Verdict:
    """What a comparison found. Not differing means: no difference on so many databases.

    Attributes:
        differs: Whether a difference was found.
        kind: `columns`, `rows`, `order` or `error` (the answer fails); None without a difference.
        counterexample: The smallest database found, or None.
        databases: How many tiny databases were tried.
        seed: What they were drawn from; the same seed draws the same.
        engine: What ran the queries.
        error: Why the answer fails, in plain words, when kind is `error`.
        shown: Names of the columns worth showing (lower case); None for all.
    """

    differs: bool
    kind: Difference | None = None
    counterexample: Counterexample | None = None
    databases: int = 0
    seed: int = 0
    engine: str = ""
    error: str = ""
    shown: frozenset[str] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        from labkit.sql.card import text

        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from labkit.sql.card import html

        return html(self)
