"""The course as one file names it: learning outcomes, modules, and what each module introduces."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from labkit.errors import BuildError, InputError
from labkit.messages import say


@dataclass(frozen=True)
class Outcome:
    """A learning outcome: K knowledge, F skills (ferdigheter), G general competence."""

    code: str  # "F3"
    nb: str
    en: str


@dataclass(frozen=True)
class Module:
    """One of the twelve modules: a lesson and an exercise of the same name."""

    number: int
    name: str  # "05_algebra_sql"
    nb: str
    en: str
    outcomes: tuple[str, ...]
    concepts: tuple[str, ...] = ()  # words in code that no earlier module may use


@dataclass(frozen=True)
class Course:
    """All outcomes and modules, each by the key that people use for it."""

    outcomes: dict[str, Outcome]
    modules: dict[str, Module]  # by name, in the order they are taught

    def module(self, wanted: str) -> Module:
        """Find a module by name, or by number with or without a leading zero.

        Raises:
            InputError: If there is no such module.

        Examples:
            >>> load_course().module("5").name
            '05_algebra_sql'
        """
        for module in self.modules.values():
            if wanted == module.name or (wanted.isdigit() and int(wanted) == module.number):
                return module
        raise InputError(say("course.module_unknown", came=wanted, known=", ".join(self.modules)))

    def introduced_after(self, module: Module) -> dict[str, Module]:
        """Return the concepts that later modules teach, each with its module."""
        return {
            concept: later
            for later in self.modules.values()
            if later.number > module.number
            for concept in later.concepts
        }


@cache
def load_course(path: Path | None = None) -> Course:
    """Read the course from `path`, or the kit's own `course.toml`.

    Raises:
        BuildError: If a module names an outcome that does not exist, a number or name is taken
            twice, a name does not start with its number, or a text is missing.

    Examples:
        >>> course = load_course()
        >>> len(course.outcomes), len(course.modules)
        (15, 12)
    """
    source = path or files(__package__) / "course.toml"
    try:
        document = tomllib.loads(source.read_text(encoding="utf-8"))
        outcomes = {code: Outcome(code, **text) for code, text in document["outcomes"].items()}
        modules = [_module(table) for table in document["modules"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BuildError(say("course.toml_unread", file=source.name, said=error)) from error
    _check(source.name, outcomes, modules)
    return Course(outcomes, {module.name: module for module in modules})


def _module(table: dict[str, Any]) -> Module:
    table = {"concepts": [], **table}
    lists = {key: tuple(table[key]) for key in ("outcomes", "concepts")}
    return Module(**(table | lists))


def _check(file: str, outcomes: dict[str, Outcome], modules: list[Module]) -> None:
    for position, module in enumerate(modules, 1):
        if module.number != position:
            raise BuildError(
                say(
                    "course.module_place",
                    file=file,
                    number=module.number,
                    name=module.name,
                    place=position,
                )
            )
        if not re.fullmatch(rf"{module.number:02d}_[a-z0-9_]+", module.name):
            raise BuildError(
                say(
                    "course.module_name",
                    file=file,
                    number=module.number,
                    name=module.name,
                    right=f"{module.number:02d}_topic",
                )
            )
        unknown = [code for code in module.outcomes if code not in outcomes]
        if unknown or not module.outcomes:
            raise BuildError(
                say(
                    "course.module_outcomes",
                    file=file,
                    number=module.number,
                    came=list(module.outcomes),
                    known=", ".join(outcomes),
                )
            )
        early = [c for c in module.concepts for m in modules[: position - 1] if c in m.concepts]
        if early:
            raise BuildError(
                say("course.concept_twice", file=file, concept=early[0], number=module.number)
            )
