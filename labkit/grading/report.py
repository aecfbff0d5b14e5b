"""The class report: one self-contained page on what a class can do and where it goes wrong."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from pathlib import Path
from statistics import median
from urllib.parse import quote

from labkit.files import write_whole
from labkit.grading.bars import COLOURS, Row, bars, columns
from labkit.grading.feedback import exercise_title
from labkit.grading.marking import TaskMark
from labkit.grading.passing import Earned, enough, percent, share
from labkit.grading.remarks import mark_reason
from labkit.grading.rubric import reading
from labkit.grading.task import Exercise
from labkit.grading.verdict import with_code
from labkit.grading.work import Mark
from labkit.messages import Language, language, say

STATES = ("full", "part", "none", "stopped", "waits", "blank")  # of a task, as the report counts
NOT_READ = ("missing", "unreadable", "unmarked")  # statuses of work that has no answers
_MOST_HINTS = 15
_NARROW = ("exercise", "status", "task")  # columns that are not broken
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; color: #1d2529; background: #fff;
  max-width: 52rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.8rem; margin: 0 0 .2rem; } h2 { font-size: 1.35rem; margin: 2.6rem 0 .4rem; }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .4rem; } p { margin: .3rem 0 .7rem; }
.soft, figcaption { color: #56636b; }
dl { display: flex; flex-wrap: wrap; gap: .6rem; margin: .8rem 0; }
dl div { border: 1px solid #d9dfe2; border-radius: 6px; padding: .45rem .9rem; }
dt { color: #56636b; font-size: .88rem; } dd { margin: 0; font-size: 1.3rem; font-weight: 600; }
figure { margin: .6rem 0 1rem; break-inside: avoid; }
.bars { max-width: 100%; height: auto; font-size: 13px; } .bars .label { text-anchor: end; }
.bars .middle { text-anchor: middle; } .bars text { fill: #1d2529; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: 0;
  font-size: .9rem; }
.key i { display: inline-block; width: .9rem; height: .9rem; margin-right: .4rem;
  vertical-align: -.1rem; border-radius: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th { text-align: left; border-bottom: 2px solid #56636b; } th, td { padding: .3rem .6rem .3rem 0;
  vertical-align: top; } td { border-bottom: 1px solid #e3e8ea; overflow-wrap: anywhere; }
tr { break-inside: avoid; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.k { white-space: nowrap; }
code { background: #eef1f3; padding: .05em .3em; border-radius: 3px; font-size: .92em; }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""

Rows = list[tuple[str, str, Mark]]


def write_report(
    rows: Rows, exercises: dict[str, Exercise], path: Path, *, lang: Language | None = None
) -> Path:
    """Write the report of a class.

    Args:
        rows: (student, exercise, mark).
        exercises: By name.
        path: The HTML file, replaced in one step.
        lang: Language of the page; that of messages by default.
    """
    write_whole(path, report_page(rows, exercises, lang=lang))
    return path


def report_page(rows: Rows, exercises: dict[str, Exercise], *, lang: Language | None = None) -> str:
    """Make the report's page."""
    lang = lang or language()
    title = say("report.title", lang)
    students = len({student for student, _, _ in rows})
    sections = [
        _exercise([row for row in rows if row[1] == name], exercises[name], lang)
        for name in sorted({name for _, name, _ in rows})
    ]
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p class="soft">{say("report.about", lang, students=students)}</p>'
        f"{''.join(sections)}{_outcomes(rows, exercises, lang)}{_troubles(rows, lang)}"
        "</body></html>\n"
    )


def share_of(mark: Mark, exercise: Exercise) -> float:
    """Return the share of the automatic points that a submission has earned, from 0 to 1.

    An exercise whose tasks are all written has none to earn: the share is 1.
    """
    kinds = {task.id: task.kind for task in exercise.tasks}
    return share(Earned(kinds[item.task], item.points, item.max_points) for item in mark.tasks)


def look_of(item: TaskMark) -> str:
    """Return which of STATES a task of one student is counted in."""
    if item.state == "written":
        return "waits"
    if item.state == "blank":
        return "blank"
    if item.points >= item.max_points:
        return "full"
    if item.points > 0:
        return "part"
    return "stopped" if item.state in ("error", "stopped", "not_reached") else "none"


def common_wrong(rows: Rows, exercise: Exercise) -> list[tuple[str, int, int]]:
    """Count the known wrong answers that were given: (task, place of its hint, how many)."""
    found = Counter(
        (item.task, item.hint)
        for _, _, mark in rows
        for item in mark.tasks
        if item.hint is not None
    )
    return [
        (task, place, number)
        for (task, place), number in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _exercise(rows: Rows, exercise: Exercise, lang: Language) -> str:
    read = [row for row in rows if row[2].status not in NOT_READ]
    shares = [share_of(mark, exercise) for _, _, mark in read]
    passed = sum(map(enough, shares))
    tasks = {task.id: task for task in exercise.tasks}
    waiting = sum(
        reading(item, tasks[item.task]) == "waits" for _, _, mark in read for item in mark.tasks
    )
    middle = median(shares) if shares else 0.0
    facts = {
        "handed_in": f"{len(read)} / {len(rows)}",
        "passed": str(passed),
        "median": f"{percent(middle)} %",
        "runs_stopped": str(sum(mark.status == "stopped" for _, _, mark in read)),
    }
    if waiting:
        facts["to_read"] = str(waiting)
    shown = "".join(f"<div><dt>{say(f'report.{key}', lang)}</dt><dd>{value}</dd></div>"
                    for key, value in facts.items())  # fmt: skip
    parts = [f"<section><h2>{escape(exercise_title(exercise, lang))}</h2><dl>{shown}</dl>"]
    if read:
        parts.append(_spread(shares, lang))
        parts.append(_tasks(read, exercise, lang))
        parts.append(_hints(read, exercise, lang))
    return "".join([*parts, "</section>"])


def _spread(shares: list[float], lang: Language) -> str:
    steps = Counter(min(percent(one) // 10, 10) for one in shares)
    names = [f"{10 * i}–{10 * i + 9}" for i in range(10)] + ["100"]
    counts = {name: steps[i] for i, name in enumerate(names)}
    listed = ", ".join(f"{name} %: {count}" for name, count in counts.items() if count)
    picture = columns(
        counts,
        alt=say("report.spread_alt", lang, counts=listed),
        title=say("report.students", lang),
        axis=say("report.share_axis", lang),
    )
    return f"<h3>{say('report.spread', lang)}</h3><figure>{picture}</figure>"


def _tasks(rows: Rows, exercise: Exercise, lang: Language) -> str:
    drawn, words = [], []
    seen: Counter[str] = Counter()
    for task in exercise.tasks:
        items = [item for _, _, mark in rows for item in mark.tasks if item.task == task.id]
        looks = Counter(look_of(item) for item in items)
        seen.update(looks)
        earned = sum(item.points for item in items)
        reached = percent(earned / (task.points * len(items))) if items else 0
        drawn.append(Row(task.id, tuple(looks[s] for s in STATES), f"{reached} %"))
        listed = ", ".join(
            f"{say(f'report.{state}', lang)} {looks[state]}" for state in STATES if looks[state]
        )
        words.append(f"{task.id}: {listed}")
    key = "".join(
        f'<li><i style="background:{colour}"></i>{say(f"report.{state}", lang)}</li>'
        for state, colour in zip(STATES, COLOURS, strict=True)
        if seen[state]
    )
    picture = bars(drawn, most=len(rows), alt="; ".join(words) + ".")
    return (
        f"<h3>{say('report.by_task', lang)}</h3><figure>{picture}"
        f'<figcaption><ul class="key">{key}</ul>{say("report.by_task_note", lang)}</figcaption>'
        "</figure>"
    )


def _hints(rows: Rows, exercise: Exercise, lang: Language) -> str:
    tasks = {task.id: task for task in exercise.tasks}
    lines = []
    for task, place, number in common_wrong(rows, exercise)[:_MOST_HINTS]:
        if place < len(tasks[task].wrong):
            wrong = tasks[task].wrong[place]
            hint = with_code(wrong.nb if lang == "nb" else wrong.en)
            lines.append((escape(task), hint, str(number)))
    if not lines:
        return ""
    return f"<h3>{say('report.wrong', lang)}</h3><p>{say('report.wrong_note', lang)}</p>" + _table(
        ("task", "hint", "students"), lines, lang
    )


def _troubles(rows: Rows, lang: Language) -> str:
    """List what did not run to its end, the gravest first; a cell with an error is the least."""
    gravest = (*NOT_READ, "stopped", "ok", "errors")
    found = [
        (gravest.index(mark.status), student, name, mark)
        for student, name, mark in rows
        if mark.status != "ok" or any(item.state == "class_data" for item in mark.tasks)
    ]
    lines = [
        (
            _link(student),
            escape(name),
            say(f"report.status_{mark.status}", lang),
            escape(mark_reason(mark, lang)),
        )
        for _, student, name, mark in sorted(found, key=lambda line: line[:3])
    ]
    if not lines:
        return ""
    return f"<section><h2>{say('report.trouble', lang)}</h2>" + (
        _table(("student", "exercise", "status", "reason"), lines, lang) + "</section>"
    )


def _outcomes(rows: Rows, exercises: dict[str, Exercise], lang: Language) -> str:
    """Show each outcome's share of points among those who handed in, less texts that wait."""
    earned: defaultdict[str, float] = defaultdict(float)
    most: defaultdict[str, float] = defaultdict(float)
    asked: dict[str, list[str]] = {}
    for _, name, mark in rows:
        if mark.status in NOT_READ:
            continue
        items = {item.task: item for item in mark.tasks}
        for task in exercises[name].tasks:
            item = items.get(task.id)
            if item is None or item.state == "written":
                continue
            for code in task.outcomes:
                earned[code] += item.points
                most[code] += item.max_points
                if task.id not in asked.setdefault(code, []):
                    asked[code].append(task.id)
    if not most:
        return ""
    shares = {code: earned[code] / most[code] for code in sorted(most)}
    drawn = [Row(code, (part,), f"{percent(part)} %") for code, part in shares.items()]
    alt = "; ".join(f"{code} {percent(part)} %" for code, part in shares.items()) + "."
    lines = [(code, escape(" ".join(asked[code])), f"{percent(shares[code])} %") for code in shares]
    return (
        f"<section><h2>{say('grading.outcomes', lang)}</h2>"
        f"<p>{say('report.outcomes_note', lang)}</p>"
        f"<figure>{bars(drawn, most=1, alt=alt)}</figure>"
        f"{_table(('outcome', 'tasks', 'share'), lines, lang)}</section>"
    )


def _table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]], lang: Language) -> str:
    """Return a table; cells are HTML, the last column numbers where they are."""
    numbers = head[-1] in ("students", "share")
    kinds = [' class="k"' if name in _NARROW else "" for name in head]
    kinds[-1] = ' class="n"' if numbers else ""
    top = "".join(
        f"<th{k}>{say(f'report.{h}', lang)}</th>" for h, k in zip(head, kinds, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{k}>{c}</td>" for c, k in zip(line, kinds, strict=True)) + "</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _link(student: str) -> str:
    target = quote(student, safe="", errors="replace")
    return f'<a href="feedback/{target}.html">{escape(student)}</a>'
