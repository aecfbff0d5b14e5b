"""Validating a dataset: targets and invariants, gathered in one report."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import DataError
from labkit.messages import say
from labkit.world.manifest import Manifest, read_manifest
from labkit.world.validate.dataset import open_dataset
from labkit.world.validate.invariant import Invariant, invariants
from labkit.world.validate.measure import measure
from labkit.world.validate.target import Target, targets
from labkit.world.validate.verdict import WORDS, Verdict, judge

Progress = Callable[[int, int, str], None]  # done, in all, what comes next


@dataclass(frozen=True)
class Report:
    """What a dataset was found to be."""

    manifest: Manifest
    verdicts: tuple[Verdict, ...]
    invariants: tuple[Invariant, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Targets by verdict."""
        found = Counter(verdict.word for verdict in self.verdicts)
        return {word: found[word] for word in WORDS}

    @property
    def broken(self) -> tuple[Invariant, ...]:
        """The invariants that do not hold."""
        return tuple(one for one in self.invariants if not one.holds)

    @property
    def is_valid(self) -> bool:
        """Whether all invariants hold, and no target fails without a reason."""
        return not self.broken and not self.counts["fail"]


def validate(
    folder: Path | str,
    *,
    clean: Path | str | None = None,
    only: tuple[str, ...] = (),
    progress: Progress = lambda done, total, name: None,
) -> Report:
    """Hold a dataset against the targets and the invariants.

    Args:
        folder: A dataset in Parquet form.
        clean: The same dataset made without defects: the extracts less their defects must equal it.
        only: Names of metrics to measure; all if empty.
        progress: Called before each measure with (done, in all, what comes next).

    Returns:
        The report; nothing is written.

    Raises:
        DataError: If the dataset is not there, is not whole, or is in another form.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(say("validate.no_folder", folder=folder))
    manifest = read_manifest(folder)
    chosen = [t for t in targets() if _fits(t, manifest.config.region, only)]
    connection = open_dataset(folder)
    verdicts = []
    for done, target in enumerate(chosen):
        progress(done, len(chosen), target.name)
        verdicts.append(judge(target, measure(connection, target)))
    progress(len(chosen), len(chosen), "")
    held = invariants(connection, folder, clean=Path(clean) if clean else None)
    return Report(manifest, tuple(verdicts), held)


def _fits(target: Target, region: str, only: tuple[str, ...]) -> bool:
    return target.region in ("", region) and (not only or target.metric in only)
