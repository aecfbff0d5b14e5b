"""The command line: one short function for each command, no logic of its own."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from typer.exceptions import TyperException

from labkit.errors import InputError, Interrupted, LabkitError
from labkit.messages import Language

app = typer.Typer(
    help="A lab kit for health-data analysis on synthetic data whose truth is known.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"labkit {version('helsedata-labkit')}")
        raise typer.Exit


@app.callback()
def _labkit(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    from labkit.course.language import choose_language

    choose_language()


@app.command()
def lab(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Lab folder.")] = Path("lab"),
    lang: Annotated[Language | None, typer.Option(help="Language of the lab.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 for any that is free.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the start page in the browser.")] = True,
) -> None:
    """Open the student's lab in JupyterLab.

    Data, lessons, exercises and start page come first. Your own files are never overwritten.

    Example: labkit lab my-lab --lang en
    """
    from labkit.course.lab import open_lab

    open_lab(folder, lang=lang, port=port, browser=browser)


@app.command()
def build(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="MODULE", help="As 5 or 05_algebra_sql; all by default."),
    ] = None,
    check: Annotated[bool, typer.Option(help="Write nothing; fail if a file is stale.")] = False,
) -> None:
    """Build notebooks and answer keys from their sources.

    And the manifest, dictionary and sample of the class dataset.

    Example: labkit build 5
    """
    from labkit.course.build import build

    print(build(names, check=check).summary())


@app.command()
def generate(
    people: Annotated[int, typer.Option(help="People in the population.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same content.")] = 2024,
    out: Annotated[Path | None, typer.Option(help="Folder to make; by default dataset.")] = None,
    format: Annotated[str, typer.Option(help="parquet, duckdb, csv or sqlite.")] = "parquet",
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    cluster: Annotated[
        str | None, typer.Option(help="Scheduler of a dask.distributed cluster to work on.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="PostgreSQL server to load, as an address.")
    ] = None,
    region: Annotated[str, typer.Option(help="fjell (eight municipalities) or norway.")] = "fjell",
    defects: Annotated[str, typer.Option(help="Planted errors: none, class or hard.")] = "class",
) -> None:
    """Make a dataset of the synthetic region.

    With its truth and a manifest; the same options give the same content on any machine.

    Example: labkit generate --people 20000 --seed 7 --out data/hidden --workers 2
    """
    from labkit.world.progress import generate_shown

    config = dict(people=people, seed=seed, region=region, defects=defects)
    made = generate_shown(config, out, format=format, workers=workers, cluster=cluster, to=to)
    typer.echo(made)


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Dataset in Parquet form.")],
    clean: Annotated[
        Path | None, typer.Option(help="The same dataset made with --defects none.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Measure only this; may be repeated.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List the targets that pass too.")] = False,
) -> None:
    """Hold a dataset against published figures.

    And against the rules that must hold. A report is written beside the data.

    Example: labkit validate dataset
    """
    from labkit.world.validate.show import validate_shown

    if not validate_shown(folder, clean=clean, only=tuple(metric or ()), every=every):
        raise typer.Exit(1)


@app.command()
def doctor(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Lab folder.")] = Path("lab"),
    lang: Annotated[Language | None, typer.Option(help="Language of the report.")] = None,
) -> None:
    """Say what is wrong with this machine and how to mend it.

    Example: labkit doctor --lang en
    """
    from labkit.course.doctor import report
    from labkit.course.language import choose_language

    choose_language(lang, folder)
    report(folder.absolute())


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="Folder, zip or LMS export.")],
    out: Annotated[Path, typer.Option(help="Folder for gradebook, feedback and work.")],
    people: Annotated[int | None, typer.Option(help="People in the hidden dataset.")] = None,
    seed: Annotated[int | None, typer.Option(help="Its seed; drawn and kept by default.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Submissions run at one time; default: cores.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one cell.")] = 30,
    cluster: Annotated[
        str | None, typer.Option(help="Scheduler of a dask.distributed cluster to run them on.")
    ] = None,
    sandbox: Annotated[
        str | None, typer.Option(help="bwrap, unshare or none; default: the strongest there is.")
    ] = None,
    release: Annotated[
        Path | None, typer.Option(help="Folder of labkit release, for individual datasets.")
    ] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder of exercise sources.")] = None,
) -> None:
    """Grade submissions on a hidden dataset.

    After an interruption the same command goes on where it stopped.

    Example: labkit grade submissions --out graded
    """
    from labkit.course.source import read_exercise
    from labkit.grading.show import grade_shown
    from labkit.materials import materials

    run = dict(workers=workers, timeout=timeout, cluster=cluster, by=sandbox)
    options = dict(people=people, seed=seed, release=release, **run)
    where = solutions or materials() / "solutions"
    typer.echo(grade_shown(submissions, out, solutions=where, read=read_exercise, **options))


@app.command()
def report(
    out: Annotated[Path, typer.Argument(help="Folder that labkit grade has made.")],
    lang: Annotated[Language | None, typer.Option(help="Language of the report.")] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder of exercise sources.")] = None,
) -> None:
    """Write gradebooks, feedback and class report again.

    From the marks that are stored; nothing is run.

    Example: labkit report graded --lang en
    """
    from labkit.course.language import choose_language
    from labkit.course.source import read_exercise
    from labkit.grading.results import loader, read_results, write_results
    from labkit.materials import materials
    from labkit.messages import say

    choose_language(lang)
    load = loader(solutions or materials() / "solutions", read_exercise)
    typer.echo(say("report.made", **vars(write_results(out, *read_results(out, load)))))


@app.command()
def release(
    out: Annotated[Path, typer.Option(help="Folder for the bundles and the instructor's part.")],
    roster: Annotated[Path, typer.Option(help="CSV with student and, for pairs, pair.")] = Path(
        "roster.csv"
    ),
    lang: Annotated[Language | None, typer.Option(help="Language; both by default.")] = None,
    people: Annotated[int, typer.Option(help="People in each dataset.")] = 3_000,
    exercise: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Labs made at one time; default: cores.")
    ] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder of exercise sources.")] = None,
) -> None:
    """Make a lab with a dataset of its own for each student.

    Or for each pair. After an interruption the same command goes on where it stopped.

    Example: labkit release --out labs --roster roster.csv --lang nb
    """
    from labkit.course.release import release_shown

    options = dict(lang=lang, people=people, names=exercise or (), workers=workers)
    typer.echo(release_shown(out, roster, solutions=solutions, **options))


@app.command()
def copies(
    out: Annotated[Path, typer.Argument(help="Folder that labkit grade has made.")],
    release: Annotated[Path | None, typer.Option(help="Folder of labkit release.")] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder of exercise sources.")] = None,
) -> None:
    """List students whose unusual answers agree.

    Signs, not verdicts: read the work before you conclude.

    Example: labkit copies graded --release labs
    """
    from labkit.course.source import read_exercise
    from labkit.grading.copies import copies_shown
    from labkit.grading.results import loader
    from labkit.materials import materials

    load = loader(solutions or materials() / "solutions", read_exercise)
    typer.echo(copies_shown(out, load, release))


@app.command()
def mark(
    out: Annotated[Path, typer.Argument(help="Folder that labkit grade has made.")],
    marker: Annotated[str, typer.Option(help="Your initials; a second marker uses others.")],
    names: Annotated[bool, typer.Option(help="Show the students' names.")] = False,
    port: Annotated[int, typer.Option(help="Port; 0 for any that is free.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    lang: Annotated[Language | None, typer.Option(help="Language of the page.")] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder of exercise sources.")] = None,
) -> None:
    """Mark written tasks by their rubric on a local page.

    Each level is saved at once.

    Example: labkit mark graded --marker AB
    """
    from labkit.course.language import choose_language
    from labkit.course.source import read_exercise
    from labkit.grading.results import loader
    from labkit.grading.rubric.desk import Desk
    from labkit.grading.rubric.server import serve_marking
    from labkit.materials import materials

    choose_language(lang)
    load = loader(solutions or materials() / "solutions", read_exercise)
    serve_marking(Desk(out, load, marker=marker, names=names), port=port, browser=browser)


@app.command()
def status(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Graded class, or a student's lab.")
    ] = Path("."),
    attendance: Annotated[
        Path | None, typer.Option(help="CSV; by default DIR/attendance.csv.")
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Language of the table.")] = None,
    solutions: Annotated[Path | None, typer.Option(help="Folder of exercise sources.")] = None,
) -> None:
    """Show who may sit the exam and what is missing.

    In a lab folder: your own progress.

    Example: labkit status graded --attendance attendance.csv
    """
    from rich.console import Console

    from labkit.course.language import choose_language
    from labkit.course.source import read_exercise
    from labkit.course.status import class_status, own_status_table, status_table
    from labkit.materials import materials
    from labkit.messages import say

    choose_language(lang, folder)
    if (folder / ".labkit").is_dir():
        Console().print(own_status_table(folder))
        return
    where = solutions or materials() / "solutions"
    found, kept = class_status(folder, solutions=where, read=read_exercise, attendance=attendance)
    Console().print(status_table(found))
    may_sit = sum(standing.may_sit for standing in found)
    typer.echo(say("status.kept", may_sit=may_sit, students=len(found), path=kept))


@app.command()
def portfolio(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Lab folder.")] = Path("lab"),
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; by default in the lab.")
    ] = None,
    name: Annotated[str, typer.Option(help="Whose it is, for the first page.")] = "",
    lang: Annotated[Language | None, typer.Option(help="Language of the page.")] = None,
) -> None:
    """Gather a student's texts into one page that prints.

    And the cells tagged portfolio, with their figures.

    Example: labkit portfolio my-lab --name "Kari Nordmann"
    """
    from labkit.course.language import choose_language
    from labkit.course.portfolio import make_portfolio
    from labkit.messages import say

    choose_language(lang, folder)
    made = make_portfolio(folder, out, name=name, lang=lang)
    typer.echo(say("portfolio.made", path=made))


@app.command()
def pairs(
    roster: Annotated[Path, typer.Argument(help="CSV with columns student and background.")],
    round: Annotated[int | None, typer.Option(help="From 1; default: the next one.")] = None,
    absent: Annotated[str, typer.Option(help="Who is not there, with commas between.")] = "",
    seed: Annotated[int, typer.Option(help="Decides between equally good pairings.")] = 0,
    lang: Annotated[Language | None, typer.Option(help="Language of the table.")] = None,
) -> None:
    """Make pairs across backgrounds.

    With new partners each time: all rounds are kept in a file beside the roster.

    Example: labkit pairs roster.csv --absent "Kari, Ola"
    """
    from rich.console import Console

    from labkit.course.language import choose_language
    from labkit.course.pairs import pair_roster, pairs_table
    from labkit.messages import say

    choose_language(lang)
    number, groups, kept = pair_roster(roster, round=round, absent=absent.split(","), seed=seed)
    Console().print(pairs_table(groups, number, lang))
    typer.echo(say("pairs.kept", path=kept))


@app.command()
def outcomes() -> None:
    """Show which graded tasks ask for each learning outcome.

    Example: labkit outcomes
    """
    from rich.console import Console

    from labkit.course.coverage import coverage_table, read_coverage

    Console().print(coverage_table(read_coverage()))


def main() -> None:
    """Run the command line; what the user can mend is printed without a traceback."""
    stopped = _note_ctrl_c()
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except LabkitError as error:
        sys.exit(_complain(str(error), error.exit_code))
    except TyperException as error:
        from labkit.course.usage import complaint

        code = _complain(complaint(error), InputError.exit_code)
    except Exception:
        if not stopped:
            raise
        code = Interrupted.exit_code
    if stopped and code == Interrupted.exit_code:
        from labkit.messages import say

        _complain(say("kit.stopped"), code)
    sys.exit(code)


def _note_ctrl_c() -> list[int]:
    """Return a list that is empty until Ctrl-C: DuckDB turns what it raises into a RuntimeError."""
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is to be ignored
        signal.signal(signal.SIGINT, note)
    return noted


def _complain(text: str, code: int) -> int:
    print(f"labkit: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
