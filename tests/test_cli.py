"""The command line: what each command says of itself, and the language it speaks."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

import labkit
from labkit.cli import app, main
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


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Give Ctrl-C back to pytest."""
    kept = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, kept)


def told(words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the program says of words that it cannot follow."""
    monkeypatch.setattr(sys, "argv", ["labkit", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    out, said = capsys.readouterr()
    assert out == ""
    return said


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    ("words", "nb", "en"),
    [
        ("generate --people abc", "«abc» er ikke et heltall", "'abc' is not a whole number"),
        ("grade x --out y --timeout abc", "«abc» er ikke et tall", "'abc' is not a number"),
        ("lab --lang fr", "«fr» er ikke kjent. Velg en av nb, en", "Choose one of nb, en"),
        ("generate --peple 3", "Mente du --people", "Did you mean --people"),
        ("generate --xyz", "--xyz: valget finnes ikke", "--xyz: there is no such option"),
        ("generate --people", "--people mangler en verdi", "--people lacks a value"),
        ("validate", "DIR mangler", "DIR is missing"),
        ("validate a b", "Kommandoen er ikke forstått", "The command was not understood"),
        ("nosuch", "Kommandoen er ikke forstått", "The command was not understood"),
    ],
)
def test_words_that_cannot_be_followed_are_told_in_the_readers_language(
    words: str,
    nb: str,
    en: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for lang, wanted in (("nb", nb), ("en", en)):
        set_language(lang)
        said = told(words, monkeypatch, capsys)
        assert said.startswith("labkit: ")
        assert wanted in said
        assert "--help" in said


@pytest.mark.usefixtures("ctrl_c")
def test_no_words_at_all_get_the_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["labkit"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "generate" in capsys.readouterr().out
