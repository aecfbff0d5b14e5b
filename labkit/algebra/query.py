"""An expression of relational algebra, and all that can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.algebra import evaluate as evaluation
from labkit.algebra.from_sql import read_sql
from labkit.algebra.nodes import Columns, Join, Node, Relation, Select, SetOperation
from labkit.algebra.parse import parse_condition, parse_node
from labkit.algebra.text import latex, operator, unicode
from labkit.algebra.to_sql import Writer
from labkit.algebra.tree import Tree, draw

if TYPE_CHECKING:
    from pandas import DataFrame


class Step(NamedTuple):
    """One operator of an expression, and the relation it gives."""

    operator: str
    table: "DataFrame"


@dataclass(frozen=True)
class Query:
    """An expression: evaluate it, follow it, draw it, or write it in another way.

    Examples:
        >>> import pandas as pd
        >>> person = pd.DataFrame({"id": [1, 2], "name": ["Ada", "Bo"], "sex": ["F", "M"]})
        >>> episode = pd.DataFrame({"id": [1, 1, 2], "code": ["I21", "I50", "E11"]})
        >>> query = parse("π name (σ sex = 'F' (person) ⋈ episode)")
        >>> query.evaluate({"person": person, "episode": episode})
          name
        0  Ada
    """

    node: Node

    def evaluate(self, db: Mapping[str, "DataFrame"], *, bags: bool = False) -> "DataFrame":
        """Work the expression out; sets by default, with duplicates if `bags`.

        Args:
            db: Relation name to DataFrame; none is changed.
            bags: Keep duplicates, as SQL does.

        Returns:
            One row for each row of the result; columns of one name carry their relation in front.

        Raises:
            AlgebraError: If a relation or column is unknown or ambiguous, or values do not fit.
        """
        return evaluation.to_frame(evaluation.evaluate(self.node, db, bags=bags)[-1][1])

    def steps(self, db: Mapping[str, "DataFrame"], *, bags: bool = False) -> list[Step]:
        """Give every intermediate relation, operands first; the last is the whole."""
        done = evaluation.evaluate(self.node, db, bags=bags)
        return [Step(operator(node), evaluation.to_frame(result)) for node, result in done]

    def sql(
        self,
        dialect: str = "duckdb",
        *,
        db: "Mapping[str, DataFrame] | Columns | None" = None,
        bags: bool = False,
    ) -> str:
        """Write the expression as SQL.

        Args:
            dialect: `duckdb` or `sqlite`.
            db: The relations, as DataFrames or as column names; without it, the kit's own schema.
            bags: Whether duplicates count; otherwise DISTINCT is added where it is needed.

        Raises:
            AlgebraError: If a relation is not known, or the dialect is another.
        """
        return Writer(_columns(self.node, db), dialect, bags).write(self.node)

    def unicode(self) -> str:
        """Write the expression in symbols, so that `parse` reads it back as it is."""
        return unicode(self.node)

    def latex(self) -> str:
        """Write the expression for MathJax."""
        return latex(self.node)

    def tree(self, db: Mapping[str, "DataFrame"] | None = None, *, bags: bool = False) -> Tree:
        """Draw the expression; with a database, rows are counted at each node."""
        if db is None:
            return draw(self.node)
        done = evaluation.evaluate(self.node, db, bags=bags)
        return draw(self.node, [len(result.rows) for _, result in done])

    def select(self, condition: str) -> "Query":
        """σ: keep the rows for which a condition, given as text, is true."""
        return Query(Select(parse_condition(condition), self.node))

    def project(self, columns: str) -> "Query":
        """π: keep columns, given as text: `name, year(birth_date) → born`."""
        return _around(f"π {columns}", self)

    def rename(self, what: str) -> "Query":
        """ρ: a new name for the relation, or `new ← old` for columns."""
        return _around(f"ρ {what}", self)

    def sort(self, columns: str) -> "Query":
        """τ: put rows in order: `name, birth_date desc`."""
        return _around(f"τ {columns}", self)

    def group(self, what: str) -> "Query":
        """γ: one row for each group: `sex; count(*) → n`."""
        return _around(f"γ {what}", self)

    def join(self, other: "Query", on: str | None = None, *, kind: str = "inner") -> "Query":
        """⋈ and its kin: natural without a condition; `kind` as in `nodes.Join`."""
        condition = None if on is None else parse_condition(on)
        return Query(Join(kind, condition, self.node, other.node))

    def union(self, other: "Query") -> "Query":
        """∪."""
        return Query(SetOperation("∪", self.node, other.node))

    def intersect(self, other: "Query") -> "Query":
        """∩."""
        return Query(SetOperation("∩", self.node, other.node))

    def minus(self, other: "Query") -> "Query":
        """−."""
        return Query(SetOperation("−", self.node, other.node))

    def __truediv__(self, other: "Query") -> "Query":
        """Divide: ÷."""
        from labkit.algebra.nodes import Division

        return Query(Division(self.node, other.node))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/latex": f"${self.latex()}$", "text/plain": self.unicode()}


def parse(text: str) -> Query:
    """Read relational algebra in the notation of RelaX, in symbols or in letters.

    Raises:
        AlgebraError: Pointing at the character, and saying what was expected.

    Examples:
        >>> parse("pi name (sigma sex = 'F' (person) join episode)").unicode()
        "π name (σ sex = 'F' (person) ⋈ episode)"
    """
    return Query(parse_node(text))


def relation(name: str) -> Query:
    """Start an expression from a relation of the database.

    Examples:
        >>> relation("person").select("sex = 'F'").project("name").unicode()
        "π name (σ sex = 'F' (person))"
    """
    return Query(Relation(name))


def from_sql(text: str) -> Query:
    """Turn a simple SELECT into algebra; see `labkit.algebra.from_sql.read_sql`.

    Examples:
        >>> from_sql("SELECT name FROM person WHERE sex = 'F'").unicode()
        "π name (σ sex = 'F' (person))"
    """
    return Query(read_sql(text))


def _around(operator_text: str, query: Query) -> Query:
    node = parse_node(f"{operator_text} (inner_relation)")
    children = {**node.__dict__, "child": query.node}
    return Query(type(node)(**children))


def _columns(node: Node, db: Any) -> dict[str, tuple[str, ...]]:
    if db is None:
        from labkit.schema import LAYERS

        return {
            name: tuple(table.columns.keys())
            for metadata in LAYERS.values()
            for name, table in metadata.tables.items()
        }
    return {name: tuple(getattr(value, "columns", value)) for name, value in db.items()}
