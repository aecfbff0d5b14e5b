"""Settings of the whole suite."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import settings

from labkit import messages

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
    """What a test sets, or opens an exercise in, is not the language of the next test."""
    yield
    messages._chosen.clear()


@pytest.fixture
def english(language_of_its_own: None) -> None:
    """Messages in English, for tests that read them."""
    messages.set_language("en")


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
