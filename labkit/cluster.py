"""A dask.distributed cluster, joined only where its workers run this very kit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.errors import MachineError

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
    except ImportError:
        raise MachineError(
            "cluster: dask.distributed is not installed. "
            "Install it with: uv pip install 'helsedata-labkit[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise MachineError(
            f"cluster: no scheduler answers at {address}. Start one with: dask scheduler"
        ) from error
    try:
        versions = client.run(version)
    except Exception as error:
        client.close()
        raise MachineError(
            f"cluster: the workers at {address} cannot load labkit ({error}). "
            "Install the same version there."
        ) from error
    wrong = [worker for worker, found in versions.items() if found != version()]
    if wrong:
        complaint = f"another version of labkit on {', '.join(wrong)}. Install the same there."
    elif not versions:
        complaint = f"the scheduler at {address} has no workers. Start: dask worker {address}"
    else:
        return client
    client.close()
    raise MachineError(f"cluster: {complaint}")
