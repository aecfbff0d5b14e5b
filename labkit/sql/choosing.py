"""Choosing few tiny databases that tell a query from wrong ones."""

from collections.abc import Collection, Sequence

import duckdb
import sqlalchemy as sa

from labkit.sql.engine import Engine, Failed, Instance
from labkit.sql.errors import SqlError
from labkit.sql.guard import guard
from labkit.sql.instances import Generator
from labkit.sql.neighbours import Neighbours
from labkit.sql.search import Search, size_of
from labkit.sql.stages import stages

PATIENCE = 120.0  # seconds of a search at build time: tries end it, as they do on a slow machine
_GENERAL = 4  # databases kept without a particular mistake in mind
_ROUNDS = 8  # of a hundred databases, to find some on which the reference gives rows


class Chooser:
    """Gathers counterexamples for each rival of a reference and keeps few of them.

    Args:
        engine: On the tables of the reference and its rivals.
        reference: The query that is right.
        metadata: All tables.
        seed: Of the databases.
        ordered: Whether order matters; None if it does when the reference ends in ORDER BY.
        tries: Databases to try for each rival.
    """

    def __init__(
        self,
        engine: Engine,
        reference: str,
        metadata: sa.MetaData,
        *,
        seed: int,
        ordered: bool | None,
        tries: int,
    ) -> None:
        self.engine, self.reference, self.metadata = engine, reference, metadata
        self.seed, self.ordered, self.tries = seed, ordered, tries
        self.found: list[Instance] = []
        self.catches: dict[str, set[int]] = {}
        self.fruitful: list[Instance] = []  # the reference gives something else on each

    def _search(self, rival: str) -> Search:
        return Search(
            rival,
            self.reference,
            self.metadata,
            seed=self.seed,
            ordered=self.ordered,
            databases=self.tries,
            seconds=PATIENCE,
            engine=self.engine,
            start=[*self.found[::-1], *self.fruitful],
        )

    def running(self, queries: Sequence[str]) -> set[str]:
        """Keep the queries that run at all; what does not needs no database."""
        found = set()
        for query in queries:
            try:
                guard(query)
                self.engine.bind(query)
                found.add(query)
            except (SqlError, duckdb.Error):
                continue
        return found

    def choose(self, rivals: Sequence[str], spared: Collection[str], looser: Sequence[str]) -> None:
        """Find a database for each rival that those found so far do not catch.

        Args:
            rivals: Queries that should give something else than the reference.
            spared: Those of them that are not searched for.
            looser: The reference with a condition left out.
        """
        steps = stages(self.reference)
        standing = self.running(steps)
        self.fruitful = self._gather([*looser, *(step for step in steps if step in standing)])
        tried: dict[str, int] = {}
        for rival in rivals:
            search = self._search(rival)
            tried[rival] = len(self.found)
            self.catches[rival] = set(search.parted(self.found))
            if self.catches[rival] or rival in spared:
                continue
            if search.run().differs and search.found is not None:
                self.found.append(search.found)
        for rival in rivals:
            first = tried[rival]
            later = self._search(rival).parted(self.found[first:])
            self.catches[rival] |= {first + n for n in later}

    def _gather(self, looser: Sequence[str]) -> list[Instance]:
        """Find databases on which the reference gives rows, or looser queries do.

        Few databases meet all conditions of a query; those that meet some of them lead there.
        """
        generator = Generator(self.engine.shape, [self.reference], seed=self.seed)
        near = Neighbours(generator, seed=self.seed)
        for _ in range(_ROUNDS):
            instances = near.draw(60)
            instances += generator.draw(100 - len(instances))
            self.engine.load(instances)
            results = [self.engine.many(query) for query in (self.reference, *looser)]
            for one, *rows in zip(instances, *results, strict=True):
                near.note(one, *rows)
        return list({id(one): one for one in near.known.values()}.values())

    def fewest(self, rivals: Sequence[str]) -> list[Instance]:
        """Keep databases until each rival that can be caught is: greedily, the small ones first."""
        left = {rival for rival in rivals if self.catches[rival]}
        kept: list[int] = []
        while left:
            best = max(
                range(len(self.found)),
                key=lambda n: (
                    sum(n in self.catches[rival] for rival in left),
                    -size_of(self.found[n]),
                    -n,
                ),
            )
            kept.append(best)
            left = {rival for rival in left if best not in self.catches[rival]}
        return [self.found[n] for n in kept]

    def general(self) -> list[Instance]:
        """Keep some databases on which the reference has rows to give, for other mistakes."""
        search = self._search(self.reference)
        kept: list[Instance] = []
        for one in self.fruitful:
            try:
                rows = self.engine.one(one, self.reference)[1]
            except Failed:
                continue
            if rows and 3 <= size_of(one) <= 9 and search.settled(one, rows):
                kept.append(one)
            if len(kept) == _GENERAL:
                break
        return kept

    def alive(self, rivals: Sequence[str]) -> set[str]:
        """Return the rivals that no database catches."""
        return {rival for rival in rivals if not self.catches[rival]}
