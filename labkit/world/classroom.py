"""The class dataset: the one that students see, made on each machine at first use."""

import os
import shutil
from pathlib import Path

import platformdirs

from labkit.errors import DataError
from labkit.materials import materials
from labkit.messages import say
from labkit.store import connect
from labkit.store.lock import lock
from labkit.world.generate import generate
from labkit.world.manifest import NAME, Manifest, read_manifest
from labkit.world.part import Config
from labkit.world.workers import fingerprint

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
    _compare(read_manifest(folder), folder)
    return folder


def made_class_dataset() -> Path:
    """Return the class dataset as this version of the generator makes it, compared with nothing."""
    folder = home() / f"class-{fingerprint()[:8]}"
    if not (folder / NAME).exists():
        with lock(folder.with_name(f".{folder.name}.making"), wait_seconds=WAIT_SECONDS):
            if not (folder / NAME).exists():
                _make(folder)
    return folder


def _make(folder: Path) -> None:
    from rich.console import Console

    with Console(stderr=True).status(say("world.making_class")):
        shutil.rmtree(folder, ignore_errors=True)  # without a manifest it is not whole
        generate(Config(), folder)
        connect(folder).close()


def _compare(made: Manifest, folder: Path) -> None:
    expected_in = materials() / "data" / "synthetic"
    if not (expected_in / NAME).exists():
        return
    expected = read_manifest(expected_in)
    if made.hash == expected.hash:
        return
    names = sorted(
        name
        for name in made.tables.keys() | expected.tables.keys()
        if getattr(made.tables.get(name), "hash", None)
        != getattr(expected.tables.get(name), "hash", None)
    )
    raise DataError(
        f"The class dataset in {folder} is not the one that the kit expects; "
        f"these tables differ: {', '.join(names)}. Remove that folder and try again. "
        "If you have changed the generator, run: labkit build"
    )
