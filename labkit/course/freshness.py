"""Whether a built file is what its source would give now: by fingerprint, or cell by cell."""

import hashlib
import json
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from labkit.course.execute import PICTURES
from labkit.files import write_whole
from labkit.messages import say

FOLDER = ".labkit_cache"  # at the top of the checkout; keeps itself out of git


class Memory:
    """What was built from what on this machine, so that nothing is run twice for the same result.

    A fingerprint covers all that can change an output: the source, the kit's own files, the
    dataset's manifest, Python and every installed package. It is no part of what is built.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / FOLDER / "built.json"
        self._common = _kit(root)
        try:
            self._built = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._built = {}

    def is_fresh(self, source: Path, targets: list[str]) -> bool:
        """Tell whether each target was built from just this, and has not been touched since."""
        known = self._built.get(source.relative_to(self._root).as_posix(), {})
        if known.get("made_from") != self._fingerprint(source):
            return False
        files = known.get("files", {})
        return set(files) == set(targets) and all(
            files[target] == digest(self._root / target) for target in targets
        )

    def said(self, source: Path) -> list[str]:
        """Return what the last build of a source had to tell its author."""
        known = self._built.get(source.relative_to(self._root).as_posix(), {})
        return list(known.get("said", []))

    def note(self, source: Path, targets: list[str], said: list[str]) -> None:
        """Remember that the targets on disk agree with what the source gives, and what was said."""
        self._built[source.relative_to(self._root).as_posix()] = {
            "made_from": self._fingerprint(source),
            "files": {target: digest(self._root / target) for target in sorted(targets)},
            "said": said,
        }
        if not self._file.parent.is_dir():
            write_whole(self._file.parent / ".gitignore", "*\n")
        write_whole(self._file, json.dumps(self._built, indent=1, sort_keys=True) + "\n")

    def _fingerprint(self, source: Path) -> str:
        return hashlib.sha256(source.read_bytes() + self._common.encode()).hexdigest()


def digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, None if there is no such file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def difference(path: Path, made: str, lines: list[int]) -> str | None:
    """Say in what a file on disk differs from what its source gives now, None if in nothing.

    Notebooks are compared by cells, metadata and text outputs; pictures only by being there, since
    their bytes depend on the fonts and processor of the machine.
    """
    if not path.is_file():
        return say("course.stale_missing")
    if path.suffix != ".ipynb":
        same = path.read_text(encoding="utf-8") == made
        return None if same else say("course.stale_content")
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        cells = old.pop("cells")
        found = [_comparable(cell) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError):
        return say("course.stale_no_notebook")
    new = json.loads(made)
    wanted = [_comparable(cell) for cell in new.pop("cells")]
    for number, (one, other) in enumerate(zip(found, wanted, strict=False)):
        if one != other:
            key = "stale_cell" if one[:-1] != other[:-1] else "stale_output"
            return say(f"course.{key}", cell=cells[number].get("id"), line=lines[number])
    if len(found) != len(wanted):
        return say("course.stale_count", found=len(found), wanted=len(wanted))
    return None if old == new else say("course.stale_metadata")


def _comparable(cell: dict[str, Any]) -> list[Any]:
    """Return a cell as [all but outputs, outputs with pictures emptied]."""
    outputs = [
        {
            key: {kind: "" if kind in PICTURES else text for kind, text in value.items()}
            if key == "data"
            else value
            for key, value in output.items()
        }
        for output in cell.get("outputs", [])
    ]
    return [{key: value for key, value in cell.items() if key != "outputs"}, outputs]


def _kit(root: Path) -> str:
    """Return a digest of everything beside the source that a built file depends on."""
    package = Path(__file__).parents[1]
    files = [path for path in sorted(package.rglob("*")) if path.is_file()]
    files = [path for path in files if "__pycache__" not in path.parts]
    files.append(root / "data" / "synthetic" / "manifest.json")
    seen = [f"{path.name} {digest(path)}" for path in files]
    seen += sorted(f"{dist.name} {dist.version}" for dist in distributions())
    return hashlib.sha256("\n".join([sys.version, *seen]).encode()).hexdigest()
