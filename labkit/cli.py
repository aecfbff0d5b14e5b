"""The command line: one short function for each command, no logic of its own."""

import sys

import typer

from labkit.errors import LabkitError

app = typer.Typer(
    help="A lab kit for health-data analysis on synthetic data whose truth is known.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _labkit() -> None:
    pass


def main() -> None:
    """Run the command line; what the user can mend is printed without a traceback."""
    try:
        app()
    except LabkitError as error:
        print(f"labkit: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("labkit: interrupted. Nothing half-made was left behind.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
