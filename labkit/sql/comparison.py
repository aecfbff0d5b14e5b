"""Find the smallest database on which two queries give different results."""

import sqlalchemy as sa

from labkit.sql.errors import SqlError
from labkit.sql.guard import guard
from labkit.sql.search import DATABASES, ENGINE, Search
from labkit.sql.verdict import Verdict


def compare(
    answer: str,
    reference: str,
    metadata: sa.MetaData,
    *,
    seed: int = 0,
    names: bool = False,
    ordered: bool | None = None,
    databases: int = DATABASES,
    seconds: float = 5,
) -> Verdict:
    """Look for a tiny database on which two queries differ.

    Databases of a few rows are drawn with values from the literals of both queries and their
    neighbours, within the keys, foreign keys, NOT NULL, types and code lists of the metadata. A
    difference is confirmed by running both queries on that database alone, the reference also with
    the rows the other way round, so that a tie in the reference is never held against the answer.
    Then rows are deleted with those that depend on them, and values made plain, for as long as the
    two still differ.

    Args:
        answer: The query to judge.
        reference: The query that is right.
        metadata: The tables that they may use.
        seed: Of the databases.
        names: Whether the names of the result's columns must be the reference's. They are used to
            match columns in any case, so that another order of the same names is no difference.
        ordered: Whether the order of rows matters; None if it does when the reference ends in
            ORDER BY. Rows that are equal in all the reference's sort keys may come in any order.
        databases: How many to try at most.
        seconds: Time limit of one execution, and the time after which no more are tried.

    Returns:
        A `Verdict`; a query that is refused or does not bind differs with kind `error`.

    Raises:
        SqlError: If the reference is no query on these tables.

    Source:
        Counterexamples by values from the queries: Chandra et al., XData, VLDB Journal 24 (2015).
        Small counterexamples for students: Miao, Roy, Yang, RATest, SIGMOD 2019.

    Examples:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> metadata = MetaData()
        >>> _ = Table("lab", metadata, Column("id", Integer, primary_key=True),
        ...           Column("hba1c", Integer))
        >>> verdict = compare("SELECT id FROM lab WHERE hba1c > 48",
        ...                   "SELECT id FROM lab WHERE hba1c >= 48", metadata)
        >>> verdict.differs, verdict.kind, verdict.counterexample.tables["lab"].values.tolist()
        (True, 'rows', [[1, 48]])
    """
    guard(reference)
    answer, reference = bare(answer), bare(reference)
    try:
        guard(answer)
    except SqlError as error:
        return Verdict(True, "error", seed=seed, engine=ENGINE, error=str(error))
    search = Search(
        answer,
        reference,
        metadata,
        seed=seed,
        names=names,
        ordered=ordered,
        databases=databases,
        seconds=seconds,
    )
    with search.engine:
        return search.run()


def bare(text: str) -> str:
    """Take off what ends a query, so that it can stand inside another."""
    return text.strip().rstrip(";").rstrip() if isinstance(text, str) else text
