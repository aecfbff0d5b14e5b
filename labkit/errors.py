"""Errors that a user can mend. Each says what, where, what came and what to do.

The command line and the notebooks print them without a traceback; anything else that is raised
is a bug.
"""


class LabkitError(Exception):
    """Base of every error whose cause lies outside the kit."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in notebooks: IPython asks an error for this."""
        return [str(self)]


class InputError(LabkitError):
    """An argument, option or cell has a value that cannot be used."""

    exit_code = 2


class DataError(LabkitError):
    """A dataset is missing, incomplete, or not what its manifest says."""

    exit_code = 3


class BuildError(LabkitError):
    """A lesson or exercise source is wrong, or a built file is stale."""

    exit_code = 4


class GradingError(LabkitError):
    """Submissions cannot be found, run or marked."""

    exit_code = 5


class MachineError(LabkitError):
    """The machine lacks something: disk, memory, a port, a program, a server."""

    exit_code = 6


class Interrupted(LabkitError):
    """The user stopped the work, and it was cleared away."""

    exit_code = 130
