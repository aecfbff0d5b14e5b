"""Tests that the student writes, marked by the planted bugs that they catch.

The answer is a function that takes the function under test and fails (an `assert`, or any
exception) when it finds a mistake. It is run on the function itself and on versions of it with one
planted bug each, in an order drawn from a seed. Right versions must pass; a bug counts if the
solution's own tests catch it.
"""

import ast
import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.kinds.planted import Planted, plant
from labkit.grading.plain import NotPlain, Plain
from labkit.grading.reference import Difference, Settings
from labkit.grading.task import Exercise
from labkit.messages import say

RIGHT = 3  # times that the function itself is among the versions
MOST_BUGS = 60
_COLUMNS = ("version", "passed")


def take_tests(answer: Any, options: Options) -> Taken:
    """Run a student's tests on every version and take which of them pass.

    Returns:
        A table with one row per version: its place, and whether the tests passed.
    """
    tests = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    for test in tests:
        if not callable(test) or isinstance(test, type):
            raise NotPlain("kinds.not_function", came=type(test).__name__)
    rows: list[tuple[Any, ...]] = []
    for place, bug in enumerate(versions(options)):
        source = options["source"] if bug is None else bug.source
        rows.append((place, _passes(tests, source, options)))
    return Taken(Plain("table", _COLUMNS, ("number", "truth"), (True, False), rows))


def versions(options: Options) -> list[Planted | None]:
    """List the versions that tests are run on, None for the function itself, in drawn order."""
    rng = random.Random(f"labkit tests {options.get('seed', '')}")
    bugs = plant(options["source"])
    if len(bugs) > MOST_BUGS:
        bugs = random.Random(options["source"]).sample(bugs, MOST_BUGS)
    found: list[Planted | None] = [*bugs, *([None] * RIGHT)]
    rng.shuffle(found)
    return found


def _passes(tests: list[Callable[..., Any]], source: str, options: Options) -> bool:
    names: dict[str, Any] = {}
    exec(compile(options.get("imports", ""), "<imports>", "exec"), names)
    exec(compile(source, "<function under test>", "exec"), names)
    # a wrapper written in C, so that a test sees what the function does and not how it is written
    version = functools.lru_cache(maxsize=0)(_bounded(names[options["of"]]))
    del version.__wrapped__
    try:
        for test in tests:
            if test(version) is False:
                return False
    except Exception:  # a failed assert, or a bug that made the function itself fail
        return False
    return True


STEPS = 200_000  # lines that one call may run: a bug may make a loop endless


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Stop a call that runs far longer than the function itself ever does."""
    import sys

    def call(*given: Any, **named: Any) -> Any:
        left = STEPS

        def count(frame: Any, event: str, arg: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise RuntimeError("the function did not end")
            return count

        old = sys.gettrace()
        sys.settrace(count)
        try:
            return function(*given, **named)
        finally:
            sys.settrace(old)

    return call


@dataclass(frozen=True)
class Versions:
    """Which versions are right, and which bugs the solution's tests catch."""

    right: tuple[int, ...]
    caught: tuple[int, ...]
    bugs: tuple[tuple[int, str, str], ...]  # place, line before, line after: of those caught
    settings: Settings
    salt: str

    @classmethod
    def of(cls, answer: Plain, settings: Settings, *, salt: str, work: int = 0) -> "Versions":
        """Refuse: tests need the function that they are for."""
        raise GradingError(say("author.no_of"))

    @classmethod
    def with_options(
        cls, answer: Plain, settings: Settings, options: Options, *, salt: str, work: int = 0
    ) -> "Versions":
        """Read from the solution's own tests which bugs can be caught.

        Raises:
            GradingError: If they fail on the function itself, or catch nothing.
        """
        made = versions(options)
        passed = [row[1] is True for row in answer.rows]
        if len(passed) != len(made):
            raise GradingError(say("author.tests_silent"))
        right = tuple(i for i, bug in enumerate(made) if bug is None)
        if not all(passed[i] for i in right):
            raise GradingError(say("author.tests_fail"))
        caught = tuple(i for i, bug in enumerate(made) if bug is not None and not passed[i])
        if not caught:
            raise GradingError(say("author.tests_blind"))
        bugs = tuple((i, b.before, b.after) for i in caught if (b := made[i]) is not None)
        return cls(right, caught, bugs, settings, salt)

    def compare(self, answer: Plain) -> Difference:
        """Count the bugs that are caught; nothing counts if a right version fails."""
        most = len(self.right) + len(self.caught)
        if answer.columns != _COLUMNS or len(answer.rows) < most:
            return Difference("no_cases")
        passed = [row[1] is True for row in answer.rows]
        if max(*self.right, *self.caught) >= len(passed):
            return Difference("no_cases")
        if not all(passed[i] for i in self.right):
            return Difference("right_fails")
        found = [i for i in self.caught if not passed[i]]
        facts: dict[str, Any] = {"caught": len(found), "bugs": len(self.caught)}
        if len(found) == len(self.caught):
            return Difference("same", facts, 1.0)
        missed = next(bug for bug in self.bugs if bug[0] not in found)
        facts |= {"before": missed[1].strip(), "after": missed[2].strip()}
        return Difference("bugs", facts, len(found) / len(self.caught))

    def to_key(self) -> dict[str, Any]:
        """Write it as simple values for a key file."""
        return {
            "right": list(self.right),
            "caught": list(self.caught),
            "bugs": [list(bug) for bug in self.bugs],
            "settings": self.settings.to_key(),
            "salt": self.salt,
        }

    @classmethod
    def from_key(cls, raw: dict[str, Any]) -> "Versions":
        """Read what `to_key` wrote."""
        bugs = tuple((place, before, after) for place, before, after in raw["bugs"])
        settings = Settings.of(raw["settings"])
        return cls(tuple(raw["right"]), tuple(raw["caught"]), bugs, settings, raw["salt"])


def source_of(exercise: Exercise, name: str) -> tuple[str, str]:
    """Find the function under test in the code that the exercise itself gives to students.

    Returns:
        Its source, and the imports of the exercise's own cells.

    Raises:
        GradingError: If it is not there: students must see what they write tests for.
    """
    found, imports = "", []
    for cell in exercise.cells:
        if cell.kind != "code" or cell.role != "code":
            continue
        try:
            nodes = ast.parse(cell.source).body
        except SyntaxError:  # magics
            continue
        for node in nodes:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                found = ast.unparse(node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                imports.append(ast.unparse(node))
    if not found:
        raise GradingError(say("author.no_function", name=name))
    return found, "\n".join(line for line in imports if "labkit" not in line)
