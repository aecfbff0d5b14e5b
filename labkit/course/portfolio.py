"""The portfolio: a student's texts and chosen cells, from a lab folder to one page that prints.

Texts are the answers to the written tasks. A cell is chosen with the tag `portfolio` (code and
output) or `portfolio-output` (output alone). The page holds all that it shows.
"""

import ast
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from labkit.course.layout import HIDDEN, read_state, write_whole
from labkit.course.outcomes import load_course
from labkit.course.safe_html import markdown_html, output_html, readable
from labkit.errors import InputError
from labkit.grading.notebook import MAX_BYTES
from labkit.messages import Language, say

CODE, OUTPUT = "portfolio", "portfolio-output"  # tags
_TEXT_CHECK = re.compile(r"^\s*check\.text\(\s*[\"'](\d+\.\d+)[\"']\s*,\s*(\w+)", re.MULTILINE)
_STYLE = """
:root { color-scheme: light; }
body { font: 17px/1.6 Georgia, "Times New Roman", serif; color: #1d2529; background: #fff;
  max-width: 44rem; margin: 3rem auto; padding: 0 1.4rem; }
h1, h2, h3, h4, h5, h6, nav, .cover p, figcaption, .from, th { font-family: system-ui, "Segoe UI",
  Roboto, sans-serif; line-height: 1.25; }
h1 { font-size: 2.2rem; margin: 0 0 .6rem; } h2 { font-size: 1.55rem; margin: 0 0 .3rem; }
h3 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h4, h5, h6 { font-size: 1rem;
  margin: 1.2rem 0 .3rem; }
.cover { padding: 5rem 0 2rem; } .cover p { font-size: 1.15rem; } .soft, .from, figcaption {
  color: #56636b; font-size: .88rem; } section { margin-top: 4rem; }
nav ol { list-style: none; padding: 0; } nav li { margin: .25rem 0; }
nav ol ol { padding-left: 1.4rem; }
nav a { color: inherit; text-decoration: none; } nav a:hover { text-decoration: underline; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; }
pre { font: .82rem/1.45 ui-monospace, Consolas, monospace; background: #f3f5f6;
  padding: .7rem .9rem; border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.code { border-left: 4px solid #2f6f8f; }
.output { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; margin: .8rem 0; }
th, td { border-bottom: 1px solid #d9dfe2; padding: .25rem .7rem .25rem 0; text-align: left; }
thead th { border-bottom: 2px solid #56636b; } blockquote { border-left: 3px solid #d9dfe2;
  margin-left: 0; padding-left: 1rem; } p, li { overflow-wrap: anywhere; }
@page { size: A4; margin: 22mm 20mm; }
@media print {
  body { font-size: 11pt; margin: 0; padding: 0; max-width: none; }
  .cover { padding-top: 60mm; } nav, section { break-before: page; margin-top: 0; }
  h2, h3, h4, .from { break-after: avoid; } figure, tr, blockquote { break-inside: avoid; }
  figure img { max-height: 210mm; } thead { display: table-header-group; }
  .output { overflow: visible; } a { color: inherit; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


class Piece(NamedTuple):
    """One text or chosen cell.

    Attributes:
        module: Number of the module; 0 for notebooks of the student's own.
        heading: What stands over it; empty for a chosen cell.
        html: Safe to show.
        source: Name of the notebook.
    """

    module: int
    heading: str
    html: str
    source: str


def make_portfolio(
    folder: Path, out: Path | None = None, *, name: str = "", lang: Language | None = None
) -> Path:
    """Gather texts and chosen cells from a lab folder into one HTML file.

    Args:
        folder: The lab folder.
        out: The file, replaced in one step; `mappe.html` or `portfolio.html` in the folder if None.
        name: Of the student or the pair, for the first page.
        lang: Language of the page; the lab's own if None.

    Returns:
        The file.

    Raises:
        InputError: If it is no lab folder, or there is nothing to gather yet.
    """
    if not (folder / HIDDEN).is_dir():
        raise InputError(say("portfolio.no_lab", lang, folder=folder))
    lang = lang or read_state(folder)["lang"]
    pieces = [piece for path in _notebooks(folder) for piece in _pieces(path, lang)]
    if not pieces:
        raise InputError(say("portfolio.nothing", lang, folder=folder, code=CODE, output=OUTPUT))
    out = out or folder / say("portfolio.file", lang)
    write_whole(out, portfolio_page(pieces, name=name, lang=lang).encode("utf-8", "replace"))
    return out


def portfolio_page(pieces: list[Piece], *, name: str, lang: Language) -> str:
    """Put the pieces together, module by module, with a table of contents."""
    course = load_course()
    titles = {m.number: m.nb if lang == "nb" else m.en for m in course.modules.values()}
    contents, sections = [], []
    numbers = sorted({piece.module for piece in pieces}, key=lambda number: (number == 0, number))
    for number in numbers:
        title = say("portfolio.own", lang)
        about = ""
        if number in titles:
            title = f"{number} {titles[number]}"
            codes = course.module(str(number)).outcomes
            texts = (course.outcomes[code] for code in codes)
            listed = "; ".join(f"{o.code} {o.nb if lang == 'nb' else o.en}" for o in texts)
            about = f'<p class="soft">{escape(say("portfolio.outcomes", lang, listed=listed))}</p>'
        within, links, last = [], [], ""
        for place, piece in enumerate((p for p in pieces if p.module == number), 1):
            anchor = f"m{number}-{place}"
            if piece.heading:
                links.append(f'<li><a href="#{anchor}">{escape(piece.heading)}</a></li>')
                within.append(f'<h3 id="{anchor}">{escape(piece.heading)}</h3>{piece.html}')
            else:
                come = escape(say("portfolio.from", lang, source=piece.source))
                come = f'<p class="from">{come}</p>' if piece.source != last else ""
                within.append(f'<div id="{anchor}">{come}{piece.html}</div>')
            last = "" if piece.heading else piece.source
        below = f"<ol>{''.join(links)}</ol>" if links else ""
        contents.append(f'<li><a href="#m{number}">{escape(title)}</a>{below}</li>')
        body = f'<section id="m{number}"><h2>{escape(title)}</h2>{about}{"".join(within)}</section>'
        sections.append(body)
    title = say("portfolio.title", lang)
    who = f"<p>{escape(readable(name))}</p>" if name.strip() else ""
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f'<header class="cover"><h1>{title}</h1><p>{say("lab.course", lang)}</p>{who}</header>'
        f"<nav><h2>{say('portfolio.contents', lang)}</h2><ol>{''.join(contents)}</ol></nav>"
        f"{''.join(sections)}</body></html>\n"
    )


def _notebooks(folder: Path) -> list[Path]:
    """List the folder's notebooks, those of the modules in their order."""
    found = [
        path
        for path in folder.rglob("*.ipynb")
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(found, key=lambda path: (_module(path), path.parent.as_posix(), path.name))


def _pieces(path: Path, lang: Language) -> Iterator[Piece]:
    """Yield what a notebook gives, in its order. A file that is no notebook gives nothing."""
    try:
        raw = path.read_bytes()
        cells = json.loads(raw)["cells"] if len(raw) <= MAX_BYTES else []
        cells = [cell for cell in cells if isinstance(cell, dict)]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return
    heading, figures, number = "", 0, _module(path)
    before: list[str] = []  # code since the last prose
    for cell in cells:
        source, is_code = _source(cell), cell.get("cell_type") == "code"
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        tags = tags if isinstance(tags, list) else []
        found = _TEXT_CHECK.search(source) if is_code else None
        if found:
            title = heading if found[1] in heading else say("grading.task", lang, task=found[1])
            text = _literal(before, found[2])
            empty = f'<p class="soft">{say("portfolio.not_written", lang)}</p>'
            yield Piece(number, title, markdown_html(text) if text else empty, path.name)
        if CODE in tags or OUTPUT in tags:
            if not is_code:
                attachments = cell.get("attachments")
                attachments = attachments if isinstance(attachments, dict) else {}
                yield Piece(number, "", markdown_html(source, attachments), path.name)
            else:
                shown = [f'<pre class="code">{escape(readable(source))}</pre>'] * (CODE in tags)
                outputs = cell.get("outputs")
                for output in outputs if isinstance(outputs, list) else []:
                    alt = say("portfolio.figure", lang, number=figures + 1, source=path.name)
                    html = output_html(output, alt)
                    figures += "<figure>" in html
                    shown.append(html)
                yield Piece(number, "", "".join(shown), path.name)
        if not is_code:
            first = next((line for line in source.splitlines() if line.strip()), "")
            heading = readable(first.lstrip("#").strip().replace("*", ""))[:120]
            before = []
        else:
            before.append(source)


def _literal(cells: list[str], variable: str) -> str:
    """Return the text that cells give a variable last, without running them."""
    found = ""
    for code in cells:
        try:
            nodes = ast.parse(code).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # magics, or not Python: no plain text is written there
        for node in nodes:
            if (
                isinstance(node, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == variable for t in node.targets)
                and isinstance(node.value, ast.Constant)
            ):
                found = node.value.value if isinstance(node.value.value, str) else ""
    return found.strip() if found.strip(" \n\t.…") else ""


def _module(path: Path) -> int:
    numbers = {module.name: module.number for module in load_course().modules.values()}
    return next((n for name, n in numbers.items() if path.stem.startswith(name)), 0)


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
