"""What the terminal shows while a dataset is validated, and when it is done."""

from pathlib import Path

from labkit.errors import InputError
from labkit.messages import language, numeral, say
from labkit.world.validate.measure import metrics
from labkit.world.validate.picture import word
from labkit.world.validate.report import (
    dataset_line,
    interval,
    rules_line,
    summary,
    wanted,
    write_report,
)
from labkit.world.validate.run import Report, validate

STYLES = {
    "pass": "green",
    "explained": "yellow",
    "borderline": "magenta",
    "fail": "bold red",
    "too few": "dim",
}


def validate_shown(
    folder: Path, *, clean: Path | None = None, only: tuple[str, ...] = (), every: bool = False
) -> bool:
    """Validate with a progress bar, write the report, print a summary.

    Args:
        folder: A dataset in Parquet form.
        clean: The same dataset without defects, to compare with.
        only: Metrics to measure; all if empty.
        every: Whether to list the targets that pass too.

    Returns:
        Whether the dataset passes.

    Raises:
        InputError: If a metric is not known.
        DataError: If the dataset cannot be read.
    """
    from rich import progress as rich
    from rich.console import Console

    unknown = [name for name in only if name not in metrics()]
    if unknown:
        raise InputError(say("validate.no_metric", came=unknown[0], known=", ".join(metrics())))
    console = Console(stderr=True)
    columns = (
        rich.TextColumn(say("validate.measuring")),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.description}", markup=False),
    )
    with rich.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        report = validate(folder, clean=clean, only=only, progress=show)
    paths = write_report(report, folder)
    _print(report, every=every)
    print(say("validate.where", html=paths[0], json=paths[1]))
    return report.is_valid


def _print(report: Report, *, every: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    lang = language()
    console = Console()
    listed = [v for v in report.verdicts if every or v.word not in ("pass", "too few")]
    if listed:
        table = Table()
        table.add_column(say("validate.metric"), overflow="fold")
        for name in ("wanted", "measured", "verdict"):
            table.add_column(say(f"validate.{name}"), justify="right")
        for one in listed:
            table.add_row(
                Text(one.target.name),
                wanted(one, lang),
                interval(one, lang),
                Text(word(one.word, lang), style=STYLES[one.word]),
            )
        console.print(table)
    for rule in report.broken:
        text = f"{rule.name}: {rule.about()}: {numeral(rule.breaks)} / {numeral(rule.rows)}"
        console.print(Text(text, style="red"))
    print(dataset_line(report))
    print(summary(report))
    print(rules_line(report))
    print(say("validate.valid" if report.is_valid else "validate.not_valid"))
