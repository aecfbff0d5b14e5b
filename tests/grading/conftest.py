"""A small dataset, the sample exercise, and its key."""

from pathlib import Path

import pytest

from labkit.course.source import read_exercise
from labkit.grading.key import make_key
from labkit.store import connect
from labkit.world.generate import generate
from labkit.world.part import Config

SAMPLE = Path(__file__).parent / "sample" / "05_algebra_sql.py"


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "dataset"
    generate(Config(people=300, seed=11), folder)
    connect(folder).close()
    return folder


@pytest.fixture(scope="module", autouse=True)
def in_class(dataset):
    """The small dataset stands in for the class's, in this process and in those it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_DATA", str(dataset))
        yield dataset


@pytest.fixture(scope="session")
def exercise():
    return read_exercise(SAMPLE)


@pytest.fixture(scope="session")
def key(exercise, dataset):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_DATA", str(dataset))
        return make_key(exercise)


@pytest.fixture
def lab(lay_key, key):
    """A lab folder with the key, as the working folder."""
    return lay_key("05_algebra_sql", key)


@pytest.fixture(scope="session")
def attack(exercise, notebook):
    """Makes the notebook of a hostile case: other answers are right, one that has won is too."""
    right = next(task for task in exercise.tasks if task.id == "5.2").solution

    def made(case, stand_ins):
        answers = {name: case[name] for name in ("t1", "t2", "t3") if name in case}
        for name, code in answers.items():
            for word, value in stand_ins.items():
                code = code.replace(word, value)
            won = f"\n{right}\nanswer = answer if won else None" if "won" in code else ""
            answers[name] = code + won
        return notebook(exercise, **answers)

    return made
