"""Which version of the generator this is: a hash of all that decides the content of a dataset."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

from labkit.files import hash_files

FOLDERS = ("world", "schema", "codes")
KINDS = (".py", ".csv", ".toml", ".json", ".txt")
# Parts of the world that read datasets, or look after them: what they do changes no row.
APART = (
    "world/validate/",
    "world/calibration/figures.csv",
    "world/calibration/fit.py",
    "world/apart.py",
    "world/classroom.py",
    "world/fingerprint.py",
    "world/own.py",
    "world/progress.py",
    "world/sample.py",
    "world/synthetic.py",
)


def covered_files() -> dict[str, Path]:
    """Return the files that decide the content, by name inside the package, in order."""
    package = Path(__file__).parents[1]
    found = sorted(path for folder in FOLDERS for path in (package / folder).rglob("*"))
    named = {path.relative_to(package).as_posix(): path for path in found if path.suffix in KINDS}
    return {name: path for name, path in named.items() if not name.startswith(APART)}


@cache
def fingerprint() -> str:
    """Hash the code and figures that decide the content, so that no two versions are mixed."""
    return hash_files(covered_files(), version("helsedata-labkit"))
