"""Imports point one way, and one subject can be used without the rest."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import labkit

PACKAGE = Path(labkit.__file__).parent
FLOOR = {"errors", "files", "messages", "materials", "figure", "codes"}
SUBJECTS = {"er", "algebra", "sql", "quality", "interop", "privacy", "synth", "access", "epi"}
ALLOWED = {
    **{name: FLOOR for name in FLOOR},
    "schema": FLOOR,
    "store": FLOOR | {"schema"},
    "cluster": FLOOR,
    "world": FLOOR | {"schema", "store", "cluster"},
    "dataset": FLOOR | {"schema", "store", "world"},
    **{name: FLOOR | SUBJECTS | {"schema"} for name in SUBJECTS},
    "grading": FLOOR | SUBJECTS | {"schema", "store", "world", "dataset", "grading", "cluster"},
    "course": FLOOR | SUBJECTS | {"schema", "store", "world", "dataset", "grading"},
}


def imports(source: str) -> set[str]:
    """Name the parts of labkit that a source imports, at its top or late."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "labkit":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("labkit."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("labkit.")}
    return found


def parts() -> list[tuple[str, Path]]:
    files = [path for path in PACKAGE.rglob("*.py") if "_materials" not in path.parts]
    found = [(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path) for path in files]
    return [(part, path) for part, path in found if part not in ("__init__", "cli")]


@pytest.mark.parametrize("part", sorted({part for part, _ in parts()}))
def test_a_part_imports_only_what_lies_below_it(part):
    assert part in ALLOWED, f"say in this test what {part} may import"
    for path in (path for name, path in parts() if name == part):
        above = imports(path.read_text(encoding="utf-8")) - ALLOWED[part] - {part}
        public = {"connect", "exercise", "set_language", "__version__"}
        assert not above - public, f"{path.relative_to(PACKAGE)} imports {above}"


HEAVY = (
    "sdv",
    "matplotlib",
    "jupyterlab",
    "IPython",
    "statsmodels",
    "lifelines",
    "sqlglot",
    "duckdb",
)


@pytest.mark.parametrize("subject", ["sql", "algebra", "er", "interop"])
def test_a_subject_is_light(subject):
    code = (
        f"import sys; from labkit import {subject}; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
