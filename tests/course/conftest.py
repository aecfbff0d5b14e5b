import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit import messages

SAMPLE = Path(__file__).parent / "sample"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one small lesson and one exercise of two tasks."""
    shutil.copytree(SAMPLE, tmp_path / "root")
    return tmp_path / "root"


@pytest.fixture
def exercise_source(root: Path) -> Path:
    return root / "solutions" / "05_algebra_sql.py"


@pytest.fixture
def lesson_source(root: Path) -> Path:
    return root / "notebooks" / "05_algebra_sql.py"


@pytest.fixture
def saying() -> Callable[..., str]:
    """Return a pattern for a message of the catalogue, with some of its fields filled in."""

    def pattern(key: str, **known: object) -> str:
        text = messages.catalogue("course")[key]["en"]
        parts = re.split(r"(\{\w+\})", text)
        return "".join(
            re.escape(str(known[part[1:-1]]))
            if part[1:-1] in known and part.startswith("{")
            else (".*" if re.fullmatch(r"\{\w+\}", part) else re.escape(part))
            for part in parts
        )

    return pattern
