"""Settings of the whole suite."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from labkit import messages
from labkit.course.render import render
from labkit.grading.task import Exercise

# A busy machine is no fault of the code: no property is judged by the clock.
settings.register_profile("kit", deadline=None)
settings.load_profile("kit")

# Submissions and samples under tests/ are read by their tests, not run as notebooks of the course.
collect_ignore_glob = ["*.ipynb", "*/sample/*"]

# A developer's own settings change no test, nor the kernels that nbval starts.
for name in ("LABKIT_LANG", "LABKIT_KEYS", "LABKIT_DATA"):
    os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def language_of_its_own() -> Iterator[None]:
    """Bokmål, whatever the test before has set or opened an exercise in."""
    messages._chosen.clear()
    yield
    messages._chosen.clear()


@pytest.fixture
def english(language_of_its_own: None) -> None:
    """Messages in English, for tests that read them."""
    messages.set_language("en")


@pytest.fixture(scope="session")
def notebook() -> Callable[..., str]:
    """Makes a notebook as handed in: with the solution's answers, or with those that are given."""

    def made(
        exercise: Exercise, *, lang: Any = "nb", solved: bool = True, without: str = "", **code: str
    ) -> str:
        notebook = json.loads(json.dumps(render(exercise, lang, solved=solved)[0]))
        for cell in notebook["cells"]:
            role, _, task = cell["id"].rpartition("-")
            if role == f"task-{exercise.module}" and f"t{task}" in code:
                cell["source"] = code[f"t{task}"]
        if without:
            cells = notebook["cells"]
            notebook["cells"] = [cell for cell in cells if not cell["id"].startswith(without)]
        return json.dumps(notebook)

    return made


@pytest.fixture
def lay_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], Path]:
    """Lays a key into a lab folder, which becomes the working folder."""

    def lay(name: str, key: Any) -> Path:
        keys = tmp_path / ".labkit" / "keys"
        keys.mkdir(parents=True)
        (keys / f"{name}.json").write_text(json.dumps(key), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("LABKIT_KEYS", raising=False)
        return tmp_path

    return lay


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Work side by side on the whole suite only: for one file, starting workers takes longer."""
    return min(os.cpu_count() or 1, 4) if _is_whole_suite(config) else 0


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the class dataset before any notebook runs: its progress is no output of a lesson."""
    from labkit.errors import LabkitError
    from labkit.world.classroom import class_dataset

    if _is_whole_suite(session.config) and not hasattr(session.config, "workerinput"):
        with suppress(LabkitError):  # the tests that need it say what is wrong with it
            class_dataset()


def _is_whole_suite(config: pytest.Config) -> bool:
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS
