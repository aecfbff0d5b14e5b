"""What the terminal shows while a dataset is made, and when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from labkit.messages import say
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
        rich.TextColumn(say("world.rows_rate", rows="{task.fields[rows]:,}")),
        rich.TimeRemainingColumn(),
    )
    bar = rich.Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("", total=None, rows=0)

    def show(done: int, total: int, rows: int) -> None:
        bar.start()  # only now: options that are refused leave no bar behind
        bar.update(task, completed=done, total=total, rows=rows)

    try:
        yield show
    finally:
        bar.stop()


def generate_shown(
    options: dict[str, Any], out: Path, *, format: str = "parquet", workers: int = 1
) -> str:
    """Make a dataset with a progress bar; return what to say when it is done.

    Args:
        options: Fields of `Config`.
        out: Folder to make.
        format: As in `generate`.
        workers: As in `generate`.
    """
    began = perf_counter()
    with shown() as progress:
        manifest = generate(
            Config(**options), out, format=format, workers=workers, progress=progress
        )
    return summary(manifest, out, format, perf_counter() - began)


def summary(manifest: Manifest, out: Path, format: str, seconds: float) -> str:
    """Say what was made, where, and what to do next."""
    layers: dict[str, int] = {}
    for content in manifest.tables.values():
        layers[content.layer] = layers.get(content.layer, 0) + content.rows
    lines = [
        say(
            "world.made",
            people=f"{manifest.config.people:,}",
            rows=f"{manifest.rows:,}",
            tables=len(manifest.tables),
            seconds=f"{seconds:.1f}",
            rate=f"{manifest.rows / max(seconds, 1e-9):,.0f}",
        )
    ]
    lines += [f"  {layer:<11}{rows:>14,}" for layer, rows in layers.items()]
    lines.append(say("world.where", folder=out, hash=manifest.hash[:16]))
    lines.append(say(f"world.next_{format}", folder=out))
    return "\n".join(lines)
