from pathlib import Path

import pytest

from labkit.course.outcomes import load_course
from labkit.errors import BuildError, InputError

GOOD = """
[outcomes]
F1.nb = "en"
F1.en = "one"
[[modules]]
number = 1
name = "01_one"
nb = "En"
en = "One"
outcomes = ["F1"]
concepts = ["SELECT"]
[[modules]]
number = 2
name = "02_two"
nb = "To"
en = "Two"
outcomes = ["F1"]
"""


def test_the_course_teaches_every_outcome_in_some_module() -> None:
    course = load_course()
    assert len(course.outcomes) == 15
    assert [module.number for module in course.modules.values()] == list(range(1, 13))
    taught = {code for module in course.modules.values() for code in module.outcomes}
    assert taught == set(course.outcomes)


@pytest.mark.usefixtures("english")
def test_a_module_is_found_by_number_or_name() -> None:
    course = load_course()
    assert course.module("05_algebra_sql") is course.module("5") is course.module("05")
    with pytest.raises(InputError, match=r"no '13'\. The modules are 01_health_data"):
        course.module("13")


def test_concepts_of_later_modules_are_known_to_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text(GOOD.replace('["SELECT"]', "[]"))
    path.write_text(path.read_text() + 'concepts = ["WITH"]\n')
    course = load_course(path)
    one, two = course.modules.values()
    assert course.introduced_after(one) == {"WITH": two}
    assert course.introduced_after(two) == {}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('F1.en = "one"', "", "nb and en"),
        ("number = 2", "number = 3", "stands in place 2"),
        ("number = 2", "number = 1", "stands in place 2"),
        ("02_two", "2_two", "02_topic"),
        ('outcomes = ["F1"]\nconcepts', 'outcomes = ["F9"]\nconcepts', "Choose from F1"),
        ('outcomes = ["F1"]\nconcepts', "outcomes = []\nconcepts", "Choose from F1"),
        ('en = "Two"', 'en = "Two"\nconcepts = ["SELECT"]', "before module 2"),
        ('en = "Two"', 'en = "Two"\ncolour = "red"', "colour"),
        ("[outcomes]", "[outcomes", "course.toml"),
    ],
)
@pytest.mark.usefixtures("english")
def test_faults_are_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    path = tmp_path / "course.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(BuildError, match=says):
        load_course(path)
