"""The class dataset: the one that students see, made on each machine at first use.

Finding it loads no generator; only making it does, in a process of its own.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from labkit.errors import DataError
from labkit.materials import materials
from labkit.messages import say
from labkit.world.fingerprint import fingerprint

if TYPE_CHECKING:
    from labkit.world.part import Config

MANIFEST = "manifest.json"
PREFIX = "class-"
WAIT_SECONDS = 300


def home() -> Path:
    """Return the folder for the kit's own data: `LABKIT_HOME`, else the user's data folder."""
    chosen = os.environ.get("LABKIT_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("labkit"))


def class_dataset() -> Path:
    """Return the folder of the class dataset; make it if this version of the kit has not yet.

    Its content is compared with `data/synthetic/manifest.json`, so that every student has the same
    data.

    Raises:
        DataError: If the content is not what the kit's manifest says.
        MachineError: If it cannot be made there.
    """
    folder = made_class_dataset()
    expected = materials() / "data" / "synthetic"
    if (expected / MANIFEST).exists():
        _compare(_hashes(folder), _hashes(expected), folder)
    return folder


def made_class_dataset() -> Path:
    """Return the class dataset as this version of the generator makes it, compared with nothing."""
    folder = home() / f"{PREFIX}{fingerprint()[:8]}"
    if not (folder / MANIFEST).exists():
        from labkit.store.lock import lock

        with lock(folder.with_name(f".{folder.name}.making"), wait_seconds=WAIT_SECONDS):
            if not (folder / MANIFEST).exists():
                _make(folder)
    return folder


def _make(folder: Path) -> None:
    """Make the dataset of this version, and remove those of other versions."""
    from labkit.world.part import Config

    make_shown(Config(), folder)
    for old in folder.parent.glob(f"{PREFIX}*"):
        if old != folder:
            # The manifest first: where an open file stays, the rest is not taken for whole
            with suppress(OSError):
                (old / MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(old, ignore_errors=True)


def make_shown(config: "Config", folder: Path) -> None:
    """Make a dataset in place of one that is not whole, and tell whoever waits."""
    from labkit.world.apart import make_apart

    with _waiting():
        shutil.rmtree(folder, ignore_errors=True)  # without a manifest it is not whole
        make_apart(config, folder)


@contextmanager
def _waiting() -> Iterator[None]:
    """Tell that a dataset is being made; nothing is left of it afterwards."""
    text = say("world.making_class")
    if "ipykernel" in sys.modules:  # rich would want widgets here, and warn that there are none
        from IPython.display import clear_output, display

        display({"text/plain": text}, raw=True)
        try:
            yield
        finally:
            clear_output()
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def _hashes(folder: Path) -> dict[str, str]:
    """Read the content hash of each table from a manifest."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: table["hash"] for name, table in content["tables"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(say("world.manifest_unread", path=path, said=error)) from error


def _compare(made: dict[str, str], expected: dict[str, str], folder: Path) -> None:
    names = sorted(t for t in made.keys() | expected.keys() if made.get(t) != expected.get(t))
    if names:
        raise DataError(say("world.class_differs", folder=folder, tables=", ".join(names)))
