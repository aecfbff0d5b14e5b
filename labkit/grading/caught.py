"""What the small databases of a query catch, for its author: mutants and wrong answers.

A mutant that no database tells from the solution is either right as well, or a mistake that goes
unseen when a student makes it. The author accepts the first with `accept=["ID", ...]` on the task's
cell, and catches the second with a wrong answer or a task put otherwise.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.grading.task import Exercise, Task
from labkit.messages import Language, say

if TYPE_CHECKING:
    from labkit.sql.databases import Databases

_AROUND = 2  # words of the query that are shown on either side of a change


def change(before: str, after: str) -> str:
    """Show in what a query differs from another, with two words on either side.

    Examples:
        >>> change("SELECT n FROM t WHERE value > 5", "SELECT n FROM t WHERE value >= 5")
        'WHERE value > 5  →  WHERE value >= 5'
        >>> change("SELECT DISTINCT n FROM t", "SELECT n FROM t")
        'SELECT DISTINCT n FROM  →  SELECT n FROM'
    """
    old, new = before.split(), after.split()
    least = min(len(old), len(new))
    same = next((i for i in range(least) if old[i] != new[i]), least)
    rest = least - same
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    start, end = max(0, same - _AROUND), max(0, tail - _AROUND)
    return "  →  ".join(" ".join(words[start : len(words) - end]) for words in (old, new))


def caught_note(
    exercise: Exercise, task: Task, found: "Databases | None", query: str, wrong: Sequence[str]
) -> list[str]:
    """Say what an author has to look at in one query; nothing where all is caught or accepted.

    Args:
        exercise: The exercise.
        task: Its task.
        found: The small databases chosen for it; None if there could be none.
        query: The solution.
        wrong: The queries of its wrong answers, in order.
    """
    where = f"{exercise.path}:{task.line}: "
    if found is None:
        return [where + say("course.no_databases", task=task.id)]
    lines = []
    alive = {mutant.id: mutant for mutant in found.survivors}
    left = {name: mutant for name, mutant in alive.items() if name not in task.accept}
    if not any(one["expected"] for one in found.data["databases"]):
        lines.append(where + say("course.empty_databases", task=task.id))
    if left:
        caught, made = len(found.mutants) - len(alive), len(found.mutants)
        accepted = len(alive) - len(left)
        said = say("course.survivors", task=task.id, caught=caught, made=made, accepted=accepted)
        lines.append(where + said)
        text = _plain(query)
        lines += [
            f"    {name}  {say(f'sql.mutant_{mutant.kind}')}: {change(text, mutant.sql)}"
            for name, mutant in left.items()
        ]
    gone = [name for name in task.accept if name not in alive]
    if gone:
        lines.append(where + say("course.accepted_gone", task=task.id, names=", ".join(gone)))
    from labkit.sql.comparison import bare

    missed = set(found.missed)
    for answer, text in zip(task.wrong, wrong, strict=True):
        if text and bare(text) in missed:
            at = f"{exercise.path}:{answer.line}: "
            lines.append(at + say("course.wrong_unseen", task=task.id))
    return lines


def share_note(caught: Sequence[tuple[str, int, int]], lang: Language | None = None) -> str:
    """Put the shares of an exercise's queries on one line.

    Args:
        caught: (task, mutants caught, mutants).
        lang: Language of the line.

    Examples:
        >>> share_note([("5.1", 13, 13), ("5.2", 3, 4)], "en")
        'Mutants of queries that small databases catch: 16 of 17 (94 %). 5.1 13/13, 5.2 3/4'
    """
    number, most = sum(n for _, n, _ in caught), sum(m for _, _, m in caught)
    listed = ", ".join(f"{task} {n}/{m}" for task, n, m in caught)
    percent = int(100 * number / most) if most else 100
    return say("course.mutants", lang, caught=number, made=most, percent=percent, tasks=listed)


def _plain(query: str) -> str:
    import sqlglot

    from labkit.sql.comparison import bare

    return sqlglot.parse_one(bare(query), dialect="duckdb").sql(dialect="duckdb")
