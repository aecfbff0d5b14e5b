"""Every kind of task from source to mark: its key, instant checks, and a hidden dataset."""

import json
from pathlib import Path

import pytest

from labkit import exercise as open_checks
from labkit.course.source import read_exercise
from labkit.grading.grade import grade
from labkit.grading.key import make_key
from labkit.grading.remarks import task_remark

SAMPLE = Path(__file__).parent / "sample" / "11_algorithms_tests.py"
NAME = SAMPLE.stem
NESTED = """def answer(stays):
    merged = []
    for start, end in stays:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged"""
HOSTILE = """class Equal:
    def __eq__(self, other): return True
    def __hash__(self): return 1
answer = lambda *given: Equal()"""
PATCH = """import labkit.grading.kinds as kinds
for kind in kinds.KINDS.values():
    object.__setattr__(kind, "take", lambda answer, options: None)
answer = None"""


@pytest.fixture(scope="module")
def source():
    return read_exercise(SAMPLE)


@pytest.fixture(scope="module")
def made_key(source, in_class):
    return make_key(source)


@pytest.fixture
def check(made_key, lay_key):
    lay_key(NAME, made_key)
    return open_checks(NAME, lang="nb")


@pytest.fixture(scope="module")
def marks(source, notebook, in_class, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed-in")
    truthful = "from labkit import connect\n"
    truthful += "rows = connect(truth=True).sql('SELECT row_key FROM truth.defect').df()\n"
    truthful += "answer = set(rows.row_key)"
    work = {
        "right": notebook(source, t3="answer = {'none'}"),
        "half": notebook(
            source,
            t1=NESTED,
            t2="def answer(readmitted):\n    assert readmitted(1, 20)",
            t3=truthful,
            t4="fig = __import__('matplotlib').figure.Figure()\nanswer = fig.subplots()\n"
            "m = con.sql('SELECT year, median(income_nok) n FROM income GROUP BY year').df()\n"
            "m = m.sort_values('year')\nanswer.plot(m.year, m.n)",
            t5="answer = ('Ja', 'fordi det ikke er noen navn igjen')",
            t6="answer = 'kort'",
            t7="answer = 'π person_id (residence'",
        ),
        "hostile": notebook(
            source, t1=HOSTILE, t2="def answer(f):\n    raise SystemExit", t3="answer = {1}",
            t4="answer = 3", t5="answer = 'Nei'", t6="answer = 7", t7="answer = 7",
        ),
        "patched": notebook(source, t1=PATCH),
        "untouched": notebook(source, solved=False),
    }  # fmt: skip
    for student, text in work.items():
        (folder / student).mkdir()
        (folder / student / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    out = tmp_path_factory.mktemp("graded")
    graded = grade(folder, out, load=lambda name: source, people=250, seed=987, workers=1)
    return {student: mark for student, _, mark in graded.marks}


def points(marks, student):
    return [task.points for task in marks[student].tasks]


def test_the_right_answers_earn_full_points_on_data_and_inputs_not_seen(marks):
    assert points(marks, "right") == [3, 2, 0, 2, 1, 0, 1]
    states = [task.state for task in marks["right"].tasks]
    assert states == ["same", "same", "differs", "same", "same", "written", "same"]
    kept = {task.task: task.facts.get("written") for task in marks["right"].tasks}
    assert kept["11.6"].startswith("Den feiler når")
    assert kept["11.5"].startswith("fordi nøkkelen")


def test_half_right_answers_earn_part_and_are_told_why(marks):
    earned = points(marks, "half")
    assert 0 < earned[0] < 2.1
    assert 0 < earned[1] < 2
    assert earned[2] == 0  # the truth is not there for a student's run
    assert 1 < earned[3] < 2
    assert earned[4:] == [0, 0, 0]
    tasks = marks["half"].tasks
    assert tasks[0].hint == 0
    assert "Den minste som ikke gjør det: `[(" in task_remark(tasks[0], "nb")
    assert "gave" not in tasks[0].facts  # the function's own words, on data nobody has seen
    assert "plantede feil" in task_remark(tasks[1], "nb")
    assert tasks[2].state == "error"
    assert "x-aksen mangler" in task_remark(tasks[3], "nb")
    assert tasks[4].hint == 0
    assert "minst 2" in task_remark(tasks[5], "nb")
    assert "lot seg ikke regne ut" in task_remark(tasks[6], "nb")


@pytest.mark.parametrize("student", ["hostile", "untouched"])
def test_hostile_and_missing_answers_earn_nothing(marks, student):
    assert points(marks, student) == [0] * 7


def test_a_patched_kind_earns_nothing_by_it(marks):
    assert sum(points(marks, "patched")) == 0


def test_instant_checks_meet_each_kind(check, made_key):
    names = {}
    solution = {task.id: task for task in read_exercise(SAMPLE).tasks}
    exec(solution["11.1"].solution, names)
    assert check.function("11.1", names["answer"]).passed
    exec(NESTED, names)
    nested = check.function("11.1", names["answer"])
    assert nested.hint == "Hva med opphold som ligger helt inni et annet?"
    assert "Den minste som ikke gjør det" in nested.text
    exec(solution["11.2"].solution, names)
    assert check.tests("11.2", names["answer"]).passed
    assert check.choice("11.5", ("nei", "fordi noen fortsatt har nøkkelen")).passed
    assert check.choice("11.5", ("ja", "fordi navnene er borte nå")).hint == "Hvem har nøkkelen?"
    written = check.text("11.6", "En test som feiler når den skal.")
    assert written.status == "written"
    assert "leses av et menneske" in repr(written)
    assert check.text("11.6", "").status == "unanswered"
    now = check.algebra(
        "11.7", "pi person_id (sigma municipality = '3427' and to_date is null (residence))"
    )
    assert now.hint.startswith("Er det de som bor der nå")


def test_a_key_holds_no_solution(made_key):
    text = json.dumps(made_key, ensure_ascii=False)
    assert "merged" not in text
    assert "nøkkelen fortsatt" not in text
    assert "feiler når funksjonen" not in text
    assert "truth.defect" not in text
