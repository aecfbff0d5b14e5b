"""What a student gets is searched, down through what is encoded or packed, for what is expected."""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from labkit.course.source import read_exercise
from labkit.grading.key import run_author
from labkit.grading.kinds import prepared
from labkit.grading.plain import Day, Plain
from labkit.materials import materials
from labkit.messages import LANGUAGES

NAMES = sorted(path.stem for path in (materials() / "solutions").glob("*.py"))
FEWEST_DIGITS, FEWEST_LETTERS = 5, 6  # fewer may stand anywhere by chance, as a year


def layers(raw: bytes, depth: int = 3) -> Iterator[bytes]:
    """Yield bytes and all that is found in them by taking off base64, zlib and gzip."""
    yield raw
    for packed in set(re.findall(rb"[A-Za-z0-9+/_-]{12,}={0,2}", raw)) if depth else ():
        for signs in (None, b"-_"):
            with suppress(ValueError):
                whole = packed + b"=" * (-len(packed) % 4)
                inner = base64.b64decode(whole, altchars=signs, validate=True)
                yield from layers(inner, depth - 1)
                for unpack in (zlib.decompress, gzip.decompress):
                    with suppress(zlib.error, OSError, EOFError):
                        yield from layers(unpack(inner), depth - 1)


def telling(answer: Plain, shown: int) -> set[str]:
    """Return the cells of an answer that would tell it, less its first columns: numbers, texts."""
    found = set()
    for cell in (cell for row in answer.rows for cell in row[shown:]):
        if isinstance(cell, str) and len(cell) >= FEWEST_LETTERS:
            found.add(cell)
        elif isinstance(cell, (int, float)) and not isinstance(cell, (bool, Day)):
            text = f"{cell:.12g}"
            if len(text.strip("-0.").replace(".", "")) >= FEWEST_DIGITS:
                found.add(text[:8])
    return set(sorted(found)[:500])


def stands_in(value: str, blobs: list[bytes]) -> bool:
    exact = re.compile(rb"(?<![\w.])" + re.escape(value.encode()) + rb"(?!\w)")
    return any(exact.search(blob) for blob in blobs)


def test_the_search_sees_through_what_is_packed() -> None:
    packed = base64.b64encode(zlib.compress(b'{"answer": 34567.25}')).decode()
    blobs = list(layers(json.dumps({"x": base64.b64encode(packed.encode()).decode()}).encode()))
    assert stands_in("34567.25", blobs)
    assert not stands_in("4567.25", blobs)


@pytest.mark.parametrize("name", NAMES)
def test_no_expected_value_is_handed_out(name: str) -> None:
    exercise = prepared(read_exercise(materials() / "solutions" / f"{name}.py"))
    outcomes = run_author(exercise, datasets=[None], wrong=False)[0]
    key = json.loads((materials() / "exercises" / "keys" / f"{name}.json").read_bytes())
    for item in key["tasks"].values():
        item.pop("databases", None)  # small, invented, and shown to whoever goes wrong on them
    given = [json.dumps(key, ensure_ascii=False).encode()]
    given += [
        (materials() / "exercises" / lang / f"{name}.ipynb").read_bytes() for lang in LANGUAGES
    ]
    blobs = [blob for raw in given for blob in layers(raw)]
    asked = [text for task in exercise.tasks for text in task.statement.values()]
    asked += [text for task in exercise.tasks for w in task.wrong for text in (w.nb, w.en)]
    asked += [cell.source for cell in exercise.cells if cell.role in ("prose", "code")]
    said, searched = "\n".join(asked), 0
    for task in exercise.tasks:
        answer = outcomes[task.id].answer
        if answer is None or task.kind in ("choice", "text", "tests"):
            continue
        shown = 2 if task.kind == "function" else 0  # its inputs may be seen, not what they give
        values = {value for value in telling(answer, shown) if value not in said}
        searched += len(values)
        assert not [value for value in values if stands_in(value, blobs)], task.id
    assert searched
