r"""Put the cells of an exercise together into tasks.

```python
# %% [markdown] lang="nb" task="5.3"
# **5.3 (2 poeng).** Hvor mange pasienter har hver kommune?
# %% [markdown] lang="en" task="5.3"
# **5.3 (2 points).** How many patients has each municipality?
# %% task="5.3" points=2 outcomes=["F3"]
### BEGIN SOLUTION
answer = "SELECT kommune, count(DISTINCT pasient_id) AS n FROM npr GROUP BY kommune"
### END SOLUTION
# %% check="5.3"
check.sql("5.3", answer)
# %% wrong="5.3" nb="Teller du opphold eller pasienter?" en="Do you count stays or patients?"
answer = "SELECT kommune, count(*) AS n FROM npr GROUP BY kommune"
```

Lines of the solution cell outside the markers are given to the student. The check cell hands one
variable over; the method of `check` is the task's kind (`check(...)` itself is `value`), and its
keyword arguments are the settings of the comparison.
"""

import ast
import re
from itertools import pairwise
from math import isfinite
from typing import Any

from labkit.course.outcomes import Course
from labkit.course.source import Faults
from labkit.grading.task import Cell, Task, Wrong
from labkit.messages import LANGUAGES, say

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_MARKER = re.compile(r"\s*#+\s*(BEGIN|END)\s+SOLUTION\b.*", re.IGNORECASE)


def read_tasks(cells: list[Cell], module: int, course: Course, faults: Faults) -> tuple[Task, ...]:
    """Return the tasks of an exercise in order; what is wrong with them goes to `faults`."""
    for cell in cells:
        _check_markers(cell, faults)
    parts = _parts(cells, faults)
    solutions = {task: found["solution"] for task, found in parts.items() if "solution" in found}
    for task, found in parts.items():
        if task not in solutions:
            what, cell = next(iter(found.items()))
            faults.add(cell.line, "unknown_task", task=task, what=say(f"course.{what}"))
    if not solutions:
        faults.add(1, "no_tasks", module=module)
    return tuple(
        _task(task, parts[task], [c for c in cells if c.role == "wrong" and c.task == task])
        for task in solutions
        if _is_whole(task, parts[task], cells, module, course, faults)
    )


def strip_markers(code: str) -> str:
    """Return the code of a solution cell without its marker lines."""
    return "\n".join(line for line in code.splitlines() if line not in (BEGIN, END))


def student_version(code: str, answer: str, lang: Any) -> str:
    r"""Replace what stands between the markers by a note and an answer not given yet.

    Examples:
        >>> code = "day = 3\n### BEGIN SOLUTION\nanswer = day + 1\n### END SOLUTION"
        >>> print(student_version(code, "answer", "en"))
        day = 3
        # Write your answer here
        answer = None
    """
    before, rest = code.split(BEGIN)
    return f"{before}{say('course.write_here', lang)}\n{answer} = None{rest.split(END)[1]}"


def _check_markers(cell: Cell, faults: Faults) -> None:
    """See that markers are spelled right, in pairs, once, and in solution cells only."""
    open_line, pairs = 0, 0
    for line, text in enumerate(cell.source.splitlines(), cell.line + 1):
        marker = _MARKER.fullmatch(text)
        if not marker:
            continue
        wanted = BEGIN if marker[1].upper() == "BEGIN" else END
        if text != wanted:
            faults.add(line, "marker_spelling", came=text, wanted=wanted)
        if cell.kind != "code" or cell.role != "task":
            faults.add(line, "marker_outside")
            return
        if (wanted == BEGIN) == bool(open_line):
            faults.add(line, "marker_unmatched", came=wanted)
            return
        pairs += wanted == END
        open_line = line if wanted == BEGIN else 0
    if open_line:
        faults.add(open_line, "marker_unmatched", came=BEGIN)
    elif cell.kind == "code" and cell.role == "task" and pairs != 1:
        faults.add(cell.line, "two_markers" if pairs else "no_markers", task=cell.task, count=pairs)


def _parts(cells: list[Cell], faults: Faults) -> dict[str, dict[str, Any]]:
    """Sort cells by task and part; a part that comes twice is a fault."""
    parts: dict[str, dict[str, Any]] = {}
    for cell in cells:
        if cell.task is None:
            continue
        found = parts.setdefault(cell.task, {})
        if cell.role == "wrong":
            found.setdefault("wrong", cell)
        elif cell.kind == "markdown":
            _keep_once(found, "statement" if cell.lang == "nb" else "statement_en", cell, faults)
        else:
            _keep_once(found, "solution" if cell.role == "task" else "check", cell, faults)
    return parts


def _keep_once(found: dict[str, Any], part: str, cell: Cell, faults: Faults) -> None:
    if part in found:
        what = say(f"course.{part.removesuffix('_en')}")
        faults.add(cell.line, "twice", task=cell.task, what=what, first=found[part].line)
    else:
        found[part] = cell


def _is_whole(
    task: str, found: dict[str, Any], cells: list[Cell], module: int, course: Course, faults: Faults
) -> bool:
    """Check one task; return whether it can be put together."""
    before = len(faults.found)
    solution = found["solution"]
    line, options = solution.line, solution.metadata
    if not re.fullmatch(rf"{module}\.[1-9]\d*", task):
        faults.add(line, "bad_id", task=task, module=module)
    for part in ("statement", "check"):
        if part not in found:
            mend = say(f"course.mend_{part}", task=task)
            faults.add(line, "missing", task=task, what=say(f"course.{part}"), mend=mend)
    points = options.get("points")
    if isinstance(points, bool) or not isinstance(points, int | float) or not _positive(points):
        faults.add(line, "bad_points", task=task, came=points)
    outcomes = options.get("outcomes")
    if not isinstance(outcomes, list) or not outcomes or set(outcomes) - set(course.outcomes):
        known = ", ".join(course.outcomes)
        faults.add(line, "bad_outcomes", task=task, came=outcomes, known=known)
    accept = options.get("accept", [])
    if not isinstance(accept, list) or not all(isinstance(name, str) for name in accept):
        faults.add(line, "bad_accept", task=task, came=accept)
    order = [part for part in ("statement", "solution", "check", "wrong") if part in found]
    for earlier, later in pairwise(order):
        if found[earlier].line > found[later].line:
            what, other = say(f"course.{later}"), say(f"course.{earlier}")
            faults.add(found[later].line, "order", task=task, what=what, before=other)
    if "check" in found and _parse_check(found["check"]) is None:
        faults.add(found["check"].line, "bad_check", task=task, came=found["check"].source)
    if "statement" in found and "statement_en" not in found:
        return False  # a twin is missing, which is told already
    if len(faults.found) == before:
        _check_answers(found, [c for c in cells if c.role == "wrong" and c.task == task], faults)
    return len(faults.found) == before


def _positive(points: float) -> bool:
    return isfinite(points) and points > 0


def _check_answers(found: dict[str, Any], wrong: list[Cell], faults: Faults) -> None:
    """See that the solution and each wrong answer is Python that sets the checked variable."""
    parsed = _parse_check(found["check"])
    assert parsed is not None
    answer = parsed[1]
    for cell in [found["solution"], *wrong]:
        what = say("course.wrong" if cell.role == "wrong" else "course.solution")
        if cell.role == "wrong":
            for lang in LANGUAGES:
                if not str(cell.metadata.get(lang) or "").strip():
                    faults.add(cell.line, "no_hint", task=cell.task, which=lang)
        try:
            if answer not in _assigned(cell.source):
                faults.add(cell.line, "no_answer", task=cell.task, what=what, answer=answer)
        except SyntaxError as error:
            line = cell.line + (error.lineno or 0)
            faults.add(line, "syntax", task=cell.task, came=error.msg)


def _assigned(code: str) -> set[str]:
    """Return the names that a cell gives a value; lines with magics are read as IPython does."""
    from IPython.core.inputtransformer2 import TransformerManager

    names = set()
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(code))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return names


def _parse_check(cell: Cell) -> tuple[str, str, dict[str, Any]] | None:
    """Read `check.KIND("5.3", NAME, setting=literal)` as (kind, name, settings)."""
    try:
        (statement,) = ast.parse(cell.source).body
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call):
            return None
        task, answer = call.args
        settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError):
        return None
    match call.func:
        case ast.Name(id="check"):
            kind = "value"
        case ast.Attribute(value=ast.Name(id="check"), attr=kind):
            pass
        case _:
            return None
    if not isinstance(task, ast.Constant) or task.value != cell.task:
        return None
    if not isinstance(answer, ast.Name) or None in settings:
        return None
    return kind, answer.id, {str(name): value for name, value in settings.items()}


def _task(task: str, found: dict[str, Any], wrong: list[Cell]) -> Task:
    solution: Cell = found["solution"]
    parsed = _parse_check(found["check"])
    assert parsed is not None
    kind, answer, settings = parsed
    return Task(
        id=task,
        kind=kind,
        points=solution.metadata["points"],
        outcomes=tuple(solution.metadata["outcomes"]),
        statement={"nb": found["statement"].source, "en": found["statement_en"].source},
        solution=strip_markers(solution.source),
        check=found["check"].source,
        answer=answer,
        settings=settings,
        wrong=tuple(
            Wrong(cell.source, cell.metadata["nb"], cell.metadata["en"], cell.line)
            for cell in wrong
        ),
        line=solution.line,
        accept=tuple(solution.metadata.get("accept", ())),
    )
