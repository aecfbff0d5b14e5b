"""A dask.distributed cluster, joined only where its workers run this very kit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.errors import MachineError
from labkit.messages import say

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10


def join(address: str, *, version: Callable[[], str]) -> "Client":
    """Join a cluster.

    Args:
        address: The scheduler's, as `tcp://host:8786`.
        version: Called here and on every worker: what must be the same for the work to be.

    Returns:
        A client, for the caller to close.

    Raises:
        MachineError: If no scheduler answers, it has no workers, or they have another version.
    """
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError:
        raise MachineError(say("cluster.not_installed")) from None
    try:
        resolve_address(address)  # a client that has none to go to takes long to give up
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise MachineError(say("cluster.silent", address=address)) from error
    try:
        versions = client.run(version)
    except Exception as error:
        client.close()
        raise MachineError(say("cluster.no_kit", address=address, said=error)) from error
    wrong = [worker for worker, found in versions.items() if found != version()]
    if wrong:
        complaint = say("cluster.other_kit", workers=", ".join(wrong))
    elif not versions:
        complaint = say("cluster.no_workers", address=address)
    else:
        return client
    client.close()
    raise MachineError(complaint)
