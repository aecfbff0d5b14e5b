"""The hidden dataset: another seed than the class's, and a view of it without truth or seed."""

import os
import secrets
import shutil
from hashlib import sha256
from pathlib import Path

from labkit.grading.ledger import Ledger


def hidden_dataset(work: Path, ledger: Ledger, *, people: int, seed: int | None) -> Path:
    """Make the hidden dataset of a grading, or find the one that was made before.

    Args:
        work: The grading's own folder.
        ledger: Keeps the seed, so that grading again gives the same marks.
        people: Size of the population.
        seed: Seed; by default drawn by the operating system the first time.

    Returns:
        A folder that can be shown to students' code: every table but the truth, and no manifest,
        since a manifest tells the seed. Once made it stays, also when the kit is renewed: a class
        is graded on one dataset.
    """
    drawn = seed if seed is not None else secrets.randbits(62)
    kept = int(ledger.setting("seed", str(drawn)) or drawn)
    seed = seed if seed is not None else kept
    # a run can read the path of what it is shown: it must not tell the seed
    salt = ledger.setting("salt", secrets.token_hex(16))
    made = work / f"hidden-{sha256(f'{salt} {seed} {people}'.encode()).hexdigest()[:16]}"
    if not (made / "view").is_dir():
        _make(made, seed, people)
    return made / "view"


def with_truth(view: Path) -> Path:
    """Return the same dataset with its truth, for the author's runs alone."""
    whole = view.parent / "whole"
    return whole if whole.is_dir() else view


def _make(folder: Path, seed: int, people: int) -> None:
    from labkit.store import connect
    from labkit.world.generate import generate
    from labkit.world.part import Config

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole, view = folder / "whole", folder / ".view"
    generate(Config(people=people, seed=seed), whole)
    connect(whole).close()  # makes labkit.duckdb
    view.mkdir()
    shutil.copy(whole / "labkit.duckdb", view)
    for layer in sorted(p for p in whole.iterdir() if p.is_dir() and p.name != "truth"):
        shutil.copytree(layer, view / layer.name)
    os.replace(view, folder / "view")
