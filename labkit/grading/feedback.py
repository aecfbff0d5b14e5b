"""Feedback pages: one self-contained HTML file for each student, in their notebook's language."""

from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from labkit.files import write_whole
from labkit.grading.marking import TaskMark
from labkit.grading.remarks import mark_reason, reason_remark, task_hint, task_remark
from labkit.grading.task import Exercise, Task
from labkit.grading.verdict import with_code
from labkit.grading.work import Mark
from labkit.messages import Language, numeral, say

_STYLE = """
:root { color-scheme: light; --ink: #1d2529; --soft: #56636b; --line: #d9dfe2; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink);
  max-width: 46rem; margin: 2.5rem auto; padding: 0 1.2rem; background: #fff; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.25rem; margin: 2.4rem 0 .3rem; }
.who { color: var(--soft); margin: .1rem 0 1.2rem; }
.sum { display: flex; align-items: center; gap: 1rem; margin: .4rem 0 1rem; font-weight: 600; }
.bar { flex: 1; height: .7rem; background: #e8ecee; border-radius: .35rem; overflow: hidden;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar i { display: block; height: 100%; background: #2f6f8f; }
.note { background: #fdf6ea; border-left: 4px solid #b26a00; padding: .6rem .9rem; }
.task { border: 1px solid var(--line); border-left-width: 5px; border-radius: 6px;
  padding: .7rem 1rem; margin: .7rem 0; break-inside: avoid; }
.task header { display: flex; justify-content: space-between; gap: 1rem; font-weight: 600; }
.task p, .said { margin: .35rem 0 0; } .state { font-weight: 600; white-space: nowrap; }
.hint { color: var(--ink); border-top: 1px dashed var(--line); padding-top: .4rem; }
.same { border-left-color: #1a7f4b; } .same .state { color: #1a7f4b; }
.part { border-left-color: #b26a00; } .part .state { color: #8a5200; }
.none { border-left-color: #4b5bb5; } .none .state { color: #3d4a9a; }
.waits { border-left-color: #7b878e; } .waits .state { color: #56636b; }
.blank { border-left-color: #7b878e; } .blank .state { color: #56636b; }
.stopped { border-left-color: #a33; } .stopped .state { color: #8f2424; }
code { background: #eef1f3; padding: .05em .3em; border-radius: 3px; font-size: .92em; }
.small { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; }
.small figure { margin: .4rem 0; overflow-x: auto; } figcaption { font-weight: 600; }
.small table { border-collapse: collapse; font-size: .88rem; }
.small th, .small td { text-align: left; padding: .1rem .7rem .1rem 0;
  border-bottom: 1px solid var(--line); }
footer { color: var(--soft); font-size: .9rem; margin-top: 2.5rem;
  border-top: 1px solid var(--line); padding-top: .8rem; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } }
"""
_SIGNS = {"same": "✓", "part": "◐", "none": "→", "blank": "○", "stopped": "■", "waits": "…"}


class Part(NamedTuple):
    """One exercise on a student's page."""

    exercise: Exercise
    mark: Mark


def write_feedback(
    rows: list[tuple[str, str, Mark]], exercises: dict[str, Exercise], folder: Path
) -> Path:
    """Write `FOLDER/STUDENT.html` for every student, each replaced in one step.

    Args:
        rows: (student, exercise, mark).
        exercises: By name.
        folder: Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    students: dict[str, list[Part]] = {}
    for student, name, mark in rows:
        students.setdefault(student, []).append(Part(exercises[name], mark))
    for student, parts in students.items():
        write_whole(folder / f"{student}.html", page(student, parts))
    return folder


def page(student: str, parts: list[Part]) -> str:
    """Make the page of one student."""
    read = [part.mark for part in parts if part.mark.status not in ("missing", "unreadable")]
    lang: Language = "en" if read and read[0].lang == "en" else "nb"
    title = say("grading.feedback_title", lang)
    body = "".join(_part(part, lang) for part in parts)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: {escape(student)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{title}</h1><p class="who">{escape(student)}</p>{body}'
        f"<footer><p>{say('grading.feedback_how', lang)}</p>"
        f"<p>{say('grading.feedback_rule', lang)}</p></footer></body></html>\n"
    )


def _part(part: Part, lang: Language) -> str:
    mark, tasks = part.mark, {task.id: task for task in part.exercise.tasks}
    points = sum(item.points for item in mark.tasks)
    most = sum(item.max_points for item in mark.tasks)
    total = say(
        "grading.feedback_points", lang, points=numeral(points, lang), most=numeral(most, lang)
    )
    share = 100 * points / most if most else 0
    heading = exercise_title(part.exercise, lang)
    found = [
        f"<section><h2>{escape(heading)}</h2>"
        f'<div class="sum"><span>{total}</span>'
        f'<div class="bar" aria-hidden="true"><i style="width:{share:.0f}%"></i></div></div>'
    ]
    if mark.status in ("missing", "unreadable"):
        found.append(f'<p class="note">{escape(mark_reason(mark, lang))}</p></section>')
        return "".join(found)
    if "" in mark.stops:
        where = say("grading.other_cell", lang)
        why = say(f"grading.stop_{mark.stops['']}", lang)
        found.append(f'<p class="note">{escape(where)}: {escape(why)}</p>')
    found += [_task(item, tasks[item.task], lang) for item in mark.tasks]
    return "".join([*found, "</section>"])


def _task(item: TaskMark, task: Task, lang: Language) -> str:
    look = _look(item)
    state = say(f"grading.state_{look}", lang)
    points = f"{numeral(item.points, lang)} / {numeral(item.max_points, lang)}"
    hint = task_hint(item, task, lang)
    shown = f'<p class="hint">{with_code(hint)}</p>' if hint else ""
    reason = reason_remark(item, task, lang)
    shown += f"<p>{escape(reason)}</p>" if reason else ""
    shown += _example(item.facts["example"], lang) if "example" in item.facts else ""
    return (
        f'<article class="task {look}"><header><span>{escape(_task_title(task, lang))}</span>'
        f'<span class="state"><span aria-hidden="true">{_SIGNS[look]}</span> '
        f"{state} · {points}</span></header>"
        f'<div class="said">{with_code(task_remark(item, lang))}</div>{shown}</article>'
    )


def _example(example: dict[str, Any], lang: Language) -> str:
    """Show the small database on which a query goes wrong: its tables, what came, what is asked."""
    shown = [(f"<code>{escape(name)}</code>", table) for name, table in example["tables"].items()]
    shown.append((escape(say("grading.your_result", lang)), example["answer"]))
    shown.append((escape(say("grading.expected_result", lang)), example["reference"]))
    tables = "".join(
        f"<figure><figcaption>{t}</figcaption>{_table(*of)}</figure>" for t, of in shown
    )
    return f'<p>{escape(say("grading.counterexample", lang))}</p><div class="small">{tables}</div>'


def _table(columns: list[str], rows: list[list[str | None]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape('NULL' if c is None else c)}</td>" for c in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _look(item: TaskMark) -> str:
    if item.state in ("same", "blank"):
        return item.state
    if item.state == "written":
        return "waits"
    if item.points >= item.max_points:
        return "same"
    if item.state in ("stopped", "not_reached"):
        return "stopped"
    return "part" if item.points else "none"


def _task_title(task: Task, lang: Language) -> str:
    lines = [line.lstrip("# ").strip() for line in task.statement.get(lang, "").splitlines()]
    first = next((line for line in lines if line), "")
    return first if task.id in first else say("grading.task", lang, task=task.id)


def exercise_title(exercise: Exercise, lang: Language) -> str:
    """Return the first heading of an exercise, or its name."""
    for cell in exercise.cells:
        if cell.kind == "markdown" and cell.lang == lang:
            first = cell.source.strip().splitlines()[:1]
            if first and first[0].startswith("#"):
                return first[0].lstrip("# ")
    return exercise.name
