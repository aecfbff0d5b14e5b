"""The dataset of one lab: the one that `labkit release` gave it, or the class's.

A lab from `labkit release` holds `.labkit/dataset.json`: what its dataset is made from, and the
hash of its content. It is made on this machine at first use, as the class dataset is.
"""

import json
from pathlib import Path

from labkit.errors import DataError
from labkit.messages import say
from labkit.world.classroom import MANIFEST, WAIT_SECONDS, class_dataset, home, make_shown
from labkit.world.fingerprint import fingerprint

ABOUT = Path(".labkit", "dataset.json")


def lab_dataset(start: Path | None = None) -> Path:
    """Return the dataset of the lab that a folder lies in.

    Args:
        start: A folder in the lab; the working folder by default.

    Raises:
        DataError: If the content is not what the lab says.
        MachineError: If it cannot be made here.
    """
    try:
        here = (start or Path.cwd()).absolute()
    except OSError:  # the working folder has been removed
        return class_dataset()
    path = next((p for f in (here, *here.parents) if (p := f / ABOUT).is_file()), None)
    return class_dataset() if path is None else _own(path)


def _own(path: Path) -> Path:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        people, seed, expected = int(about["people"]), int(about["seed"]), str(about["hash"])
    except (OSError, ValueError, LookupError, TypeError):
        raise DataError(say("world.broken_own", path=path)) from None
    folder = home() / f"own-{fingerprint()[:8]}-{people}-{seed}"
    if not (folder / MANIFEST).exists():
        from labkit.store.lock import lock
        from labkit.world.part import Config

        with lock(folder.with_name(f".{folder.name}.making"), wait_seconds=WAIT_SECONDS):
            if not (folder / MANIFEST).exists():
                make_shown(Config(people=people, seed=seed), folder)
    if json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["hash"] != expected:
        raise DataError(say("world.other_kit", path=path))
    return folder
