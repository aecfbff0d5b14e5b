"""The reason of a choice: read by a person, beside points that stay automatic."""

import csv
from dataclasses import replace

import pytest

from labkit.course.status import standings
from labkit.errors import BuildError
from labkit.grading.feedback import write_feedback
from labkit.grading.key import Outcome, make_key
from labkit.grading.kinds import kind_of
from labkit.grading.ledger import Ledger
from labkit.grading.marking import Markers, TaskMark
from labkit.grading.report import share_of
from labkit.grading.results import read_results, write_results
from labkit.grading.rubric import is_read, is_written, reading
from labkit.grading.rubric.desk import Desk, model_answer
from labkit.grading.rubric.page import text_page
from labkit.grading.task import Exercise, Task
from labkit.grading.work import Mark

OPTIONS = ["Anonyme", "Pseudonyme"]
REASON = "fordi nøkkelen fortsatt finnes hos registeret"
SOLUTION = f"answer = ('Pseudonyme', '{REASON}')"


def task(number, **settings):
    settings = {"options": OPTIONS, "reason": True, **settings}
    statement = {"nb": f"## 5.{number} Hva er de?", "en": f"## 5.{number} What are they?"}
    return Task(f"5.{number}", "choice", 2, ("K5",), statement, SOLUTION, "", "answer", settings)


@pytest.fixture
def chosen(tmp_path):
    return Exercise("05_algebra_sql", 5, tmp_path, (), (task(1), task(2, reason=False)))


def outcome(task, answer):
    taken = kind_of("choice").take(answer, task.settings)
    return Outcome("answer", taken.answer, taken.text)


@pytest.fixture
def out(tmp_path, chosen):
    """A grading of three choices: right, wrong, and right with a worse reason."""
    first, second = chosen.tasks
    right = {
        first.id: outcome(first, ("pseudonyme", REASON)),
        second.id: outcome(second, "Anonyme"),
    }
    markers = Markers(chosen, right, right)
    rows = []
    for student, answer in {
        "anne": ("Pseudonyme", "fordi noen fortsatt har nøkkelen til dem"),
        "bo": ("Anonyme", "fordi alle navnene er tatt bort nå"),
        "cato": ("Pseudonyme", "fordi det står slik i boka"),
    }.items():
        came = {first.id: outcome(first, answer), second.id: right[second.id]}
        rows.append((student, chosen.name, Mark("ok", "nb", markers.mark(came, set()))))
    (tmp_path / "work").mkdir()
    ledger = Ledger(tmp_path / "work" / "grading.sqlite")
    ledger.settle((student, name, mark.to_json()) for student, name, mark in rows)
    ledger.close()
    return tmp_path


def missing(out, chosen):
    rows, _ = read_results(out, lambda name: chosen)
    there = dict.fromkeys(("anne", "bo", "cato"), (True, True))
    return {s.student: s.missing("nb") for s in standings(rows, [chosen], there)}


def test_a_reason_is_read_and_earns_no_points(out, chosen):
    desk = Desk(out, lambda name: chosen, marker="AB")
    assert sorted(text.student for text in desk.texts) == ["anne", "bo", "cato"]  # of 5.1 alone
    by = {text.student: text for text in desk.texts}
    page = text_page(desk, by["bo"], token="t", nonce="n")
    assert "valgt: Anonyme" in page
    assert "fordi alle navnene er tatt bort nå" in page
    assert REASON in page  # the author's own
    assert missing(out, chosen)["anne"] == ["Tekst 5.1: venter på lærer."]
    assert "Tekster som venter på lærer</dt><dd>3<" in report(out, chosen)
    desk.give(by["anne"], 3, "Godt begrunnet.")
    desk.give(by["cato"], 0, "Hvilken bok? Se på nøkkelen.")
    with open(out / "gradebook.csv", newline="", encoding="utf-8") as file:
        book = {row["student"]: row for row in csv.DictReader(file)}
    assert [book[s]["5.1"] for s in ("anne", "bo", "cato")] == ["2", "0", "2"]
    assert [book[s]["5.1 level"] for s in ("anne", "bo", "cato")] == ["3", "", "0"]
    rows, _ = read_results(out, lambda name: chosen)
    assert [share_of(mark, chosen) for _, _, mark in rows] == [1.0, 0.5, 1.0]
    assert missing(out, chosen) == {
        "anne": [],
        "bo": ["Modul 5: 50 % av de automatiske poengene, 70 % kreves.",
               "Tekst 5.1: venter på lærer."],
        "cato": ["Tekst 5.1: må leveres på nytt (nivå 0)."],
    }  # fmt: skip
    assert "Tekster som venter på lærer</dt><dd>1<" in report(out, chosen)


def report(out, chosen):
    write_results(out, *read_results(out, lambda name: chosen))
    return (out / "report.html").read_text(encoding="utf-8")


def test_the_student_sees_points_for_the_choice_and_the_level_of_the_reason(out, chosen):
    desk = Desk(out, lambda name: chosen, marker="AB")
    anne = next(text for text in desk.texts if text.student == "anne")
    desk.give(anne, 2, "<i>Hvem</i> har den?")
    write_feedback(*read_results(out, lambda name: chosen), out / "feedback")
    page = (out / "feedback" / "anne.html").read_text(encoding="utf-8")
    assert "Riktig · 2 / 2" in page
    assert "Begrunnelsen: nivå 2 av 3. &lt;i&gt;Hvem&lt;/i&gt; har den?" in page
    assert "Begrunnelsen er mottatt" in (out / "feedback" / "bo.html").read_text(encoding="utf-8")


def test_only_what_asks_for_words_is_read():
    assert is_read(task(1))
    assert not is_written(task(1))
    assert not is_read(task(1, reason=False))
    assert reading(TaskMark("5.1", 2, 2, "same"), task(1, reason=False)) == ""
    assert reading(TaskMark("5.1", 0, 2, "refused"), task(1)) == "blank"
    assert model_answer(task(1)) == f"Pseudonyme\n{REASON}"


@pytest.mark.usefixtures("english")
def test_a_rubric_that_cannot_be_used_stops_the_build(chosen):
    bad = replace(chosen, tasks=(task(1, rubric={"nb": ["x"], "en": ["y"]}),))
    with pytest.raises(BuildError, match="rubric is"):
        make_key(bad)
