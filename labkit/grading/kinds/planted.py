"""Plant bugs in a function: one small change each, of the sort that people make.

Comparisons off by one (`<` for `<=`), conditions turned round, `and` for `or`, numbers one off,
`+` for `-`, `min` for `max`, a sort or a `not` left out, a branch never taken.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from labkit.errors import GradingError
from labkit.messages import say

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


@dataclass(frozen=True)
class Planted:
    """A function with a bug: its source, and the line that was changed, before and after."""

    source: str
    line: int  # of the function, from 1
    before: str
    after: str


def plant(source: str) -> list[Planted]:
    r"""Return every function that differs from `source` by one planted bug.

    Args:
        source: One function definition.

    Raises:
        GradingError: If it is not.

    Examples:
        >>> made = plant("def is_adult(age_years):\n    return age_years >= 18")
        >>> [bug.after.strip() for bug in made][:2]
        ['return age_years > 18', 'return age_years <= 18']
    """
    try:
        (function,) = ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        raise GradingError(say("author.no_plant", said=error)) from None
    if not isinstance(function, ast.FunctionDef):
        raise GradingError(say("author.no_plant", said="def"))
    function.decorator_list = []
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    whole = ast.unparse(function)
    found: dict[str, Planted] = {}
    count = sum(1 for _ in ast.walk(function))
    for place in range(count):
        for change in _changes_at(function, place):
            changed = ast.unparse(ast.fix_missing_locations(change()))
            if changed != whole and changed not in found:
                found[changed] = _described(whole, changed)
    return list(found.values())


def _changes_at(function: ast.FunctionDef, place: int) -> Iterator[Callable[[], ast.AST]]:
    """Yield what makes a changed copy of the function, for each change of one node."""
    node = list(ast.walk(function))[place]

    def with_(change: Callable[[ast.AST], None]) -> Callable[[], ast.AST]:
        def make() -> ast.AST:
            tree = copy.deepcopy(function)
            change(list(ast.walk(tree))[place])
            return tree

        return make

    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            for other in _COMPARISONS.get(type(operator), ()):
                yield with_(partial(_set_operator, i, other))
    elif isinstance(node, ast.BoolOp):
        joined = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield with_(lambda n: setattr(n, "op", joined()))
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _OPERATORS:
        calculated = _OPERATORS[type(node.op)]
        yield with_(lambda n: setattr(n, "op", calculated()))
    elif isinstance(node, ast.Constant):
        for value in _beside(node.value):
            yield with_(partial(_set_value, value))
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        name = _NAMES[node.id]
        yield with_(lambda n: setattr(n, "id", name))
    elif isinstance(node, ast.If):
        yield with_(lambda n: setattr(n, "test", ast.Constant(False)))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        twice = ast.UnaryOp(ast.Not(), node.operand)
        yield with_(lambda n: setattr(n, "operand", twice))


def _set_operator(place: int, other: type[ast.cmpop], node: ast.AST) -> None:
    assert isinstance(node, ast.Compare)
    node.ops[place] = other()


def _set_value(value: int | bool, node: ast.AST) -> None:
    assert isinstance(node, ast.Constant)
    node.value = value


def _beside(value: object) -> list[int | bool]:
    if isinstance(value, bool):
        return [not value]
    return [value + 1, value - 1] if isinstance(value, int) else []


def _described(whole: str, changed: str) -> Planted:
    pairs = enumerate(zip(whole.splitlines(), changed.splitlines(), strict=False), 1)
    line, (before, after) = next(item for item in pairs if item[1][0] != item[1][1])
    return Planted(changed, line, before, after)
