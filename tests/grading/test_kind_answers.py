"""Findings, figures, choices, texts, algebra and R: right, half right, wrong, hostile answers."""

import json
import shutil
import stat
import sys

import pandas as pd
import pytest

from labkit.errors import GradingError
from labkit.grading.kinds import KINDS, kind_of
from labkit.grading.kinds.r import take_r
from labkit.grading.kinds.words import shown_facts
from labkit.grading.plain import NotPlain, Plain, plain
from labkit.grading.rubric import is_written, rubric_of, text_of
from labkit.grading.task import Task
from labkit.grading.words import difference_text

FINDINGS, FIGURE, CHOICE, TEXT = map(kind_of, ("findings", "figure", "choice", "text"))
TRUTH = pd.DataFrame({"table": ["npr"] * 4 + ["lmr"] * 4, "row": [1, 2, 3, 4, 1, 2, 3, 4]})


def compared(kind, solution, answer, **asked):
    options = kind.split(asked)[1]
    reference = Plain.from_json(kind.take(solution, options).answer.to_json())
    made = kind.refer(reference, asked, salt="s", work=40)
    made = kind.read(json.loads(json.dumps(made.to_key())))
    return made.compare(Plain.from_json(kind.take(answer, options).answer.to_json()))


def test_findings_are_scored_by_precision_and_recall():
    assert compared(FINDINGS, TRUTH, TRUTH[::-1]).same
    assert compared(FINDINGS, TRUTH, pd.concat([TRUTH, TRUTH])).same
    half = compared(FINDINGS, TRUTH, TRUTH.head(4))
    assert (half.facts["precision"], half.facts["recall"]) == (100, 50)
    assert half.share == pytest.approx(2 / 3)
    false = compared(FINDINGS, TRUTH, pd.concat([TRUTH, TRUTH.assign(row=TRUTH.row + 100)]))
    assert (false.facts["precision"], false.facts["recall"]) == (50, 100)
    assert false.share == pytest.approx(2 / 3)
    wrong = compared(FINDINGS, TRUTH, TRUTH.assign(row=99))
    assert (wrong.rung, wrong.share) == ("findings", 0)
    assert compared(FINDINGS, TRUTH, TRUTH[["row"]]).rung == "columns"
    assert compared(FINDINGS, {101, 102, 103}, {101, 102}).share == pytest.approx(0.8)


def test_to_report_every_row_earns_little():
    everything = pd.DataFrame([(t, r) for t in ("npr", "lmr") for r in range(1000)])
    everything.columns = ["table", "row"]
    assert compared(FINDINGS, TRUTH, everything).share < 0.02


def test_good_enough_findings_earn_all():
    nearly = TRUTH.head(7)
    assert not compared(FINDINGS, TRUTH, nearly).same
    assert compared(FINDINGS, TRUTH, nearly, enough=0.9).same
    part = compared(FINDINGS, TRUTH, TRUTH.head(4), enough=0.9)
    assert part.share == pytest.approx((2 / 3) / 0.9)
    with pytest.raises(GradingError):
        FINDINGS.split({"enough": 0})


def test_findings_say_what_to_think_about_and_no_counts_leave_the_hidden_dataset():
    half = compared(FINDINGS, TRUTH, TRUTH.head(4))
    assert "50 % av feilene" in difference_text(half, "nb")
    assert set(shown_facts(half)) == {"precision", "recall"}


def drawn(draw, *, x="Year", y="HbA1c (mmol/mol)", title=""):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    draw(axes)
    axes.set(xlabel=x, ylabel=y, title=title)
    return axes


YEARS, MEANS = [2020, 2021, 2022], [52.5, 53.25, 51.0]


def line(axes):
    axes.plot(YEARS, MEANS)


def test_a_figure_is_its_points_and_its_labels():
    def styled(axes):
        axes.plot(YEARS[::-1], MEANS[::-1], "r--o", linewidth=3)

    assert compared(FIGURE, drawn(line), drawn(styled, title="Mine")).same
    assert compared(FIGURE, drawn(line), drawn(line).figure).same
    unlabelled = compared(FIGURE, drawn(line), drawn(line, y=" "))
    assert (unlabelled.rung, unlabelled.facts["label"]) == ("label", "ylabel")
    assert 0.7 <= unlabelled.share < 1
    asked = {"units": {"ylabel": ["mmol/mol", "%"]}}
    assert compared(FIGURE, drawn(line), drawn(line, y="HbA1c (MMOL/MOL)"), **asked).same
    assert compared(FIGURE, drawn(line), drawn(line, y="HbA1c"), **asked).rung == "unit"


def test_other_numbers_and_other_marks_are_seen():
    off = compared(FIGURE, drawn(line), drawn(lambda axes: axes.plot(YEARS, [52.5, 53.25, 50.0])))
    assert off.rung == "points"
    assert 0.5 < off.share < 0.8
    swapped = drawn(lambda axes: axes.scatter(YEARS, [53.25, 52.5, 51.0]))
    points = drawn(lambda axes: axes.scatter(YEARS, MEANS))
    assert compared(FIGURE, points, swapped).rung == "points"
    marks = compared(FIGURE, drawn(line), points)
    assert (marks.rung, marks.facts["came_marks"]) == ("marks", ["points"])
    assert compared(FIGURE, drawn(line), points, marks=False).same
    nothing = compared(FIGURE, drawn(line), drawn(lambda axes: axes.plot([1], [2])))
    assert nothing.share == 0


def test_bars_have_names_upright_and_lying_by_matplotlib_and_pandas():
    names, counts = ["Tolga", "Tynset"], [3, 7]
    upright = drawn(lambda axes: axes.bar(names, counts))
    assert compared(FIGURE, upright, drawn(lambda axes: axes.barh(names, counts))).same
    assert compared(FIGURE, upright, drawn(lambda axes: axes.bar(names[::-1], counts[::-1]))).same
    by_pandas = drawn(lambda axes: pd.Series(counts, names).plot.bar(ax=axes))
    assert compared(FIGURE, upright, by_pandas).same
    swapped = drawn(lambda axes: axes.bar(names, counts[::-1]))
    assert compared(FIGURE, upright, swapped).rung == "points"


def test_a_histogram_is_its_bars():
    ages = [1, 2, 2, 3, 8]
    solid = drawn(lambda axes: axes.hist(ages, bins=[0, 5, 10]))
    outlined = drawn(lambda axes: axes.stairs([4, 1], [0, 5, 10]))
    assert compared(FIGURE, solid, outlined).same
    assert compared(FIGURE, solid, drawn(lambda axes: axes.hist(ages, bins=2))).rung == "points"


@pytest.mark.parametrize("answer", [3, "ax", [1, 2], object()])
def test_what_is_no_figure_is_refused(answer):
    with pytest.raises(NotPlain):
        FIGURE.take(answer, {})


def test_an_empty_figure_is_refused_and_a_solution_must_meet_its_own_needs():
    with pytest.raises(NotPlain, match="empty_figure"):
        FIGURE.take(drawn(lambda axes: None), {})
    with pytest.raises(GradingError, match="ylabel"):
        compared(FIGURE, drawn(line, y=""), drawn(line))


ASKED = {"options": ["Anonym", "Pseudonym", "Identifiserende"]}


def test_a_choice_is_one_of_its_options():
    assert compared(CHOICE, "Pseudonym", " pseudonym ", **ASKED).same
    wrong = compared(CHOICE, "Pseudonym", "Anonym", **ASKED)
    assert (wrong.rung, wrong.share) == ("values", 0)
    with pytest.raises(NotPlain, match="no_option"):
        CHOICE.take("Kryptert", ASKED)
    many = compared(CHOICE, {"Anonym", "Pseudonym"}, ["Pseudonym", "anonym"], **ASKED)
    assert many.same
    half = compared(CHOICE, {"Anonym", "Pseudonym"}, {"Anonym", "Identifiserende"}, **ASKED)
    assert 0 < half.share < 0.7


def test_a_choice_with_a_reason_keeps_the_reason_for_a_person():
    asked = {**ASKED, "reason": True}
    because = "fordi nøkkelen fortsatt finnes et annet sted"
    taken = CHOICE.take(("Pseudonym", because), asked)
    assert (taken.answer.rows, taken.text) == ([("Pseudonym",)], because)
    as_dict = CHOICE.take({"choice": "Pseudonym", "reason": because}, asked)
    assert as_dict == taken
    for lacking in ("Pseudonym", ("Pseudonym", ""), ("Pseudonym", "fordi"), ("Pseudonym", 3)):
        with pytest.raises(NotPlain, match="no_reason"):
            CHOICE.take(lacking, asked)
    assert CHOICE.blank(None)
    assert CHOICE.blank((None, "fordi"))


@pytest.mark.parametrize("options", [None, [], ["bare én"], ["A", "a"], "AB"])
def test_a_choice_needs_options_that_differ(options):
    with pytest.raises(GradingError):
        CHOICE.split({"options": options})


def test_a_text_is_kept_and_gets_no_automatic_points():
    difference = compared(TEXT, "En modell til svar.", "Et helt annet svar.", words=[2, 10])
    assert (difference.rung, difference.share) == ("written", 0)
    assert "4 ord" in difference_text(difference, "nb")
    for text, reason in (("kort", "too_few"), ("ord " * 11, "too_many")):
        with pytest.raises(NotPlain, match=reason):
            TEXT.take(text, {"words": [2, 10]})
    with pytest.raises(NotPlain, match="not_text"):
        TEXT.take(3, {})
    assert all(TEXT.blank(nothing) for nothing in (None, ..., "", " \n", "…"))


def test_the_solutions_own_text_is_not_in_the_key():
    made = TEXT.refer(plain("Hemmelig fasit"), {}, salt="s")
    assert "Hemmelig" not in json.dumps(made.to_key())


def test_a_task_in_words_is_one_for_the_rubric():
    rubric = {"nb": ["nei", "ja"], "en": ["no", "yes"]}
    task = Task("1.7", "text", 3, ("K1",), {}, "", "", "answer", {"rubric": rubric})
    assert is_written(task)
    assert rubric_of(task).top == 1
    assert TEXT.split(task.settings)[1] == {"rubric": rubric}
    assert text_of.__doc__


MOVED = "π person_id (σ municipality = '3427' (residence))"


def test_algebra_is_worked_out_on_the_dataset_and_read_in_symbols_or_letters(in_class):
    algebra = kind_of("algebra")
    assert compared(algebra, MOVED, MOVED).same
    letters = "pi person_id (sigma municipality = '3427' (residence))"
    assert compared(algebra, MOVED, letters).same
    fewer = "π person_id (σ municipality = '3427' ∧ to_date IS NULL (residence))"
    assert compared(algebra, MOVED, fewer).rung in ("rows", "values")
    assert compared(algebra, MOVED, "π municipality (residence)").rung == "columns"
    assert "SELECT" in algebra.take(MOVED, {}).text


@pytest.mark.parametrize("text", ["π person_id (residence", "σ (residence)", "nowhere", "1 = 1"])
def test_algebra_that_cannot_be_read_is_told_where(in_class, text):
    with pytest.raises(NotPlain) as refused:
        kind_of("algebra").take(text, {})
    assert refused.value.reason == "kinds.algebra_error"
    assert refused.value.facts["message"]


def test_what_algebra_says_of_a_fault_is_about_the_expression(in_class):
    def said(text):
        with pytest.raises(NotPlain) as refused:
            kind_of("algebra").take(text, {})
        return refused.value.facts["message"]

    assert said("π person_id (residence").endswith("\n\nπ person_id (residence\n" + 22 * " " + "^")
    known = said("residenc")
    assert "'residence'" in known
    assert "phi_span" not in known  # the truth is not the class's to know
    mixed = said("σ municipality = 3.5 (residence) ∪ σ municipality < 'x' (residence)")
    assert "WHERE" not in mixed  # DuckDB's fault, without SQL that the student did not write


def test_every_kind_takes_no_answer_for_blank_and_refuses_a_setting_it_does_not_know():
    for kind in KINDS.values():
        assert kind.blank(None)
        assert kind.blank(...)
        with pytest.raises(GradingError):
            kind.split({"toleranse": 1})


STAND_IN = """#!{python}
import pathlib, sys
code = pathlib.Path("answer.R").read_text(encoding="utf-8")
if "stop(" in code:
    print("Error in eval(ei, envir) : no", file=sys.stderr)
    sys.exit(1)
if "link" in code:
    pathlib.Path("answer.csv").symlink_to("/etc/passwd")
    sys.exit(0)
shape, _, rows = code.strip().partition(chr(10))
pathlib.Path("shape.txt").write_text(shape)
pathlib.Path("answer.csv").write_text(rows)
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A program in the place of Rscript that writes what the code says: tests what we read."""
    program = tmp_path / "Rscript"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize(
    ("written", "kind", "rows"),
    [
        ("single\nvalue\n3", "number", [(3,)]),
        ('list\n"value"\n"a"\n"b"', "list", [("a",), ("b",)]),
        ("named\nkey,value\nTolga,2", "mapping", [("Tolga", 2)]),
        ("table\nn,day\n1,2024-01-31", "table", [(1, ("2024-01-31",))]),
        ("single\nvalue\nTRUE", "truth", [(True,)]),
    ],
)
def test_what_r_wrote_is_read_as_plain_data(stand_in, written, kind, rows):
    taken = take_r(written, {})
    assert (taken.answer.kind, taken.answer.rows) == (kind, rows)


@pytest.mark.parametrize(("code", "reason"), [("stop('no')", "r_error"), ("link", "r_nothing")])
def test_r_that_fails_or_cheats_is_refused(stand_in, code, reason):
    with pytest.raises(NotPlain, match=reason):
        take_r(code, {})


def test_without_r_a_student_is_told_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPlain, match="no_r"):
        take_r("answer <- 1", {})


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not on this machine")
def test_r_itself_hands_its_answer_over(in_class):
    code = "answer <- aggregate(person_id ~ municipality, residence, length)"
    answer = take_r(code, {"tables": ["residence"]}).answer
    assert answer.columns == ("municipality", "person_id")
    assert take_r("answer <- mean(c(1, 2))", {}).answer.rows == [(1.5,)]
    code = "answer <- sapply(npr, function(column) class(column)[1])"
    kinds = dict(take_r(code, {"tables": ["npr"]}).answer.rows)
    assert kinds["kommune"] == "character"  # 0432 keeps its nought
    assert kinds["omsorgsniva"] == "integer"
    code = "answer <- npr[nchar(npr$kommune) == 4, c('kommune', 'hoveddiagnose')][1:50, ]"
    answer = take_r(code, {"tables": ["npr"]}).answer
    assert answer.types == ("text", "text")
    assert all(len(kommune) == 4 for kommune, _ in answer.rows)
    assert take_r("answer <- c('0432', '3427')", {}).answer.rows == [("0432",), ("3427",)]
    assert take_r("answer <- as.Date('2024-01-31')", {}).answer.kind == "date"
    assert take_r("answer <- NA", {}).answer.kind == "none"
