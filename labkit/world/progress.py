"""What the terminal shows while a dataset is made, and when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from labkit.errors import InputError, Interrupted
from labkit.messages import numeral, say
from labkit.world.generate import Progress, generate
from labkit.world.manifest import Manifest
from labkit.world.part import Config


@contextmanager
def shown() -> Iterator[Progress]:
    """Show a bar with partitions done, rows and rows per second; yields what to call."""
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn(say("world.making")),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn(say("world.rows_rate", rows="{task.fields[rows]}")),
        rich.TimeRemainingColumn(),
    )
    bar = rich.Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("", total=None, rows="0")

    def show(done: int, total: int, rows: int) -> None:
        bar.start()  # only now: options that are refused leave no bar behind
        bar.update(task, completed=done, total=total, rows=numeral(rows))

    try:
        yield show
    except KeyboardInterrupt:
        raise Interrupted(say("kit.interrupted")) from None
    finally:
        if bar.live.is_started:
            bar.stop()


def generate_shown(
    options: dict[str, Any],
    out: Path | None,
    *,
    format: str = "parquet",
    workers: int = 1,
    cluster: str | None = None,
    to: str | None = None,
) -> str:
    """Make a dataset with a progress bar; return what to say when it is done.

    Args:
        options: Fields of `Config`.
        out: Folder to make; None for `dataset`, or for no folder at all with `to`.
        format: As in `generate`.
        workers: As in `generate`.
        cluster: As in `generate`.
        to: Address of a PostgreSQL server to load.
    """
    from labkit.store import postgres

    if to is None:
        return _made(options, out or Path("dataset"), format, workers, cluster)
    if format != "parquet":
        raise InputError(say("world.to_format"))
    postgres.ready(to)  # before any work, not after it
    with TemporaryDirectory(prefix="labkit-") as temporary:
        folder = out or Path(temporary) / "dataset"
        lines = [_made(options, folder, format, workers, cluster, next_step=out is not None)]
        try:
            rows = postgres.load(folder, to)
        except KeyboardInterrupt:
            raise Interrupted(say("world.not_loaded")) from None
    return "\n".join([*lines, say("world.loaded", rows=numeral(rows))])


def _made(
    options: dict[str, Any],
    out: Path,
    format: str,
    workers: int,
    cluster: str | None,
    *,
    next_step: bool = True,
) -> str:
    began = perf_counter()
    with shown() as progress:
        manifest = generate(
            Config(**options),
            out,
            format=format,
            workers=workers,
            cluster=cluster,
            progress=progress,
        )
    lines = summary(manifest, perf_counter() - began)
    if next_step:
        lines.append(say("world.where", folder=out, hash=manifest.hash[:16]))
        lines.append(say(f"world.next_{format}", folder=out))
    return "\n".join(lines)


def summary(manifest: Manifest, seconds: float) -> list[str]:
    """Say how much was made, in all and by layer, and how fast."""
    layers: dict[str, int] = {}
    for content in manifest.tables.values():
        layers[content.layer] = layers.get(content.layer, 0) + content.rows
    made = say(
        "world.made",
        people=numeral(manifest.config.people),
        rows=numeral(manifest.rows),
        tables=len(manifest.tables),
        seconds=numeral(seconds, decimals=1),
        rate=numeral(round(manifest.rows / max(seconds, 1e-9))),
    )
    return [made, *(f"  {layer:<11}{numeral(rows):>14}" for layer, rows in layers.items())]
