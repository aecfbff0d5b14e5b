"""What a student has got to hold, kept in the lab folder for the start page."""

import json
import time
from pathlib import Path
from typing import NamedTuple


class Best(NamedTuple):
    """The best verdict that a task has had."""

    status: str  # "right", "almost"
    points: float
    tries: int


def lab_folder(start: Path | None = None) -> Path | None:
    """Find the `.labkit` folder of the lab that a folder lies in, or None outside a lab."""
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:  # the working folder has been removed
        return None
    for folder in (here, *here.parents):
        if (folder / ".labkit").is_dir():
            return folder / ".labkit"
    return None


def record(task: str, status: str, points: float, *, folder: Path | None = None) -> None:
    """Add one line to the lab's progress. Never fails: a full disk must not stop an exercise.

    Args:
        task: Id of the task.
        status: `right` or `almost`.
        points: Earned by this answer.
        folder: The `.labkit` folder; found from the working folder if not given.
    """
    folder = folder or lab_folder()
    if folder is None:
        return
    line = {"task": task, "status": status, "points": points, "time": int(time.time())}
    try:
        with open(folder / "progress.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError:
        pass


def read(folder: Path) -> dict[str, Best]:
    """Read the best verdict of each task from a `.labkit` folder.

    Lines that are cut short or not ours are passed over.

    Examples:
        >>> read(Path("no-such-folder"))
        {}
    """
    best: dict[str, Best] = {}
    try:
        text = (folder / "progress.jsonl").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return best
    for line in text.splitlines():
        try:
            raw = json.loads(line)
            task, status, points = str(raw["task"]), str(raw["status"]), float(raw["points"])
        except (ValueError, KeyError, TypeError):
            continue
        old = best.get(task, Best("almost", 0.0, 0))
        won = "right" if "right" in (status, old.status) else "almost"
        best[task] = Best(won, max(points, old.points), old.tries + 1)
    return best
