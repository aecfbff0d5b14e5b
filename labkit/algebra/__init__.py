"""Relational algebra: text and objects to results, steps, trees and SQL.

`tests/algebra/test_notation.py` is the reference of the notation: every operator, with an example.
"""

from labkit.algebra.query import Query, Step, from_sql, parse, relation
from labkit.algebra.scalar import AlgebraError
from labkit.algebra.tree import Tree

__all__ = ["AlgebraError", "Query", "Step", "Tree", "from_sql", "parse", "relation"]
