"""The sentences that tell a student what was seen: what is right, what is not, a question."""

from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds.words import RUNGS, kind_text
from labkit.grading.plain import SCALARS, NotPlain
from labkit.grading.reference import Difference
from labkit.messages import Language, say


def difference_text(difference: Difference, lang: Language) -> str:
    """Say what a comparison found, without telling the answer."""
    facts = difference.facts
    match difference.rung:
        case "same":
            return say("grading.same", lang)
        case "type":
            key = "grading.type_single" if facts["single"] else "grading.type"
            came, asked = (_kind(facts[name], lang) for name in ("came", "asked"))
            return say(key, lang, came=came, asked=asked)
        case "columns":
            return _columns(facts, lang)
        case "types":
            form = "column" if facts["kind"] == "table" else "value"
            if (facts["kind"], facts["column"]) == ("mapping", "key"):
                form = "key"
            return say(
                f"grading.types_{form}",
                lang,
                column=facts["column"],
                came=say(f"grading.type_{facts['came']}", lang),
                asked=say(f"grading.type_{facts['asked']}", lang),
            )
        case "rows" | "duplicates":
            return _rows(difference.rung, facts, lang)
        case "values":
            return _values(facts, lang)
        case "order":
            if facts["by"]:
                return say("grading.order_by", lang, by=names_text(facts["by"]))
            return say("grading.order", lang)
        case rung if rung in RUNGS:
            return kind_text(difference, lang)
        case rung:  # nan, infinite, empty, column_count: their facts are their fields
            return say(f"grading.{rung}", lang, **facts)


def _kind(kind: str, lang: Language) -> str:
    return say(f"grading.kind_{kind}", lang)


def names_text(names: list[str]) -> str:
    """Set names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def _columns(facts: dict[str, Any], lang: Language) -> str:
    lacking, extra = facts["lacking"], facts["extra"]
    form = "renamed" if lacking and extra else "lacking" if lacking else "extra"
    return say(
        f"grading.columns_{form}", lang, lacking=names_text(lacking), extra=names_text(extra)
    )


def _rows(rung: str, facts: dict[str, Any], lang: Language) -> str:
    table = facts["kind"] == "table"
    words = {
        "good": say("grading.good_table" if table else "grading.good_list", lang),
        "rows": say("grading.rows" if table else "grading.items", lang),
    }
    if rung == "duplicates":
        return say("grading.duplicates", lang, doubled=facts["doubled"], **words)
    came, asked = facts["came"], facts["asked"]
    key = "grading.rows_fewer" if came < asked else "grading.rows_more"
    counts = {"came": came, "asked": asked, "missing": asked - came, "extra": came - asked}
    text = say(key, lang, **counts, **words)
    if facts.get("matched"):
        text += " " + say("grading.rows_matched", lang, matched=facts["matched"])
    return text


def _values(facts: dict[str, Any], lang: Language) -> str:
    kind = facts["kind"]
    if kind == "text":
        return say("grading.value_text", lang)
    if kind in SCALARS:
        return say("grading.value_scalar", lang, asked=_kind(kind, lang))
    row = facts["row"]
    cells = list(row["cells"].items())
    if kind in ("list", "set"):
        first = _cell(cells[0][1], lang)
        return say("grading.value_list", lang, off=facts["off"], asked=facts["asked"], row=first)
    if kind == "mapping":
        return _mapping(facts, cells, lang)
    shown = ", ".join(f"{name} = {_cell(value, lang)}" for name, value in cells[:6])
    if facts["column"] is None:
        return say("grading.value_together", lang, number=row["number"], row=shown)
    right = ""
    if facts["columns_right"]:
        right = say("grading.value_right", lang, columns=names_text(facts["columns_right"]))
    fields = {"column": facts["column"], "number": row["number"], "row": shown, "right": right}
    return say("grading.value_column", lang, **fields)


def _mapping(facts: dict[str, Any], cells: list[tuple[str, Any]], lang: Language) -> str:
    right = facts["asked"] - facts["off"]
    text = say("kinds.mapping_right", lang, right=right, asked=facts["asked"])
    (_, name), (_, value) = cells
    if isinstance(value, bool):  # to point at one of two would be to answer
        return text
    return f"{text} {say('kinds.mapping_first', lang, name=_cell(name, lang))}"


def _cell(value: Any, lang: Language) -> str:
    if value is None:
        return say("grading.missing_value", lang)
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def refusal_text(refusal: NotPlain, lang: Language) -> str:
    """Say why an answer could not be taken."""
    facts = dict(refusal.facts)
    if refusal.reason.endswith(("not_sql", "not_algebra")):
        facts["came"] = _kind(facts["came"], lang)
    try:
        key = refusal.reason if "." in refusal.reason else f"grading.{refusal.reason}"
        return say(key, lang, **facts)
    except KeyError:
        raise GradingError(f"no words for an answer that is {refusal.reason}") from None
