"""The start page: the modules, progress by task, and the next step, as Markdown.

JupyterLab shows Markdown as a page whose links open lessons and exercises beside it, with nothing
to run and nothing to fetch; the file reads well in any other program too. It is written anew when
progress comes, so the student's own notes do not belong in it: were there any, they are moved to a
file of their own first.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from labkit.course.layout import (
    DICTIONARY,
    EXERCISES,
    HIDDEN,
    LESSONS,
    read_state,
    write_state,
    write_whole,
)
from labkit.course.outcomes import Module, load_course
from labkit.course.server import START_PAGE
from labkit.grading import progress
from labkit.grading.passing import Earned, automatic, enough, is_automatic, share
from labkit.grading.progress import Best
from labkit.messages import Language, numeral, say
from labkit.schema.dictionary import TITLES
from labkit.schema.layers import LAYERS

_TITLE_LENGTH = 80
_CHECK = re.compile(r"""^check(?:\.(\w+))?\(\s*["'](\d+\.\d+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Item:
    """One task as the start page shows it."""

    id: str
    kind: str
    title: str
    points: float
    link: str
    best: Best | None  # None before the first try

    @property
    def solved(self) -> bool:
        """Whether a try has been right, or the text is in its place."""
        return self.best is not None and self.best.status == "right"

    @property
    def earned(self) -> float:
        """Points so far."""
        return self.best.points if self.best else 0.0

    @property
    def state(self) -> str:
        """`solved`, `written` (a person will read it), `handed` (tried later), `begun` or `new`."""
        done = "written"
        if is_automatic(self.kind):
            done = "solved" if self.earned or not self.points else "handed"
        return done if self.solved else "begun" if self.best else "new"


@dataclass(frozen=True)
class Chapter:
    """One module as the start page shows it; links are None until its notebooks exist."""

    module: Module
    lesson: str | None
    exercise: str | None
    items: tuple[Item, ...]

    @property
    def automatic(self) -> Earned:
        """Automatic points so far, and in all."""
        return automatic(self._earned)

    @property
    def share(self) -> float:
        """Share of the automatic points, as the course's rule counts them."""
        return share(self._earned)

    @property
    def _earned(self) -> list[Earned]:
        return [Earned(item.kind, item.earned, item.points) for item in self.items]

    @property
    def solved(self) -> int:
        """Tasks solved."""
        return sum(item.solved for item in self.items)

    @property
    def begun(self) -> bool:
        """Whether any task has been tried."""
        return any(item.best for item in self.items)


def write_start(folder: Path) -> None:
    """Write the start page of a lab folder, in the folder's language.

    A start page that somebody has written in is kept under another name.

    Raises:
        OSError: If the folder cannot be written to.
    """
    state = read_state(folder)
    lang: Language = state["lang"]
    page = folder / START_PAGE
    text = render(read_chapters(folder, lang), lang, find_dictionary(folder, lang)).encode()
    before = page.read_bytes() if page.is_file() else None
    if before == text:
        return
    digest = sha256(text).hexdigest()
    if before is not None and sha256(before).hexdigest() not in state["start"]:
        page.rename(_free(folder, say("lab.start_kept", lang)))
    # Both the page that is there and the one to come are the kit's, wherever this is cut off.
    state["start"] = [*state["start"][-1:], digest]
    write_state(folder, state)
    write_whole(page, text)


def read_chapters(folder: Path, lang: Language) -> list[Chapter]:
    """Gather what the start page shows, in the order of the course."""
    best = progress.read(folder / HIDDEN)
    chapters = []
    for module in load_course().modules.values():
        lesson, exercise = (f"{there[lang]}/{module.name}.ipynb" for there in (LESSONS, EXERCISES))
        has_exercise = (folder / exercise).is_file()
        chapters.append(
            Chapter(
                module,
                lesson if (folder / lesson).is_file() else None,
                exercise if has_exercise else None,
                tuple(_items(folder, exercise, best)) if has_exercise else (),
            )
        )
    return chapters


def find_dictionary(folder: Path, lang: Language) -> dict[str, str]:
    """Find the data dictionary that was laid out: layer of the data -> link."""
    files = {layer: f"{DICTIONARY[lang]}/{layer}.md" for layer in LAYERS if layer != "truth"}
    return {layer: link for layer, link in files.items() if (folder / link).is_file()}


def render(chapters: list[Chapter], lang: Language, dictionary: dict[str, str]) -> str:
    """Write the start page as Markdown; `dictionary` as `find_dictionary` gives it."""
    out = [chapter for chapter in chapters if chapter.lesson or chapter.exercise]
    tasks = sum(len(chapter.items) for chapter in out)
    solved = sum(chapter.solved for chapter in out)
    lines = [f"# {say('lab.course', lang)}", "", f"{say('lab.welcome', lang)}", ""]
    lines += [f"> **{say('lab.next', lang)}** {_next_step(out, lang)}", ""]
    if tasks:
        lines += [say("lab.solved_in_all", lang, solved=solved, tasks=tasks), ""]
    lines += [
        f"## {say('lab.modules', lang)}",
        "",
        say("lab.table_head", lang),
        "|--:|:--|:--|:--|:--|",
    ]
    lines += [_row(chapter, lang) for chapter in chapters]
    for chapter in out:
        if chapter.items:
            lines += ["", *_task_list(chapter, lang, is_open=chapter is _current(out))]
    if dictionary:
        lines += ["", f"## {say('lab.data_title', lang)}", "", say("lab.data", lang), ""]
        lines += [
            f"- [{TITLES[layer][lang == 'en']}]({link})" for layer, link in dictionary.items()
        ]
    lines += ["", f"## {say('lab.how_title', lang)}", "", say("lab.how", lang).strip(), ""]
    return "\n".join(lines)


def _current(chapters: list[Chapter]) -> Chapter | None:
    """Choose the module to go on with: the first one begun and not finished, else the first new."""
    unfinished = [c for c in chapters if c.solved < len(c.items) or (not c.items and c.lesson)]
    with_tasks = [c for c in unfinished if c.items]
    begun = [c for c in with_tasks if c.begun]
    return next(iter(begun or with_tasks or unfinished), None)


def _next_step(chapters: list[Chapter], lang: Language) -> str:
    chapter = _current(chapters)
    if chapter is None:
        return say("lab.next_done", lang)
    title = f"{chapter.module.number} · {_name(chapter, lang)}"
    if chapter.lesson and not chapter.begun:
        lesson = f"[{title}]({chapter.lesson})"
        exercise = chapter.exercise
        key = "lab.next_lesson_tasks" if exercise else "lab.next_lesson"
        return say(key, lang, lesson=lesson, exercise=exercise)
    item = next(item for item in chapter.items if not item.solved)
    return say("lab.next_task", lang, task=f"[{item.id} {item.title}]({item.link})", module=title)


def _row(chapter: Chapter, lang: Language) -> str:
    name = _name(chapter, lang)
    if not (chapter.lesson or chapter.exercise):
        return f"| {chapter.module.number} | {name} | {say('lab.coming', lang)} | | |"
    lesson = f"[{say('lab.lesson', lang)}]({chapter.lesson})" if chapter.lesson else ""
    exercise = f"[{say('lab.exercise', lang)}]({chapter.exercise})" if chapter.exercise else ""
    return (
        f"| {chapter.module.number} | **{name}** | {lesson} | {exercise} "
        f"| {_progress(chapter, lang)} |"
    )


def _progress(chapter: Chapter, lang: Language) -> str:
    if not chapter.items:
        return ""
    text = say(
        "lab.chapter_progress",
        lang,
        solved=chapter.solved,
        tasks=len(chapter.items),
        earned=numeral(chapter.automatic.points, lang),
        points=numeral(chapter.automatic.most, lang),
    )
    reached = chapter.automatic.most and enough(chapter.share)
    marks = "".join(say(f"lab.{item.state}", lang)[0] for item in chapter.items)
    return f"{marks} {text}" + (f" · {say('lab.reached', lang)}" if reached else "")


def _task_list(chapter: Chapter, lang: Language, *, is_open: bool) -> list[str]:
    title = say("lab.tasks_of", lang, number=chapter.module.number, name=_name(chapter, lang))
    lines = [f"<details{' open' if is_open else ''}><summary>{title}</summary>", ""]
    lines += [say("lab.tasks_head", lang), "|:--|:--|--:|:--|"]
    for item in chapter.items:
        waits = item.state == "handed" or not is_automatic(item.kind)
        earned = "–" if waits else numeral(item.earned, lang)
        lines.append(
            f"| {item.id} | [{item.title}]({item.link}) "
            f"| {earned} / {numeral(item.points, lang)} | {say(f'lab.{item.state}', lang)} |"
        )
    return [*lines, "", "</details>"]


def _items(folder: Path, exercise: str, best: dict[str, Best]) -> list[Item]:
    """Read the tasks of an exercise from the student's own copy, which may hold anything."""
    try:
        cells = json.loads((folder / exercise).read_bytes())["cells"]
        return [item for item in _read_items(cells, exercise, best)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _read_items(cells: list[dict[str, Any]], exercise: str, best: dict[str, Best]) -> list[Item]:
    items: dict[str, Item] = {}
    statement = {"source": "", "id": ""}
    for cell in cells:
        source = "".join(cell["source"])
        graded = cell.get("metadata", {}).get("nbgrader", {})
        found = _CHECK.search(source) if cell["cell_type"] == "code" else None
        if found and graded.get("grade"):
            task, points = found[2], float(graded["points"])
            items.setdefault(
                task,
                Item(
                    task,
                    found[1] or "value",
                    _title("".join(statement["source"]), task),
                    points,
                    f"{exercise}#cell-id={statement['id']}" if statement["id"] else exercise,
                    best.get(task),
                ),
            )
        elif cell["cell_type"] == "markdown":
            statement = {"source": source, "id": cell.get("id", "")}
    return list(items.values())


def _title(statement: str, task: str) -> str:
    r"""Take a title from a statement: its first line or sentence, without id, points, Markdown.

    Examples:
        >>> _title("## 5.2 Stays and people (2 points)\n\nHow many ...", "5.2")
        'Stays and people'
        >>> _title("**5.3 (1 poeng).** Hvor mange `opphold` var det i 2023? Gi et tall.", "5.3")
        'Hvor mange opphold var det i 2023?'
    """
    line = next((line for line in statement.splitlines() if line.strip()), "")
    text = re.sub(r"\[(.*?)\]\(.*?\)|[*_`#>|\[\]]+", r"\1", line)
    text = re.sub(rf"^\s*{re.escape(task)}\W*", "", text)
    text = re.sub(r"\(?\d+(?:[.,]\d+)? (?:poeng|points?)\b[^)]*\)\W*", "", text, count=1)
    sentence = re.split(r"(?<=[.?:])\s", text.strip(), maxsplit=1)[0].strip(" .:")
    if len(sentence) > _TITLE_LENGTH:
        sentence = sentence[:_TITLE_LENGTH].rsplit(" ", 1)[0] + " …"
    return sentence or task


def _name(chapter: Chapter, lang: Language) -> str:
    return chapter.module.nb if lang == "nb" else chapter.module.en


def _free(folder: Path, name: str) -> Path:
    """Find a name that is not taken: `name`, then with -2, -3 and so on."""
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
        number += 1
    return path


def progress_stamp(folder: Path) -> tuple[int, int]:
    """Tell apart two states of a lab's progress by the size and time of its record."""
    try:
        status = (folder / HIDDEN / "progress.jsonl").stat()
    except OSError:
        return (0, 0)
    return (status.st_size, status.st_mtime_ns)
