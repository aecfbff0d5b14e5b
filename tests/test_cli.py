"""The command line: what each command says of itself, and the language it speaks."""

import json
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

import labkit
from labkit.cli import app
from labkit.course.language import choose_language
from labkit.course.layout import write_state
from labkit.errors import InputError
from labkit.messages import language, say, set_language

ROOT = Path(labkit.__file__).parents[1]
GROUP = typer.main.get_command(app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = GROUP.commands


def run(*words: str):
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def english_lab(tmp_path: Path) -> Path:
    lab = tmp_path / "my lab"
    write_state(lab, {"lang": "en", "languages": ["en"], "files": {}, "start": []})
    return lab


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_whole_summary_an_example_and_a_place_in_the_readme(name: str) -> None:
    command = COMMANDS[name]
    assert not command.get_short_help_str(62).endswith("...")
    assert f"Example: labkit {name}" in command.help
    assert all(option.help for option in command.params)
    assert f"labkit {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_version_is_told() -> None:
    from importlib.metadata import version

    assert run("--version").output == f"labkit {version('helsedata-labkit')}\n"


def test_a_lab_is_spoken_to_in_its_own_language(
    english_lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_LANG", "nb")
    assert say("status.own_title", "en") in run("status", str(english_lab)).output
    told = run("portfolio", str(english_lab)).exception
    assert isinstance(told, InputError)
    assert "nothing to gather yet" in str(told)
    asked = run("portfolio", str(english_lab), "--lang", "nb").exception
    assert "ingenting å samle" in str(asked)


def test_so_is_whoever_stands_in_a_lab(english_lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (english_lab / "exercises").mkdir()
    monkeypatch.chdir(english_lab / "exercises")
    told = run("validate", "nowhere").exception
    assert "is not a folder" in str(told)


@pytest.mark.parametrize("state", [None, "{", json.dumps({"lang": "de", "languages": ["de"]})])
def test_a_folder_that_is_no_lab_changes_nothing(tmp_path: Path, state: str | None) -> None:
    (tmp_path / ".labkit").mkdir()
    if state is not None:
        (tmp_path / ".labkit" / "state.json").write_text(state)
    set_language("en")
    choose_language(folder=tmp_path)
    assert language() == "en"
    choose_language(folder=tmp_path / "nowhere")
    assert language() == "en"
    choose_language("nb", tmp_path)
    assert language() == "nb"


def test_what_cannot_be_graded_at_all_shows_no_bar(tmp_path: Path) -> None:
    done = run("grade", str(tmp_path / "none"), "--out", str(tmp_path / "out"))
    assert str(done.exception) == say("grading.no_submissions", path=tmp_path / "none")
    assert done.output == ""
    assert not (tmp_path / "out").exists()
