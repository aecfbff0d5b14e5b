r"""Read a lesson or an exercise from its source, a jupytext percent script.

A lesson is `notebooks/NN_topic.py`, an exercise with its solutions `solutions/NN_topic.py`. Prose
comes in twins, code is shared, and `LANG` in code becomes the language of the notebook:

```python
# %% [markdown] lang="nb"
# ## Hvor mange pasienter?
# %% [markdown] lang="en"
# ## How many patients?
# %%
from labkit import connect
# %% language="sql"
# SELECT count(*) FROM patient
```

A task of an exercise is its statement (twins with `task=`), its solution, its check, and typical
wrong answers, each with a hint; see `labkit.course.tasks`.
"""

import ast
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.course.outcomes import Course, Module, load_course
from labkit.errors import BuildError
from labkit.grading.task import Cell, Exercise, Task
from labkit.messages import LANGUAGES, say

ROLES = ("task", "check", "wrong")  # the options that tie a cell to a task
OPTIONS = {
    "markdown": {"lang", "task", "tags"},
    "code": {"task", "points", "outcomes", "accept", "check", "wrong", "nb", "en", "tags"},
}
_LAYOUT = ("lines_to_next_cell", "lines_to_end_of_cell_marker")  # jupytext's notes on blank lines
_PERCENT = {"extension": ".py", "format_name": "percent"}


@dataclass
class Faults:
    """What is wrong with one source, gathered so that its author sees all of it at once."""

    path: Path
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, key: str, **values: Any) -> None:
        """Note the fault `course.KEY` at a line."""
        self.found.append((line, say(f"course.{key}", **values)))

    def stop(self) -> None:
        """Raise what has been found so far, if anything, in the order of lines."""
        if self.found:
            path = os.path.relpath(self.path)
            path = str(self.path) if path.startswith("..") else path
            raise BuildError(
                "\n".join(f"{path}:{line}: {text}" for line, text in sorted(self.found))
            )


def read_lesson(path: Path, course: Course | None = None) -> Exercise:
    """Read a lesson: an exercise without tasks.

    Raises:
        BuildError: With file, line and mend for every fault found.
    """

    def no_tasks(cells: list[Cell], module: int, course: Course, faults: Faults) -> tuple[()]:
        for cell in cells:
            tied = [option for option in ROLES if option in cell.metadata]
            if tied:
                faults.add(cell.line, "lesson_task", came=tied[0])
        return ()

    return _read(path, course, no_tasks)


def read_exercise(path: Path, course: Course | None = None) -> Exercise:
    """Read an exercise with its solutions, checks and wrong answers.

    Raises:
        BuildError: With file, line and mend for every fault found.
    """
    from labkit.course.tasks import read_tasks

    return _read(path, course, read_tasks)


def _read(
    path: Path,
    course: Course | None,
    tasks_of: Callable[[list[Cell], int, Course, Faults], tuple[Task, ...]],
) -> Exercise:
    course = course or load_course()
    faults = Faults(path)
    module = _module(path, course, faults)
    cells = read_cells(path.read_text(encoding="utf-8"), faults)
    tasks = tasks_of(cells, module.number, course, faults)
    _check_language(cells, faults)
    _check_concepts(cells, module, course, faults)
    faults.stop()
    return Exercise(path.stem, module.number, path, tuple(cells), tasks)


def read_cells(text: str, faults: Faults) -> list[Cell]:
    """Split a percent script into cells with line numbers, and check that prose comes in twins."""
    cells = [_cell(raw, line, faults) for raw, line in _split(text)]
    faults.stop()
    _check_twins(cells, faults)
    return cells


def _module(path: Path, course: Course, faults: Faults) -> Module:
    if path.stem not in course.modules:
        faults.add(1, "no_module", came=path.stem, known=", ".join(course.modules))
    faults.stop()
    return course.modules[path.stem]


def _split(text: str) -> list[tuple[Any, int]]:
    """Let jupytext read one cell at a time: its own loop does not say where a cell began."""
    from jupytext.cell_reader import DoublePercentScriptCellReader
    from jupytext.header import header_to_metadata_and_cell
    from jupytext.languages import set_main_and_cell_language

    lines = text.splitlines()
    _, _, _, start = header_to_metadata_and_cell(lines, "#", "", ".py")
    cells, rest = [], lines[start:]
    while rest:
        raw, length = DoublePercentScriptCellReader(_PERCENT).read(rest)
        cells.append((raw, len(lines) - len(rest) + 1))
        rest = rest[length:]
    python = {"jupytext": {"main_language": "python"}}
    set_main_and_cell_language(python, [raw for raw, _ in cells], ".py", [])
    return [(raw, line) for raw, line in cells if raw.source.strip() or raw.metadata]


def _cell(raw: Any, line: int, faults: Faults) -> Cell:
    options = {key: value for key, value in raw.metadata.items() if key not in _LAYOUT}
    for key in ("incorrectly_encoded_metadata", "title"):
        if key in options:
            faults.add(line, "unreadable_options", came=options.pop(key))
    known = OPTIONS.get(raw.cell_type, set())
    for option in options:
        if option not in known:
            faults.add(line, "unknown_option", came=option, known=", ".join(sorted(known)))
    lang = options.get("lang")
    if raw.cell_type == "markdown":
        if lang not in LANGUAGES:
            faults.add(line, "no_lang")
        for picture in re.findall(r"!\[\s*\]\(([^)]*)\)", raw.source):
            faults.add(line, "no_alt", came=picture)
    magic = re.match(r"%%(\w+)[^\n]*\n(#[^\n]*\n?)+\Z", raw.source)
    if magic:
        faults.add(line, "misread_magic", magic=magic[1])
    tied = [option for option in ROLES if option in options]
    role = tied[-1] if tied else ("prose" if raw.cell_type == "markdown" else "code")
    task = str(options[role]) if tied else None
    return Cell(raw.cell_type, raw.source, lang, role, task, line, options)


def _check_twins(cells: list[Cell], faults: Faults) -> None:
    position = 0
    while position < len(cells):
        cell = cells[position]
        position += 1
        if cell.kind != "markdown":
            continue
        following = cells[position] if position < len(cells) else None
        if cell.lang == "en":
            faults.add(cell.line, "no_twin", which="en", other="nb", where=_before(True))
        elif following is None or following.lang != "en":
            faults.add(cell.line, "no_twin", which="nb", other="en", where=_before(False))
        else:
            position += 1
            if cell.task != following.task:
                faults.add(following.line, "twin_task", first=cell.task, second=following.task)
            shapes = _shape(cell.source), _shape(following.source)
            if shapes[0] != shapes[1]:
                shown = [" ".join(shape) or "-" for shape in shapes]
                faults.add(following.line, "twin_shape", first=shown[0], second=shown[1])


def _before(before: bool) -> str:
    return say("course.put_before" if before else "course.put_after")


def _shape(prose: str) -> list[str]:
    """Return what twins must have in common: headings, code blocks and pictures, in order."""
    return re.findall(r"^#{1,6}(?= )|^```\w+|!\[(?=[^\]]*\]\()", prose, re.MULTILINE)


def _check_language(cells: list[Cell], faults: Faults) -> None:
    """See that code which uses the kit tells it the notebook's language."""
    code = [cell for cell in cells if cell.kind == "code" and cell.role == "code"]
    uses = [cell for cell in code if re.search(r"^(from|import) labkit\b", cell.source, re.M)]
    if uses and not any(re.search(r"\bLANG\b", cell.source) for cell in code):
        faults.add(uses[0].line, "no_language")


def _check_concepts(cells: list[Cell], module: Module, course: Course, faults: Faults) -> None:
    """Find words in code that a later module is the first to teach."""
    later = course.introduced_after(module)
    for cell in cells:
        if cell.kind != "code":
            continue
        found = {
            (line, concept)
            for line, text in [*enumerate(cell.source.splitlines(), 1), *_imports(cell.source)]
            for concept in later
            if re.search(rf"(?<!\w){re.escape(concept)}(?!\w)", text)
        }
        for line, concept in sorted(found):
            teaches = {"later": later[concept].number, "title": later[concept].name}
            at = cell.line + line
            faults.add(at, "too_early", concept=concept, module=module.number, **teaches)


def _imports(code: str) -> list[tuple[int, str]]:
    """Return what a cell imports from, by line: `from labkit import er` gives `labkit.er`."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:  # magics; running the notebook tells whether it is Python
        return []
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return [(node.lineno, f"{node.module}.{name.name}") for node in imports for name in node.names]
