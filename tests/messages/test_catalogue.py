"""The catalogue: both languages, the same fields, a text for all that the code says."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit
from labkit import errors
from labkit.errors import InputError
from labkit.messages import LANGUAGES, catalogue, language, say, set_language

PACKAGE = Path(labkit.__file__).parent
AREAS = sorted(path.stem for path in (PACKAGE / "messages").glob("*.toml"))
TEXTS = {f"{area}.{name}": text for area in AREAS for name, text in catalogue(area).items()}

# Only who changes the kit can meet these: they are in English alone.
FOR_DEVELOPERS = {
    "messages/__init__.py",  # the language itself is wrong
    "store/footer.py",  # bytes of Parquet that the kit's own writer never makes
    "store/parquet.py",  # a dataset without partitions
    "grading/plain.py",  # an answer forged in a sandbox: it is counted as none
    "grading/words.py",  # a refusal without words here
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_materials" not in path.parts:
            yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def said() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of `say` that names its key, or the part of it that is fixed."""
    for file, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) == "say" and node.args:
                if isinstance(node.args[0], (ast.Constant, ast.JoinedStr)):
                    yield f"{file}:{node.lineno}", node


def words_in(text: ast.expr) -> str:
    """Return what is written out in a text, without what is put into it."""
    if isinstance(text, ast.BinOp):
        return words_in(text.left) + words_in(text.right)
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_a_message_has_both_languages_with_the_same_fields(key: str) -> None:
    text = TEXTS[key]
    assert set(text) == set(LANGUAGES)
    assert all(text[lang].strip() for lang in LANGUAGES)
    assert fields(text["nb"]) == fields(text["en"])
    assert all(name.isidentifier() for name in fields(text["nb"]))


def test_each_key_that_the_code_says_is_there_and_gets_its_fields() -> None:
    calls = list(said())
    assert len(calls) > 300
    for where, call in calls:
        first = call.args[0]
        if isinstance(first, ast.JoinedStr):
            pattern = "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*"
                for part in first.values
            )
            assert any(re.fullmatch(pattern, key) for key in TEXTS), f"{where}: {pattern}"
            continue
        assert isinstance(first, ast.Constant)
        assert first.value in TEXTS, f"{where}: {first.value}"
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:  # **facts
            lacking = fields(TEXTS[first.value]["nb"]) - {str(name) for name in given}
            assert not lacking, f"{where}: {first.value} lacks {lacking}"


def test_a_fault_takes_its_words_from_the_catalogue() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    trees = list(sources())
    for _, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and kinds & {name_of(base) for base in node.bases}:
                kinds.add(node.name)
    assert {"InputError", "SqlError", "LockedError"} <= kinds
    spoken = set()
    for file, tree in trees:
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and name_of(node.func) in kinds and node.args):
                continue
            if re.search(r"[^\W\d_]", words_in(node.args[0])):
                spoken.add(file)
                at = f"labkit/{file}:{node.lineno}"
                assert file in FOR_DEVELOPERS, f"{at}: use say(...), with bokmål and English"
    assert spoken == FOR_DEVELOPERS


def test_the_language_is_the_one_set_else_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LABKIT_LANG", raising=False)
    assert language() == "nb"
    monkeypatch.setenv("LABKIT_LANG", "en")
    assert language() == "en"
    set_language("nb")
    assert language() == "nb"
    assert say("kit.made", rows=1, tables=2) == "Laget 1 rader i 2 tabeller."
    with pytest.raises(InputError, match="'de' is not one of nb, en"):
        set_language("de")
