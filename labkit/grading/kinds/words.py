"""The sentences of the other kinds of tasks, for checks and, without hidden data, for marks."""

from typing import Any

from labkit.grading.reference import Difference
from labkit.messages import Language, say

RUNGS = (
    "written", "cases", "no_cases", "findings", "points", "marks", "label", "unit", "no_points",
    "bugs", "right_fails", "model", "model_part", "model_read", "model_unread", "schema_read",
)  # fmt: skip


def kind_text(difference: Difference, lang: Language, *, hidden: bool = False) -> str:
    """Say what was seen in an answer of one of these kinds.

    Args:
        difference: On one of `RUNGS`.
        lang: Language of the words.
        hidden: Whether the inputs and rows are those of a hidden dataset, and not to be shown.
    """
    facts = difference.facts
    match difference.rung:
        case "cases":
            return _cases(facts, lang, hidden)
        case "findings":
            said = say("kinds.findings", lang, **facts)
            more = "none_right" if not facts["recall"] else "false" if (
                facts["precision"] < facts["recall"]
            ) else "missed"  # fmt: skip
            return f"{said} {say(f'kinds.findings_{more}', lang)}"
        case "points":
            if hidden or "came" not in facts or facts["inner"] != "rows":
                return say("kinds.points", lang)
            return say("kinds.points_count", lang, came=facts["came"], asked=facts["asked"])
        case "model":
            said = say(f"kinds.{facts['what']}", lang, percent=facts["percent"])
            return f"{said}{facts['hints'][lang]}"
        case "model_part":
            return _model_part(facts, lang)
        case "schema_read":
            lines = [
                say(f"kinds.tried_{'in' if one['accepts'] else 'out'}", lang, text=one[lang])
                for one in facts["tried"]
            ]
            return "\n".join([say("kinds.schema_read", lang) + "\n", *lines])
        case "marks":
            came, asked = (_marks(facts[name], lang) for name in ("came_marks", "asked_marks"))
            return say("kinds.marks", lang, came=came, asked=asked)
        case "label" | "unit":
            name = say(f"kinds.{facts['label']}", lang)
            return say(f"kinds.{difference.rung}", lang, label=name)
        case rung:
            return say(f"kinds.{rung}", lang, **facts)


def shown_facts(difference: Difference) -> dict[str, Any]:
    """Return the facts of a difference that do not show the hidden dataset."""
    kept = (
        "passed",
        "cases",
        "input",
        "precision",
        "recall",
        "inner",
        "label",
        "came_marks",
        "asked_marks",
        "caught",
        "bugs",
        "before",
        "after",
        "words",
        "what",
        "percent",
        "hints",
        "message",
    )
    return {name: value for name, value in difference.facts.items() if name in kept}


def _cases(facts: dict[str, Any], lang: Language, hidden: bool) -> str:
    said = say("kinds.cases", lang, passed=facts["passed"], cases=facts["cases"])
    if hidden:  # what the function gave may tell of the dataset; its input is drawn
        return f"{said} {say('kinds.cases_hidden', lang, input=facts['input'])}"
    example = say("kinds.cases_example", lang, input=facts["input"], gave=facts["gave"])
    inner = facts["inner"]
    if inner in _INNER:
        why = say(f"kinds.{inner}", lang, **facts["inner_facts"])
    elif inner in ("type", "types", "nan", "infinite", "order"):
        from labkit.grading.words import difference_text

        why = difference_text(Difference(inner, facts["inner_facts"]), lang)
    else:
        why = say("kinds.cases_think", lang)
    return f"{said} {example} {why}"


def _model_part(facts: dict[str, Any], lang: Language) -> str:
    listed = [
        say(f"kinds.part_{sort}", lang, have=have, all=every)
        for sort, (have, every) in facts["counts"].items()
        if every
    ]
    said = [say("kinds.model_part", lang, listed="; ".join(listed))]
    if facts["extra"]:
        said.append(say("kinds.part_more", lang, n=facts["extra"]))
    text = " ".join([*said, say(f"kinds.part_{facts['first']}_think", lang)])
    odd = [say(f"kinds.odd_{one['kind']}", lang, **one) for one in facts["odd"]]
    return text + "".join([*(["\n"] if odd else []), *(f"\n- {line}" for line in odd)])


_INNER = ("should_raise", "has_raised", "has_refused", "should_be_none", "gave_nothing", "no_cases")


def _marks(names: list[str], lang: Language) -> str:
    return ", ".join(say(f"kinds.mark_{name}", lang) for name in names)
