"""A small dataset, the sample exercise, and its key."""

import json
from pathlib import Path

import pytest

from labkit.course.source import read_exercise
from labkit.grading.key import make_key
from labkit.messages import set_language
from labkit.store import connect
from labkit.world.generate import generate
from labkit.world.part import Config

SAMPLE = Path(__file__).parent / "sample" / "05_algebra_sql.py"


@pytest.fixture(autouse=True)
def _bokmal():
    set_language("nb")
    yield
    set_language("nb")


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
def lab(tmp_path, key, monkeypatch):
    """A lab folder with the key, as the working folder."""
    keys = tmp_path / ".labkit" / "keys"
    keys.mkdir(parents=True)
    (keys / "05_algebra_sql.json").write_text(json.dumps(key), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABKIT_KEYS", raising=False)
    return tmp_path
