"""Individual datasets end to end: bundles, a lab made from one, grading, likely copies."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from labkit import connect, exercise
from labkit.course.layout import lay_out
from labkit.course.release import read_bundles, release
from labkit.course.source import read_exercise
from labkit.errors import DataError, GradingError, InputError
from labkit.grading.copies import copies_table, likely_copies, write_copies
from labkit.grading.grade import grade
from labkit.grading.release import Release
from labkit.grading.show import without_bundle
from labkit.store import connect as open_dataset
from labkit.world.generate import generate
from labkit.world.part import Config

SOURCES = Path(__file__).parents[1] / "grading" / "sample"
NAME = "05_algebra_sql"
BUNDLES = {"kari": ["kari"], "par1": ["ola", "eva"]}
MEDIAN = "SELECT median(income_nok) FROM income WHERE year = 2020"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A small dataset stands in for the class's; made datasets go to a folder of the test."""
    folder = tmp_path_factory.mktemp("home")
    generate(Config(people=300, seed=11), folder / "class")
    open_dataset(folder / "class").close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_DATA", str(folder / "class"))
        patch.setenv("LABKIT_HOME", str(folder / "home"))
        patch.setattr("labkit.course.release.materials", lambda: folder)  # no key of another source
        yield folder


@pytest.fixture(scope="module")
def released(home, tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "labs"
    with pytest.MonkeyPatch.context() as patch:  # now and then two drawn datasets agree on 5.1
        patch.setattr("labkit.course.release.secrets.token_hex", lambda size: "05" * size)
        release(out, BUNDLES, people=250, solutions=SOURCES, workers=1)
    return out


@pytest.fixture
def lab(released, home, tmp_path, monkeypatch):
    """Kari's lab, unpacked, as the working folder."""
    with zipfile.ZipFile(released / "bundles" / "kari.zip") as bundle:
        bundle.extractall(tmp_path)
    monkeypatch.delenv("LABKIT_DATA")
    monkeypatch.delenv("LABKIT_KEYS", raising=False)
    monkeypatch.chdir(tmp_path / "lab-kari")
    return tmp_path / "lab-kari"


def test_a_bundle_holds_a_lab_and_nothing_of_the_instructors(released):
    secret = (released / "instructor" / "secret").read_text()
    for path in (released / "bundles").iterdir():
        with zipfile.ZipFile(path) as bundle:
            names = {name.partition("/")[2] for name in bundle.namelist()}
            text = "".join(bundle.read(name).decode() for name in bundle.namelist())
        assert names == {".labkit/dataset.json", "LES-MEG.txt", "README.txt"} | {
            place.format(source.stem)
            for source in SOURCES.glob("*.py")
            for place in (".labkit/keys/{}.json", "oppgaver/{}.ipynb", "exercises/{}.ipynb")
        }
        assert secret not in text
        assert MEDIAN not in text
        assert "BEGIN SOLUTION" not in text
    assert (released / "instructor").stat().st_mode & 0o077 == 0
    assert (released / "instructor" / "secret").stat().st_mode & 0o077 == 0


def answer_on(released, student, task):
    return Release(released).answers(student, NAME)[task].answer.rows[0][0]


def test_instant_checks_work_on_the_labs_own_data_and_a_neighbours_number_is_wrong(released, lab):
    mine = connect().sql(MEDIAN).fetchall()[0][0]
    check = exercise(NAME, lang="nb")
    assert check("5.1", mine).passed
    assert mine == answer_on(released, "kari", "5.1")
    theirs = answer_on(released, "ola", "5.1")
    assert theirs != mine
    assert not check("5.1", theirs).passed
    homes = "SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY ALL"
    assert check.sql("5.2", homes).passed
    everyone = homes.replace("WHERE to_date IS NULL", "")
    assert check.sql("5.2", everyone).hint.startswith("Bor alle fortsatt der?")


def test_a_lab_keeps_its_own_keys_when_it_is_brought_up_to_date(lab, home):
    source = home / "kit"
    for folder, text in (("keys", '{"tasks": {}}'), ("nb", "{}")):
        (source / "exercises" / folder).mkdir(parents=True, exist_ok=True)
        ending = "json" if folder == "keys" else "ipynb"
        (source / "exercises" / folder / f"{NAME}.{ending}").write_text(text)
    before = (lab / ".labkit" / "keys" / f"{NAME}.json").read_bytes()
    lay_out(lab, "nb", source=source)
    assert (lab / ".labkit" / "keys" / f"{NAME}.json").read_bytes() == before


@pytest.mark.parametrize("change", [{"hash": "0"}, {"seed": "x"}])
def test_data_that_do_not_come_out_as_the_teacher_says_are_refused(lab, change):
    about = lab / ".labkit" / "dataset.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), **change}))
    with pytest.raises(DataError, match="lær"):
        connect()


def test_a_release_goes_on_where_it_stopped_and_makes_the_same_again(released, home):
    bundle = released / "bundles" / "kari.zip"
    before = bundle.read_bytes()
    bundle.unlink()
    again = release(released, BUNDLES, people=250, solutions=SOURCES, workers=1)
    assert (again.made, again.kept) == (1, 1)
    assert bundle.read_bytes() == before
    with pytest.raises(InputError, match="people"):
        release(released, BUNDLES, people=251, solutions=SOURCES)


@pytest.fixture(scope="module")
def graded(released, home, notebook, tmp_path_factory):
    exercise = read_exercise(SOURCES / f"{NAME}.py")
    folder = tmp_path_factory.mktemp("handed-in")
    odd = 'answer = "SELECT municipality, count(*) + 17 AS n FROM residence GROUP BY ALL"'
    work = {
        "kari": notebook(exercise, t2=odd),
        "ola": notebook(exercise, t1=f"answer = {answer_on(released, 'ola', '5.1')}"),
        "eva": notebook(exercise, t2=odd),
        "guest": notebook(
            exercise, t1=f"answer = {answer_on(released, 'kari', '5.1')}", t3="answer = {1}"
        ),
    }
    for student, text in work.items():
        (folder / student).mkdir()
        (folder / student / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    return grade(
        folder, tmp_path_factory.mktemp("graded"), people=250, seed=99, workers=1, release=released,
        load=lambda name: read_exercise(SOURCES / f"{name}.py"),
    )  # fmt: skip


def test_grading_knows_whose_data_a_number_comes_from(graded):
    states = {who: [task.state for task in mark.tasks] for who, _, mark in graded.marks}
    assert states["ola"] == ["class_data", "same", "same"]
    assert states["guest"][0] == "differs"
    assert states["kari"] == states["eva"] == ["same", "differs", "same"]


def test_likely_copies_are_signs_with_their_tasks(graded, released, tmp_path):
    exercises = {NAME: read_exercise(SOURCES / f"{NAME}.py")}
    found = likely_copies(graded.marks, exercises, Release(released))
    signs = {(one.student, one.other): (one.neighbour, one.unusual) for one in found}
    assert signs == {("guest", "kari"): (("5.1",), ()), ("eva", "kari"): ((), ("5.2",))}
    assert copies_table(found, "en").row_count == 2
    lines = write_copies(found, tmp_path / "copies.csv").read_text().splitlines()
    assert lines[0] == "exercise,student,other,signs,neighbour,unusual,text"
    assert f"{NAME},guest,kari,1,5.1,," in lines


def test_students_of_one_pair_and_common_mistakes_are_no_sign(graded, released):
    exercises = {NAME: read_exercise(SOURCES / f"{NAME}.py")}
    marks = {who: mark for who, _, mark in graded.marks}
    pair = [("ola", NAME, marks["eva"]), ("eva", NAME, marks["eva"])]
    assert likely_copies(pair, exercises, Release(released)) == []
    assert len(likely_copies(pair, exercises)) == 1
    many = [(f"s{i}", NAME, marks["kari"]) for i in range(4)]
    assert likely_copies(many, exercises) == []


TEXT = """En rate deler antallet hendelser på tiden de kunne ha skjedd i, og ikke på antallet
personer, fordi den som følges lenge, har flere sjanser enn den som døde eller flyttet
tidlig i perioden."""


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (TEXT.upper().replace(",", ";"), True),
        ("Slik ser jeg det. " + TEXT.replace("flyttet", "reiste"), True),
        ("Tiden under risiko er nevneren, for folk følges ulikt lenge, og noen er bare "
         "med en stund før de dør eller melder flytting; da kan ikke alle telle "
         "like mye i brøken.", False),
    ],
)  # fmt: skip
def test_texts_in_the_same_words_are_a_sign(other, alike):
    from labkit.grading.marking import TaskMark
    from labkit.grading.work import Mark

    exercise = read_exercise(SOURCES / f"{NAME}.py")
    task = exercise.tasks[0]

    def mark(text):
        return Mark("ok", "nb", [TaskMark(task.id, 0, 1, "written", facts={"written": text})])

    rows = [("kari", NAME, mark(TEXT)), ("ola", NAME, mark(other))]
    found = likely_copies(rows, {NAME: exercise})
    assert [(one.student, one.other, one.text) for one in found] == (
        [("kari", "ola", (task.id,))] if alike else []
    )
    said = replace(task, statement={"nb": TEXT, "en": TEXT})
    quoted = replace(exercise, tasks=(said, *exercise.tasks[1:]))
    assert likely_copies(rows, {NAME: quoted}) == []


@pytest.mark.usefixtures("english")
def test_pairs_come_from_the_roster(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("student;pair\nola;par1\neva;par1\nkari;\n", encoding="utf-8")
    assert read_bundles(roster) == {"par1": ["ola", "eva"], "kari": ["kari"]}
    roster.write_text("student,pair\nola,../x\n", encoding="utf-8")
    with pytest.raises(InputError, match="name of a file"):
        read_bundles(roster)


def test_a_folder_without_a_release_says_so(tmp_path):
    with pytest.raises(GradingError, match="labkit release"):
        Release(tmp_path)


def test_students_of_whom_a_release_knows_nothing_are_named(released):
    assert without_bundle(released, ["ola", "kari"]) == ""
    assert "Ikke i" in without_bundle(released, ["kari", "nordmannkari_12"])
    assert "nordmannkari_12." in without_bundle(released, ["kari", "nordmannkari_12"])


def test_the_command_of_a_bundles_letter_can_be_pasted_whatever_the_name(released):
    with zipfile.ZipFile(released / "bundles" / "kari.zip") as bundle:
        assert 'labkit lab "lab-kari"\n' in bundle.read("lab-kari/LES-MEG.txt").decode()
