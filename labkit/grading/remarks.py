"""What a mark says to the student and to the instructor, without a trace of the hidden dataset."""

import re

from labkit.grading.kinds.words import RUNGS, kind_text
from labkit.grading.marking import TaskMark
from labkit.grading.plain import NotPlain
from labkit.grading.reference import Difference
from labkit.grading.task import Task
from labkit.grading.words import difference_text, names_text, refusal_text
from labkit.grading.work import Mark
from labkit.messages import Language, language, say


def task_remark(mark: TaskMark, lang: Language) -> str:
    """Say what was seen in one task."""
    facts = mark.facts
    match mark.state:
        case "same":
            return say("grading.same_hidden", lang)
        case "refused":
            return refusal_text(NotPlain(mark.rung, **facts), lang)
        case "error":
            return say("grading.task_error", lang, error=_error(facts["error"], lang))
        case "stopped":
            return say(f"grading.stop_{facts['end']}", lang)
        case "differs":
            return _differs(mark, lang)
        case "written":
            return say("rubric.waits", lang)
        case "marked":
            level, top = facts["level"], facts["top"]
            return " ".join([say("rubric.given", lang, level=level, top=top), *facts["comments"]])
        case state:  # class_data, blank, not_reached
            return say(f"grading.task_{state}", lang)


def _error(text: str, lang: Language) -> str:
    """Leave out the name that Python gives a cell.

    Examples:
        >>> _error("SyntaxError: incomplete input (<ipython-input-1-25de>, line 1)", "en")
        'SyntaxError: incomplete input (line 1)'
    """
    return re.sub(
        r"<ipython-input[^>]*>, line (\d+)",
        lambda found: say("grading.error_line", lang, n=found[1]),
        text,
    )


def reason_remark(mark: TaskMark, task: Task, lang: Language) -> str:
    """Say how far the reason of a choice has been read; nothing of other tasks."""
    if task.kind != "choice" or not mark.facts.get("written"):
        return ""
    if "level" not in mark.facts:
        return say("rubric.reason_waits", lang)
    level, top = mark.facts["level"], mark.facts["top"]
    said = say("rubric.reason_given", lang, level=level, top=top)
    return " ".join([said, *mark.facts["comments"]])


def task_hint(mark: TaskMark, task: Task, lang: Language) -> str:
    """Return the hint of the known wrong answer that was given, or nothing."""
    if mark.hint is None:
        return ""
    wrong = task.wrong[mark.hint]
    return wrong.nb if lang == "nb" else wrong.en


def mark_reason(mark: Mark, lang: Language | None = None) -> str:
    """Say in one line why a submission has the status it has; nothing when all ran well."""
    lang = lang or language()
    if mark.reason:
        return say(f"grading.unread_{mark.reason}", lang, **mark.facts)
    if mark.status == "missing":
        return say("grading.missing", lang)
    parts = []
    for task, end in mark.stops.items():
        where = say("grading.task", lang, task=task) if task else say("grading.other_cell", lang)
        parts.append(f"{where}: {say(f'grading.stop_{end}', lang)}")
    for item in mark.tasks:
        if item.state == "error" and item.task not in mark.stops:
            where = say("grading.task", lang, task=item.task)
            parts.append(f"{where}: {_error(item.facts['error'], lang)}")
        if item.state == "class_data":
            where = say("grading.task", lang, task=item.task)
            parts.append(f"{where}: {say('grading.task_class_data', lang)}")
    return " ".join(" · ".join(parts).split())[:500]


def _differs(mark: TaskMark, lang: Language) -> str:
    facts, rung = mark.facts, mark.rung
    if rung in RUNGS:
        return kind_text(Difference(rung, facts), lang, hidden=True)
    table = facts.get("kind") == "table"
    words = {
        "good": say("grading.good_table" if table else "grading.good_list", lang),
        "rows": say("grading.rows" if table else "grading.items", lang),
    }
    if rung == "small":
        return say("grading.hidden_small", lang)
    if rung == "rows":
        return say(f"grading.hidden_{'more' if facts['more'] else 'fewer'}", lang, **words)
    if rung == "duplicates":
        return say("grading.hidden_duplicates", lang, **words)
    if rung == "values" and facts["kind"] in ("table", "mapping"):
        if facts["column"] is None:
            return say("grading.hidden_together", lang)
        return say("grading.hidden_column", lang, column=names_text([facts["column"]]))
    if rung == "values" and facts["kind"] in ("list", "set"):
        return say("grading.hidden_list", lang)
    return difference_text(Difference(rung, facts), lang)
