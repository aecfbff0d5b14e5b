"""The class report counts right, says it in both languages, and takes no code from anybody."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from labkit.grading.marking import TaskMark
from labkit.grading.report import common_wrong, look_of, report_page, share_of, write_report
from labkit.grading.work import Mark, no_mark


def mark(exercise, points, states=("same", "same", "same"), **given):
    tasks = []
    for task, earned, state in zip(exercise.tasks, points, states, strict=True):
        facts = {"error": given.get("error", "x")} if state == "error" else {}
        hint = None if earned else given.get("hint")
        tasks.append(TaskMark(task.id, earned, task.points, state, facts=facts, hint=hint))
    status = "errors" if "error" in states else "ok"
    return Mark(status, "nb", tasks)


@pytest.fixture
def rows(exercise):
    name = exercise.name
    differs = ("same", "differs", "differs")
    return [
        ("anne", name, mark(exercise, (1, 2, 3))),
        ("bo", name, mark(exercise, (1, 0, 1.5), differs, hint=0)),
        ("cato", name, mark(exercise, (1, 0, 0), differs, hint=0)),
        ("dina", name, mark(exercise, (1, 2, 0), ("same", "same", "error"), error="NameError: y")),
        ("eli", name, no_mark(exercise, "missing")),
        ("finn", name, no_mark(exercise, "unreadable", reason="not_json")),
    ]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_counts_and_shares_are_those_of_the_marks(rows, exercise):
    text = report_page(rows, {exercise.name: exercise}, lang="en")
    assert "Handed in</dt><dd>4 / 6" in text
    assert "At least 70 % of the automatic points</dt><dd>1<" in text  # 6, 2.5, 1, 3 of 6
    assert f"{exercise.tasks[1].id}: full points 2, tried, not yet 2" in text
    assert f"{exercise.tasks[2].id}: full points 1, in part 1, tried, not yet 1, stopped 1" in text
    # outcomes: 5.3 gives (3 + 1.5 + 0 + 0) of 12 points
    assert [round(share_of(m, exercise), 2) for _, _, m in rows] == [1, 0.42, 0.17, 0.5, 0, 0]


def test_common_wrong_answers_come_by_number(rows, exercise):
    assert common_wrong(rows, exercise) == [("5.2", 0, 2), ("5.3", 0, 1)]
    text = report_page(rows, {exercise.name: exercise}, lang="nb")
    assert text.index("Bor alle fortsatt der?") < text.index("Er tre flere enn tre?")


def test_the_gravest_troubles_stand_first(rows, exercise):
    text = report_page(rows, {exercise.name: exercise}, lang="en")
    listed = re.findall(r'href="feedback/(\w+)\.html"', text)
    assert listed == ["eli", "finn", "dina"]
    assert "not handed in" in text
    assert "NameError: y" in text


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_page_fetches_and_runs_nothing_and_pictures_have_words(rows, exercise, lang):
    evil = "<script>alert(1)</script>"
    rows.append((f"x\"'{evil}", exercise.name, mark(exercise, (1, 2, 0), ("same", "same", "error"),
                                                     error=f'{evil}" onload="x')))  # fmt: skip
    text = report_page(rows, {exercise.name: exercise}, lang=lang)
    page = Page(text)
    assert f'<html lang="{lang}">' in text
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [value for name, value in page.attributes if name in ("href", "src")]
    assert links
    assert all(link.startswith("feedback/") for link in links)
    assert "http" not in text
    assert page.tags.count("svg") == 3
    assert text.count('role="img" aria-label="') == 3


def test_texts_that_wait_are_no_failures(exercise):
    waiting = TaskMark("5.1", 0.0, 1.0, "written", facts={"written": "A text"})
    assert look_of(waiting) == "waits"
    written = replace(exercise, tasks=(replace(exercise.tasks[0], kind="text"),))
    assert share_of(Mark("ok", "nb", [waiting]), written) == 1.0
    text = report_page([("anne", exercise.name, Mark("ok", "nb", [waiting]))],
                       {exercise.name: written}, lang="en")  # fmt: skip
    assert "waits for a teacher 1" in text


def test_a_class_that_handed_in_nothing_has_a_report(exercise, tmp_path):
    rows = [("anne", exercise.name, no_mark(exercise, "missing"))]
    path = write_report(rows, {exercise.name: exercise}, tmp_path / "report.html", lang="nb")
    text = path.read_text(encoding="utf-8")
    assert "0 / 1" in text
    assert "Ikke levert." in text
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
