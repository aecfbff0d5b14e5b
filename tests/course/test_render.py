import ast
from pathlib import Path

import nbformat
import pytest

from labkit.course.render import render
from labkit.course.source import read_exercise, read_lesson


def test_a_lesson_is_made_in_one_language_with_the_same_ids_in_both(lesson_source: Path) -> None:
    lesson = read_lesson(lesson_source)
    made = {lang: render(lesson, lang, solved=True) for lang in ("nb", "en")}
    ids = [[cell.id for cell in notebook.cells] for notebook, _ in made.values()]
    assert ids[0] == ids[1] == [f"cell-0{n}" for n in range(1, 7)]
    text = [cell.source for cell in made["en"][0].cells]
    assert text[0] == "# How many do we admit?\n\nThe head asks. We count."
    assert text[3].startswith('print({"nb": "pasienter:", "en": "patients:"}["en"],')
    assert text[3].endswith('print("nb" == "en")')
    lines = lesson_source.read_text(encoding="utf-8").splitlines()
    assert lines[made["en"][1][0] - 1] == '# %% [markdown] lang="en"'


def test_a_solution_has_answers_and_no_markers_hints_or_wrong_answers(
    exercise_source: Path,
) -> None:
    notebook, _ = render(read_exercise(exercise_source), "nb", solved=True)
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "days = 7" in text
    assert "first, last = [1, 4, 9], [3, 8, 9]\nanswer = [end - start for" in text
    for absent in ("SOLUTION", "days = 5", "helga", "LANG"):
        assert absent not in text
    assert not any("nbgrader" in cell.metadata for cell in notebook.cells)


def test_an_exercise_gives_nothing_away_and_runs_to_the_end(exercise_source: Path) -> None:
    exercise = read_exercise(exercise_source)
    for lang, note in (("nb", "# Skriv svaret ditt her"), ("en", "# Write your answer here")):
        notebook, _ = render(exercise, lang, solved=False)
        nbformat.validate(notebook)
        whole = nbformat.writes(notebook)
        secrets = ["SOLUTION", "days = 7", "end - start", "helga", "weekend", "wrong", "F3"]
        assert [secret for secret in secrets if secret in whole] == []
        by_id = {cell.id: cell for cell in notebook.cells}
        assert by_id["task-5-1"].source == f"{note}\ndays = None"
        starter = "first, last = [1, 4, 9], [3, 8, 9]"
        assert by_id["task-5-2"].source == f"{starter}\n{note}\nanswer = None"
        assert ast.parse("\n".join(c.source for c in notebook.cells if c.cell_type == "code"))


def test_task_and_check_cells_carry_nbgrader_metadata(exercise_source: Path) -> None:
    notebook, _ = render(read_exercise(exercise_source), "en", solved=False)
    marks = {
        cell.id: cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata
    }
    assert list(marks) == ["task-5-1", "check-5-1", "task-5-2", "check-5-2"]
    for cell_id, mark in marks.items():
        check = cell_id.startswith("check")
        # As nbgrader 0.9's MetadataValidatorV3 wants a code cell: grade_id where anything is set,
        # points where it is graded, and either a locked test or a solution.
        assert mark["grade_id"] == cell_id
        assert mark["schema_version"] == 3
        flags = (mark["grade"], mark["locked"], mark["solution"], mark["task"])
        assert flags == (check, check, not check, False)
    assert [marks[f"check-5-{n}"]["points"] for n in (1, 2)] == [1, 2]
    checks = [cell for cell in notebook.cells if cell.id.startswith("check")]
    assert all(cell.metadata.editable is cell.metadata.deletable is False for cell in checks)


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("f(lang=LANG)", 'f(lang="en")'),
        ("words[LANG]", 'words["en"]'),
        ("LANGUAGE, x.LANG, 'LANG'", "LANGUAGE, x.LANG, 'LANG'"),
        ("%%sql\nSELECT LANG", "%%sql\nSELECT LANG"),
    ],
)
def test_only_the_bare_name_becomes_the_language(lesson_source: Path, code: str, made: str) -> None:
    text = lesson_source.read_text(encoding="utf-8")
    sql = code.startswith("%%sql")
    cell = '# %% language="sql"\n# SELECT LANG' if sql else f"# %%\n{code}"
    lesson_source.write_text(f"{text}\n{cell}\n", encoding="utf-8")
    notebook, _ = render(read_lesson(lesson_source), "en", solved=True)
    assert notebook.cells[-1].source == made
