# ruff: noqa: E501  (lines of the sample as they stand)
import re
from collections.abc import Callable
from pathlib import Path

import jupytext
import pytest

from labkit import messages
from labkit.course.source import read_exercise, read_lesson
from labkit.errors import BuildError

pytestmark = pytest.mark.usefixtures("english")

Saying = Callable[..., str]


def test_cells_are_those_that_jupytext_reads(lesson_source: Path, exercise_source: Path) -> None:
    for read, path in ((read_lesson, lesson_source), (read_exercise, exercise_source)):
        ours = [(cell.kind, cell.source) for cell in read(path).cells]
        assert ours == [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]


def test_a_cell_knows_its_line_language_and_part(exercise_source: Path) -> None:
    lines = exercise_source.read_text(encoding="utf-8").splitlines()
    cells = read_exercise(exercise_source).cells
    for cell in cells:
        assert lines[cell.line - 1].startswith("# %%")
        assert lines[cell.line].removeprefix("# ") == cell.source.splitlines()[0]
    assert [cell.lang for cell in cells[:3]] == ["nb", "en", None]
    roles = [cell.role for cell in cells if cell.task == "5.2"]
    assert roles == ["task", "task", "task", "check", "wrong", "wrong"]


def test_an_sql_cell_is_read_as_a_magic_with_its_line(lesson_source: Path) -> None:
    source = lesson_source.read_text(encoding="utf-8")
    head = "# ---\n# jupyter:\n#   kernelspec:\n#     name: python3\n# ---\n\n"
    sql = '\n# %% language="sql"\n# SELECT 1\n# -- that is all\n'
    lesson_source.write_text(head + source + sql, encoding="utf-8")
    cell = read_lesson(lesson_source).cells[-1]
    assert cell.source == "%%sql\nSELECT 1\n-- that is all"
    text = lesson_source.read_text(encoding="utf-8").splitlines()
    assert text[cell.line - 1] == '# %% language="sql"'


def test_a_task_holds_what_its_cells_say(exercise_source: Path) -> None:
    one, two = read_exercise(exercise_source).tasks
    assert (one.id, one.kind, one.answer, one.points, one.settings) == (
        "5.1",
        "value",
        "days",
        1,
        {},
    )
    assert one.solution == "days = 7"
    assert two.settings == {"tolerance": 0.01}
    assert two.outcomes == ("F3", "K6")
    assert two.solution.splitlines()[0] == "first, last = [1, 4, 9], [3, 8, 9]"
    assert [wrong.en for wrong in two.wrong] == ["When are you home again?", "What comes first?"]
    assert two.statement["en"].startswith("**5.2 (2 points).**")


def test_the_method_of_check_is_the_kind(exercise_source: Path) -> None:
    source = exercise_source.read_text(encoding="utf-8")
    source = source.replace('check("5.2", answer, tolerance=0.01)', 'check.sql("5.2", answer)')
    exercise_source.write_text(source, encoding="utf-8")
    assert read_exercise(exercise_source).tasks[1].kind == "sql"


HEAD_51 = '# %% task="5.1" points=1 outcomes=["F3"]'
WRONG_51 = '# %% wrong="5.1" nb="Teller du helga?" en="Do you count the weekend?"\ndays = 5'
PROSE_EN = '# %% [markdown] lang="en"\n# # Tasks\n'
STATEMENT_NB = (
    '# %% [markdown] lang="nb" task="5.1"\n# **5.1 (1 poeng).** Hvor mange dager er det i ei uke?\n'
)
STATEMENT_EN = '# %% [markdown] lang="en" task="5.1"\n# **5.1 (1 point).** How many days are there in a week?\n'
SOLUTION_51 = "### BEGIN SOLUTION\ndays = 7\n### END SOLUTION"
CHECK_51 = '# %% check="5.1"\ncheck("5.1", days)\n'

FAULTS = [
    # prose
    (PROSE_EN, "", "no_twin", "# %% [markdown] lang"),
    ('# %% [markdown] lang="nb"\n# # Oppgaver\n', "", "no_twin", "# %% [markdown] lang"),
    ('lang="en"\n# # Tasks', 'lang="no"\n# # Tasks', "no_lang", '# %% [markdown] lang="no"'),
    ('[markdown] lang="en"\n# # Tasks', "[markdown]\n# # Tasks", "no_lang", "# %% [markdown]\n"),
    ("# # Tasks", "# Tasks", "twin_shape", '# %% [markdown] lang="en"'),
    ("# # Tasks", "# # Tasks\n# ![](a.png)", "no_alt", '# %% [markdown] lang="en"'),
    (STATEMENT_EN, STATEMENT_EN.replace("5.1", "5.2"), "twin_task", '# %% [markdown] lang="en" task="5.2"'),
    # heads of cells
    (HEAD_51, HEAD_51.replace('["F3"]', "[F3]"), "unreadable_options", "# %% task"),
    (HEAD_51, HEAD_51.replace("# %%", "# %% The task"), "unreadable_options", "# %% The task"),
    (HEAD_51, HEAD_51 + ' colour="red"', "unknown_option", "# %% task"),
    (SOLUTION_51, SOLUTION_51 + "\n\n# %%\n# %%sql\n# SELECT 1", "misread_magic", "# %%\n# %%sql"),
    ("lang=LANG", 'lang="nb"', "no_language", "# %%\nfrom labkit"),
    # markers
    (SOLUTION_51, "days = 7", "no_markers", HEAD_51),
    ("### END SOLUTION\n\n" + CHECK_51, CHECK_51, "marker_unmatched", "### BEGIN"),
    ("### BEGIN SOLUTION\ndays", "days", "marker_unmatched", "### END"),
    (SOLUTION_51, "### BEGIN SOLUTION\n" + SOLUTION_51, "marker_unmatched", "### BEGIN SOLUTION\ndays"),
    (SOLUTION_51, SOLUTION_51 + "\n" + SOLUTION_51, "two_markers", HEAD_51),
    ("### BEGIN SOLUTION\ndays", "    ### BEGIN SOLUTION\ndays", "marker_spelling", "    ### BEGIN"),
    ("### BEGIN SOLUTION\ndays", "# BEGIN SOLUTION\ndays", "marker_spelling", "# BEGIN"),
    ("### BEGIN SOLUTION\ndays", "### begin solution\ndays", "marker_spelling", "### begin"),
    (WRONG_51, WRONG_51 + "\n" + SOLUTION_51, "marker_outside", SOLUTION_51 + "\n\n# %% [mark"),
    # tasks
    ('"5.1"', '"4.1"', "bad_id", '# %% task="4.1"'),
    ('"5.1"', '"5.01"', "bad_id", '# %% task="5.01"'),
    ('"5.2"', '"5.1"', "twice", '# %% [markdown] lang="nb" task="5.1"\n# **5.2'),
    (CHECK_51, CHECK_51 + CHECK_51, "twice", CHECK_51 + "\n# %% wrong"),
    (STATEMENT_NB + "\n" + STATEMENT_EN, "", "missing", HEAD_51),
    (CHECK_51, "", "missing", HEAD_51),
    (HEAD_51 + "\n" + SOLUTION_51 + "\n", "", "unknown_task", STATEMENT_NB),
    (" points=1", "", "bad_points", "# %% task"),
    ("points=1", "points=0", "bad_points", "# %% task"),
    ("points=1", "points=true", "bad_points", "# %% task"),
    ("points=1", "points=NaN", "bad_points", "# %% task"),
    (' outcomes=["F3"]', "", "bad_outcomes", "# %% task"),
    ('outcomes=["F3"]', "outcomes=[]", "bad_outcomes", "# %% task"),
    ('outcomes=["F3"]', 'outcomes=["F9"]', "bad_outcomes", "# %% task"),
    ('outcomes=["F3"]', 'outcomes="F3"', "bad_outcomes", "# %% task"),
    ('check("5.1", days)', 'check("5.2", days)', "bad_check", "# %% check"),
    ('check("5.1", days)', 'check("5.1", 7)', "bad_check", "# %% check"),
    ('check("5.1", days)', 'check("5.1")', "bad_check", "# %% check"),
    ('check("5.1", days)', 'check("5.1", days, tolerance=days)', "bad_check", "# %% check"),
    ('check("5.1", days)', 'check("5.1", days)\nprint(1)', "bad_check", "# %% check"),
    ('check("5.1", days)', 'check.sql.table("5.1", days)', "bad_check", "# %% check"),
    ('check("5.1", days)', "check(", "bad_check", "# %% check"),
    (' en="Do you count the weekend?"', "", "no_hint", "# %% wrong"),
    ('nb="Teller du helga?"', 'nb=" "', "no_hint", "# %% wrong"),
    ("\ndays = 5", "\nweek = 5", "no_answer", "# %% wrong"),
    ("\ndays = 7", "\nweek = 7", "no_answer", HEAD_51),
    ("\ndays = 5", "\ndays = (5", "syntax", "days = (5"),
    (WRONG_51, WRONG_51.replace("5.1", "5.9"), "unknown_task", '# %% wrong="5.9"'),
    (CHECK_51 + "\n" + WRONG_51, WRONG_51 + "\n\n" + CHECK_51, "order", "# %% wrong"),
    ("from labkit import exercise", "from labkit import exercise, synth", "too_early", "from labkit"),
    ("from labkit import exercise", "import lifelines", "too_early", "import lifelines"),
]  # fmt: skip
IDS = [f"{key}-{place}" for place, (_, _, key, _) in enumerate(FAULTS)]


@pytest.mark.parametrize(("old", "new", "key", "at"), FAULTS, ids=IDS)
def test_a_fault_is_told_with_file_and_line(
    exercise_source: Path, saying: Saying, old: str, new: str, key: str, at: str
) -> None:
    text = exercise_source.read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new)
    exercise_source.write_text(text, encoding="utf-8")
    line = text[: text.index(at)].count("\n") + 1
    with pytest.raises(BuildError) as caught:
        read_exercise(exercise_source)
    expected = rf"^{re.escape(str(exercise_source))}:{line}: {saying(key)}"
    assert re.search(expected, str(caught.value), re.MULTILINE | re.DOTALL), str(caught.value)


def test_all_faults_are_told_at_once_in_order(exercise_source: Path) -> None:
    text = exercise_source.read_text(encoding="utf-8")
    text = text.replace("points=2", "points=-2").replace('["F3"]', '["F0"]')
    exercise_source.write_text(text, encoding="utf-8")
    with pytest.raises(BuildError) as caught:
        read_exercise(exercise_source)
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["18", "35"]


def test_a_lesson_has_no_tasks(exercise_source: Path, saying: Saying) -> None:
    with pytest.raises(BuildError, match=saying("lesson_task", came="task")):
        read_lesson(exercise_source)


def test_an_exercise_has_tasks(lesson_source: Path, saying: Saying) -> None:
    with pytest.raises(BuildError, match=saying("no_tasks", module=5)):
        read_exercise(lesson_source)


def test_a_source_is_named_after_a_module(lesson_source: Path, saying: Saying) -> None:
    other = lesson_source.rename(lesson_source.with_name("05_sql.py"))
    with pytest.raises(BuildError, match=saying("no_module", came="05_sql")):
        read_lesson(other)


def test_every_fault_is_worded_in_both_languages_with_the_same_fields() -> None:
    for key, texts in messages.catalogue("course").items():
        fields = [sorted(set(re.findall(r"\{\w+\}", texts[lang]))) for lang in ("nb", "en")]
        assert fields[0] == fields[1], key
