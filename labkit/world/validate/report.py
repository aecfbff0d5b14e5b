"""The report of a validation: a page that needs nothing else, and the same figures as JSON."""

import json
from html import escape
from pathlib import Path
from typing import Any

from labkit.messages import Language, language, numeral, say
from labkit.world.manifest import write_text
from labkit.world.validate.invariant import Invariant
from labkit.world.validate.picture import COLOURS, forest, scatter, word
from labkit.world.validate.run import Report
from labkit.world.validate.verdict import WORDS, Verdict

FOLDER = "validation"
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%;font-size:13px;margin:1rem 0}
th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #ddd;vertical-align:top}
td.n{text-align:right;white-space:nowrap}
.v{font-weight:600}
svg{max-width:100%;height:auto}
.grid{overflow-x:auto}
"""


def write_report(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write `validation/report.html` and `validation/report.json` in a dataset's folder.

    Returns:
        The two paths.
    """
    where = folder / FOLDER
    where.mkdir(exist_ok=True)
    page, data = where / "report.html", where / "report.json"
    write_text(data, json.dumps(as_data(report), indent=1, ensure_ascii=False) + "\n")
    write_text(page, as_page(report, language()))
    return page, data


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    config = report.manifest.config
    return {
        "dataset": {**vars(config), "hash": report.manifest.hash, "kit": report.manifest.kit},
        "valid": report.is_valid,
        "counts": report.counts,
        "targets": [_target(verdict) for verdict in report.verdicts],
        "invariants": [_invariant(one) for one in report.invariants],
    }


def _invariant(one: Invariant) -> dict[str, Any]:
    told = {"name": one.name, "about": one.about("en")}
    return {**told, "rows": one.rows, "breaks": one.breaks, "holds": one.holds}


def _target(verdict: Verdict) -> dict[str, Any]:
    measured = verdict.measured
    numbers = {
        "measured": _number(measured.value),
        "low": _number(measured.low),
        "high": _number(measured.high),
        "n": _number(measured.n),
    }
    return {
        **vars(verdict.target),
        **numbers,
        "verdict": verdict.word,
        "why": verdict.target.reason("en"),
    }


def _number(value: float) -> float | None:
    """JSON has no infinity and no nan."""
    return float(f"{value:.6g}") if abs(value) < float("inf") else None


def summary(report: Report, lang: Language | None = None) -> str:
    """Say in a sentence or two how the targets came out."""
    counts = report.counts
    held = [v for v in report.verdicts if v.target.held_out]
    return say(
        "validate.summary",
        lang,
        targets=len(report.verdicts),
        metrics=len({v.target.metric for v in report.verdicts}),
        passed=counts["pass"],
        explained=counts["explained"],
        borderline=counts["borderline"],
        failed=counts["fail"],
        few=counts["too few"],
        held=len(held),
        held_passed=sum(v.word == "pass" for v in held),
    )


def dataset_line(report: Report, lang: Language | None = None) -> str:
    """Say what the dataset was made from."""
    config = report.manifest.config
    return say(
        "validate.dataset",
        lang,
        people=numeral(config.people, lang),
        region=config.region,
        seed=config.seed,
        defects=config.defects,
        hash=report.manifest.hash[:16],
    )


def rules_line(report: Report, lang: Language | None = None) -> str:
    """Say how many invariants hold."""
    holding = len(report.invariants) - len(report.broken)
    return say("validate.invariants", lang, holds=holding, all=len(report.invariants))


def as_page(report: Report, lang: Language) -> str:
    """Return the report as one HTML page with its pictures inside."""

    def text(name: str) -> str:
        return escape(say(f"validate.{name}", lang))

    end = text("valid") if report.is_valid else text("not_valid")
    by_word = {word: [v for v in report.verdicts if v.word == word] for word in WORDS}
    parts = [
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">',
        f"<title>{text('title')}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{text('title')}</h1><p>{escape(dataset_line(report, lang))}</p>",
        f"<p><strong>{end}</strong> {escape(summary(report, lang))} "
        f"{escape(rules_line(report, lang))}</p><p>{text('how')}</p>",
    ]
    if by_word["fail"]:
        parts += [f"<h2>{text('failed')}</h2>", _table(by_word["fail"], lang)]
    if by_word["borderline"]:
        parts += [f"<h2>{text('borderline').capitalize()}</h2>", f"<p>{text('chance')}</p>"]
        parts += [_table(by_word["borderline"], lang)]
    if by_word["explained"]:
        parts += [f"<h2>{text('why')}</h2>", _table(by_word["explained"], lang, why=True)]
    parts += [
        _figure(scatter(report.verdicts, lang), say("validate.scatter_alt", lang)),
        _figure(forest(report.verdicts, lang), say("validate.picture_alt", lang)),
        f"<h2>{text('all_targets')}</h2>",
        _table(report.verdicts, lang),
        f"<h2>{text('rules')}</h2>{_rules(report, lang)}</body></html>\n",
    ]
    return "\n".join(parts)


def _figure(svg: str, about: str) -> str:
    labelled = svg.replace("<svg", f'<svg role="img" aria-label="{escape(about)}"', 1)
    return f"<figure>{labelled}</figure>"


def wanted(verdict: Verdict, lang: Language) -> str:
    """Write a published figure with its tolerance, in the figure's unit."""
    target = verdict.target
    return f"{_rounded(target.value, 4, lang)} ± {_rounded(target.tolerance, 3, lang)}"


def interval(verdict: Verdict, lang: Language) -> str:
    """Write a measured figure with its interval."""
    one = verdict.measured
    if _number(one.value) is None:
        return "–"
    value, low, high = (_rounded(number, 4, lang) for number in (one.value, one.low, one.high))
    return f"{value} ({low} – {high})"


def _rounded(number: float, digits: int, lang: Language) -> str:
    return numeral(float(f"{number:.{digits}g}"), lang, decimals=8)


def _table(
    verdicts: "list[Verdict] | tuple[Verdict, ...]", lang: Language, why: bool = False
) -> str:
    names = ["metric", "years", "wanted", "measured", "verdict", "why" if why else "source"]
    head = "".join(f"<th>{escape(say(f'validate.{name}', lang))}</th>" for name in names)
    rows = [_row(one, lang, why) for one in verdicts]
    return f'<div class="grid"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _row(one: Verdict, lang: Language, why: bool) -> str:
    target = one.target
    first, last = target.years
    years = str(first) if first == last else f"{first}–{last}"
    held = f" <em>({escape(say('validate.held_out', lang))})</em>" if target.held_out else ""
    source = escape(f"{target.shown_source(lang)} ({target.year})")
    if target.address:
        source = f'<a href="{escape(target.address)}">{source}</a>'
    note = f"<br>{escape(target.note)}" if target.note else ""
    last_cell = escape(target.reason(lang)) if why else source + note
    return (
        f"<tr><td>{escape(target.name)}{held}</td><td>{years}</td>"
        f'<td class="n">{wanted(one, lang)} {escape(target.shown_unit(lang))}</td>'
        f'<td class="n">{interval(one, lang)}</td>'
        f'<td class="v" style="color:{COLOURS[one.word]}">{escape(word(one.word, lang))}</td>'
        f"<td>{last_cell}</td></tr>"
    )


def _rules(report: Report, lang: Language) -> str:
    head = "".join(
        f"<th>{escape(say(f'validate.{name}', lang))}</th>" for name in ("rule", "rows", "breaks")
    )
    rows = "".join(
        f"<tr><td>{escape(one.name)}: {escape(one.about(lang))}</td>"
        f'<td class="n">{numeral(one.rows, lang)}</td>'
        f'<td class="n">{numeral(one.breaks, lang)}</td></tr>'
        for one in sorted(report.invariants, key=lambda one: one.holds)
    )
    return f'<div class="grid"><table><tr>{head}</tr>{rows}</table></div>'
