import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from labkit.course.execute import execute
from labkit.errors import BuildError

pytestmark = pytest.mark.usefixtures("english")


def run(tmp_path: Path, *codes: str, tags: tuple[str, ...] = ()) -> list:
    """Run code cells whose sources begin on lines 10, 20, 30 ..."""
    cells = [new_code_cell(code) for code in codes]
    cells[-1].metadata["tags"] = list(tags)
    notebook = new_notebook(cells=cells)
    execute(notebook, "a.py", [10 * n for n in range(1, len(codes) + 1)], keys=tmp_path)
    return [cell.outputs for cell in notebook.cells]


def test_outputs_are_those_of_a_fresh_run_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_LANG", "en")
    code = """
import os, sys, matplotlib, matplotlib.pyplot as plt
matplotlib.set_loglevel("warning")
%config InlineBackend.figure_formats = ["svg"]
_ = plt.plot([1, 2])
print(os.environ.get("LABKIT_LANG"), os.environ["LABKIT_KEYS"] == KEYS, os.listdir())
""".replace("== KEYS", f"== {str(tmp_path)!r}")
    failing = "print('a'); print('b', file=sys.stderr); print('c'); 1 / 0"
    first, second = (run(tmp_path, code, failing, tags=("raises-exception",)) for _ in range(2))
    assert first == second
    stream, picture = first[0]
    assert stream["text"] == "None True []\n"
    assert "image/svg+xml" in picture["data"]
    assert {out["name"]: out["text"] for out in first[1][:-1]} == {
        "stdout": "a\nc\n",
        "stderr": "b\n",
    }
    error = first[1][-1]
    assert error["traceback"] == ["ZeroDivisionError: division by zero"]


@pytest.mark.parametrize(
    ("code", "key", "fields"),
    [
        ("1 / 0", "cell_failed", {"error": "ZeroDivisionError: division by zero"}),
        ("import os; os._exit(3)", "cell_failed", {}),
        ("object()", "address", {}),
        ("import pandas; print(pandas)", "local_path", {}),
    ],
    ids=["raises", "dies", "address", "path"],
)  # fmt: skip
def test_what_cannot_be_kept_is_told_with_its_line(
    tmp_path: Path, saying: Callable[..., str], code: str, key: str, fields: dict[str, str]
) -> None:
    with pytest.raises(BuildError, match=rf"^a\.py:20: {saying(key, **fields)}"):
        run(tmp_path, "x = 1", code)


def test_a_cell_tagged_to_fail_must_fail(tmp_path: Path, saying: Callable[..., str]) -> None:
    expected = saying("did_not_fail", tag="raises-exception")
    with pytest.raises(BuildError, match=rf"^a\.py:10: {expected}"):
        run(tmp_path, "x = 1", tags=("raises-exception",))


def test_no_folder_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run(tmp_path, "x = 1")
    assert list(tmp_path.glob("labkit-*")) == []
