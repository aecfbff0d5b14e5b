"""Inputs for a student's function, drawn from a description of plain literals.

| description | draws |
|---|---|
| `{"int": [0, 120]}`, `{"float": [0, 1]}` | a number between two, ends included |
| `{"date": ["2020-01-01", "2024-12-31"]}` | a `datetime.date` |
| `{"text": "abc ", "length": [0, 8]}` | a text of those characters |
| `{"one_of": ["F", "M", None]}` | one of the values |
| `{"list": D, "length": [0, 6]}` | a list of what D draws; `"sorted": True` puts it in order |
| `{"tuple": [D, D]}` | a tuple; `"sorted": True` puts it in order, as start and end |
| `{"dict": {"age": D}}` | a dict with these keys |
| `{"table": {"age": D}, "rows": [0, 6]}` | a DataFrame |

Early cases are small, later ones grow.
"""

import copy
import datetime as dt
import json
import random
from collections.abc import Mapping
from typing import Any

from labkit.errors import GradingError
from labkit.messages import say

CASES = 40
MOST_CASES = 500
_NAMES = ("int", "float", "date", "text", "one_of", "list", "tuple", "dict", "table")


def draw_cases(options: Mapping[str, Any]) -> list[list[Any]]:
    """Draw the argument lists that a function is called with, the smallest first.

    Args:
        options: `inputs`, one description for each argument; `cases`, how many lists (40);
            `examples`, argument lists that are always among them; `seed`.

    Returns:
        Argument lists without repeats: the same for the same options.

    Examples:
        >>> draw_cases({"inputs": [{"int": [0, 9]}], "cases": 3, "seed": "a"})
        [[0], [4], [9]]
    """
    rng = random.Random(f"labkit inputs {options.get('seed', '')}")
    wanted = int(options.get("cases", CASES))
    found = {written(case): case for case in copy.deepcopy(list(options.get("examples", ())))}
    for attempt in range(20 * wanted):
        if len(found) >= wanted:
            break
        size = min(1.0, (attempt + 1) / wanted)
        drawer = _Drawer(rng, size)
        case = [drawer.draw(one) for one in options["inputs"]]
        found.setdefault(written(case), case)
    return [found[key] for key in sorted(found, key=lambda text: (len(text), text))]


def written(arguments: list[Any]) -> str:
    """Write an argument list as a reader would type it, without the outer brackets.

    Examples:
        >>> written([[1, 2], "I21", dt.date(2024, 1, 31)])
        "[1, 2], 'I21', date(2024, 1, 31)"
    """
    return ", ".join(_text(one) for one in arguments)


def verify_inputs(options: Mapping[str, Any]) -> None:
    """Refuse descriptions that cannot be drawn from.

    Raises:
        GradingError: Naming the description.
    """
    inputs = options.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise GradingError(say("author.no_inputs"))
    cases = options.get("cases", CASES)
    if type(cases) is not int or not 1 <= cases <= MOST_CASES:
        raise GradingError(say("author.cases", most=MOST_CASES, came=repr(cases)))
    rng = random.Random(0)
    for one in inputs:
        try:
            for size in (0.01, 0.5, 1.0):
                _Drawer(rng, size).draw(one)
        except (KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
            known = ", ".join(_NAMES)
            raise GradingError(
                say("author.inputs", came=json.dumps(one), said=repr(error), known=known)
            ) from None


class _Drawer:
    """Draws the values of one argument list; now and then one that it has drawn before, or beside.

    Equal and neighbouring values are where mistakes live: stays that touch, ties, the same day.
    """

    def __init__(self, rng: random.Random, size: float) -> None:
        self.rng, self.size = rng, size
        self.seen: dict[str, list[Any]] = {}

    def draw(self, what: Mapping[str, Any]) -> Any:
        kind = next(name for name in _NAMES if name in what)
        given = what[kind]
        match kind:
            case "int" | "float":
                return self._between(kind, *given)
            case "date":
                first, last = (dt.date.fromisoformat(end) for end in given)
                return first + dt.timedelta(
                    self._between(f"days after {first}", 0, (last - first).days)
                )
            case "text":
                return "".join(self.rng.choice(given) for _ in range(self._length(what)))
            case "one_of":
                return copy.deepcopy(self.rng.choice(given))
            case "list":
                drawn = [self.draw(given) for _ in range(self._length(what))]
                return sorted(drawn) if what.get("sorted") else drawn
            case "tuple":
                parts = [self.draw(one) for one in given]
                return tuple(sorted(parts) if what.get("sorted") else parts)
            case "dict":
                return {name: self.draw(one) for name, one in given.items()}
            case _:
                import pandas as pd

                rows = self._length(what, "rows")
                columns = {
                    name: [self.draw(one) for _ in range(rows)] for name, one in given.items()
                }
                return pd.DataFrame(columns)

    def _between(self, kind: str, low: float, high: float) -> Any:
        if not low <= high:
            raise ValueError(f"{low} is above {high}")
        seen = self.seen.setdefault(kind, [])
        luck = self.rng.random()
        if luck < 0.1:
            value = self.rng.choice([low, high])
        elif luck < 0.35 and seen:
            value = self.rng.choice(seen) + self.rng.choice([0, 0, 1, -1])
        elif kind == "float":
            value = round(self.rng.uniform(low, high), 2)
        else:
            value = self.rng.randint(int(low), int(high))
        value = min(high, max(low, value))
        value = float(value) if kind == "float" else int(value)
        seen.append(value)
        return value

    def _length(self, what: Mapping[str, Any], name: str = "length") -> int:
        low, high = (int(end) for end in what.get(name, (0, 6)))
        return self.rng.randint(low, max(low, round(low + (high - low) * self.size)))


def _text(value: Any) -> str:
    if isinstance(value, dt.date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, list):
        return "[" + ", ".join(_text(one) for one in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(_text(one) for one in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_text(one)}" for key, one in value.items()) + "}"
    if type(value).__name__ == "DataFrame":
        return f"DataFrame({_text({str(c): list(value[c]) for c in value.columns})})"
    return repr(value)
