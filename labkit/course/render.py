"""Turn a source into notebooks: one language each, as lesson, solution or exercise."""

import re
from typing import Any

from labkit.course.tasks import strip_markers, student_version
from labkit.grading.task import Cell, Exercise, Task
from labkit.messages import Language

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def render(source: Exercise, lang: Language, *, solved: bool) -> tuple[Any, list[int]]:
    """Make a notebook of a lesson, or of an exercise with (`solved`) or without its solutions.

    The cells of a task have the same ids in every notebook made from it: `statement-5-3`,
    `task-5-3`, `check-5-3`; other cells are numbered by position, alike in both languages. In the
    student's version, solution and check cells carry nbgrader's metadata, schema 3.

    Args:
        source: A lesson or exercise, read.
        lang: The language of prose, and the value of `LANG` in code.
        solved: Whether solutions stay in. Of no consequence for a lesson.

    Returns:
        The notebook (nbformat 4.5, not run), and the source line that each of its cells begins on.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    tasks = {task.id: task for task in source.tasks}
    cells, lines = [], []
    for position, cell in _shared(source.cells, lang):
        number = cell.task and cell.task.replace(".", "-")
        new = new_code_cell if cell.kind == "code" else new_markdown_cell
        made = new(_text(cell, tasks, lang, solved), id=_id(cell, number, position))
        made.metadata = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
        if not solved and cell.task and cell.kind == "code":
            made.metadata.update(_nbgrader(cell, number, tasks[cell.task]))
        cells.append(made)
        lines.append(cell.line)
    metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "labkit": {"name": source.name, "lang": lang},
    }
    return new_notebook(cells=cells, metadata=metadata), lines


def _shared(cells: tuple[Cell, ...], lang: Language) -> list[tuple[int, Cell]]:
    """Return the cells of one language with positions that count each pair of twins once."""
    kept = [cell for cell in cells if cell.role != "wrong" and cell.lang in (None, lang)]
    return list(enumerate(kept, 1))


def _id(cell: Cell, number: Any, position: int) -> str:
    if number is None:
        return f"cell-{position:02d}"
    return f"{'statement' if cell.kind == 'markdown' else cell.role}-{number}"


def _text(cell: Cell, tasks: dict[str, Task], lang: Language, solved: bool) -> str:
    if cell.kind == "markdown":
        return cell.source
    code = cell.source
    if cell.role == "task" and cell.task:
        answer = tasks[cell.task].answer
        code = strip_markers(code) if solved else student_version(code, answer, lang)
    return (
        code
        if code.startswith("%%")
        else re.sub(r"(?<![\w.\"'])LANG\b(?![\"'])", f'"{lang}"', code)
    )


def _nbgrader(cell: Cell, number: Any, task: Task) -> dict[str, Any]:
    check = cell.role == "check"
    mark: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": f"{cell.role}-{number}",
        "grade": check,
        "solution": not check,
        "locked": check,
        "task": False,
    }
    if not check:
        return {"nbgrader": mark}
    return {"nbgrader": mark | {"points": task.points}, "deletable": False, "editable": False}
