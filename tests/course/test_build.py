import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.course.build import build
from labkit.course.freshness import difference
from labkit.errors import BuildError, InputError

pytestmark = pytest.mark.usefixtures("english")

Saying = Callable[..., str]
SAMPLE = Path(__file__).parent / "sample"
KINDS = ("exercises", "notebooks", "solutions")
FOLDERS = [f"{kind}/{lang}" for kind in KINDS for lang in ("en", "nb")]
NOTEBOOKS = [f"{folder}/05_algebra_sql.ipynb" for folder in FOLDERS]
KEY = "exercises/keys/05_algebra_sql.json"


def built_files(root: Path) -> dict[str, bytes]:
    found = [*root.rglob("*.ipynb"), *root.rglob("keys/*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def once_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built") / "root"
    shutil.copytree(SAMPLE, root)
    done = build(data=False, root=root)
    assert sorted(done.written) == sorted([*NOTEBOOKS, KEY])
    return root


@pytest.fixture
def built(once_built: Path, tmp_path: Path) -> Path:
    shutil.copytree(once_built, tmp_path / "copy")
    return tmp_path / "copy"


def test_solutions_are_run_and_exercises_are_not(built: Path) -> None:
    outputs = {}
    for name in NOTEBOOKS:
        cells = json.loads((built / name).read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        ran = [cell["execution_count"] for cell in code]
        assert ran == ([None] * len(code) if "exercises" in name else list(range(1, len(code) + 1)))
        outputs[name] = [cell for cell in code if cell["outputs"]]
    assert [len(outputs[name]) for name in NOTEBOOKS] == [0, 0, 4, 4, 2, 2]
    key = json.loads((built / KEY).read_text(encoding="utf-8"))
    assert list(key["tasks"]) == ["5.1", "5.2"]


def test_what_is_built_says_nothing_of_the_machine_or_the_day(built: Path) -> None:
    for name, content in built_files(built).items():
        for trace in (str(built.parent), str(Path.home()), "kernel-", "T00:", "2026"):
            assert trace.encode() not in content, (name, trace)


def test_a_second_build_does_nothing_and_a_lost_file_comes_back_the_same(built: Path) -> None:
    before = built_files(built)
    again = build(data=False, root=built)
    assert (again.written, sorted(again.same)) == ([], sorted(before))
    assert build(check=True, data=False, root=built).written == []
    shutil.rmtree(built / ".labkit_cache")
    for name in (NOTEBOOKS[0], NOTEBOOKS[2], NOTEBOOKS[4], KEY):
        (built / name).unlink()
    mended = build(["5"], root=built)
    assert sorted(mended.written) == sorted([NOTEBOOKS[0], NOTEBOOKS[2], NOTEBOOKS[4], KEY])
    assert built_files(built) == before


def test_stale_files_are_told_with_the_command_that_mends_them(built: Path, saying: Saying) -> None:
    lesson = built / "notebooks/nb/05_algebra_sql.ipynb"
    text = lesson.read_text(encoding="utf-8")
    lesson.write_text(text.replace("pasienter: 2", "pasienter: 3"), encoding="utf-8")
    (built / NOTEBOOKS[5]).unlink()
    orphan = built / "exercises/nb/04_er_model.ipynb"
    orphan.write_text("{}", encoding="utf-8")
    before = built_files(built)
    with pytest.raises(BuildError) as caught:
        build(check=True, data=False, root=built)
    told = str(caught.value).splitlines()
    line = "the output of cell cell-04 is another one when it is run now (line 31 of the source)"
    assert told == [
        "exercises/nb/04_er_model.ipynb: its source is gone",
        f"{NOTEBOOKS[3]}: {line}",
        f"{NOTEBOOKS[5]}: the file is missing",
        "Mend it with: uv run labkit build",
    ]
    assert built_files(built) == before
    done = build(data=False, root=built)
    assert done.removed == ["exercises/nb/04_er_model.ipynb"]
    assert sorted(done.written) == [NOTEBOOKS[3], NOTEBOOKS[5]]


def test_a_fault_in_one_source_leaves_the_others_to_be_built(root: Path, saying: Saying) -> None:
    lesson = root / "notebooks/05_algebra_sql.py"
    cell = (
        '# %% [markdown] lang="nb"\n# # Se\n# %% [markdown] lang="en"\n# # Look\n# %%\nprint(1)\n'
    )
    (root / "notebooks/04_er_model.py").write_text(cell, encoding="utf-8")
    lesson.write_text(cell + "1 / 0\n", encoding="utf-8")
    exercise = root / "solutions/05_algebra_sql.py"
    exercise.write_text(exercise.read_text(encoding="utf-8").replace("points=2", ""), "utf-8")
    with pytest.raises(BuildError) as caught:
        build(data=False, root=root)
    told = str(caught.value).splitlines()
    assert len(told) == 2
    assert told[0].startswith(f"{exercise}:35: task 5.2 has points=None")
    failed = "this cell cannot be run: ZeroDivisionError: division by zero"
    assert told[1] == f"notebooks/05_algebra_sql.py:5: {failed}"
    assert sorted(built_files(root)) == [f"notebooks/{x}/04_er_model.ipynb" for x in ("en", "nb")]


def test_a_wrong_answer_that_passes_stops_the_build(root: Path) -> None:
    exercise = root / "solutions/05_algebra_sql.py"
    text = exercise.read_text(encoding="utf-8").replace("days = 5", "days = 14 // 2")
    exercise.write_text(text, encoding="utf-8")
    (root / "notebooks/05_algebra_sql.py").unlink()
    with pytest.raises(BuildError, match=r"^solutions/05_algebra_sql\.py:26: task 5\.1: "):
        build(data=False, root=root)
    assert built_files(root) == {}


@pytest.mark.usefixtures("english")
def test_names_must_be_modules_with_a_source(root: Path, saying: Saying) -> None:
    with pytest.raises(InputError, match=r"no '99'\. The modules are 01_health_data"):
        build(["99"], root=root)
    with pytest.raises(BuildError, match=saying("no_source", name="06_capture_quality")):
        build(["6"], root=root)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("", "", None),
        ('"image/png": "', '"image/png": "AAAA', None),
        ('"image/png": "', '"image/jpeg": "', "stale_output"),
        ("pasienter: 2", "patients: 2", "stale_output"),
        ('"execution_count": 1', '"execution_count": 9', "stale_cell"),
        ("import pandas as pd", "import  pandas as pd", "stale_cell"),
        ('"id": "cell-04"', '"id": "cell-4"', "stale_cell"),
        ("raises-exception", "remove-cell", "stale_cell"),
        ("Lederen spør", "Lederen spurte", "stale_cell"),
        ('"lang": "nb"', '"lang": "en"', "stale_metadata"),
        ('"cells"', '"cell"', "stale_no_notebook"),
        ("{", "", "stale_no_notebook"),
    ],
)
def test_what_counts_as_a_difference(
    built: Path, saying: Saying, old: str, new: str, key: str | None
) -> None:
    path = built / "notebooks/nb/05_algebra_sql.ipynb"
    made = path.read_text(encoding="utf-8")
    changed = made.replace(old, new, 1 if old == "{" else -1)
    assert changed != made or not old
    path.write_text(changed, encoding="utf-8")
    found = difference(path, made, list(range(99)))
    assert found is None if key is None else found is not None
    if key:
        assert re.fullmatch(saying(key), found or "")


def test_a_cell_too_few_is_a_difference(built: Path, saying: Saying) -> None:
    path = built / "notebooks/nb/05_algebra_sql.ipynb"
    made = path.read_text(encoding="utf-8")
    notebook = json.loads(made)
    del notebook["cells"][-1]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert difference(path, made, list(range(99))) == "it has 5 cells, the source gives 6"
