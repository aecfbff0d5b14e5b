"""Put the calling process into another's namespaces for good, with Linux's own calls.

Imports nothing but the standard library, so that a probe of it starts at once.
"""

import ctypes
import os
import resource
import sys

NAMESPACES = {  # as in <linux/sched.h>
    "user": 0x10000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
}
_SET_PDEATHSIG, _SET_DUMPABLE, _CAPBSET_DROP, _SET_NO_NEW_PRIVS, _SET_CHILD_SUBREAPER = (
    1,
    4,
    24,
    38,
    36,
)
_CAPABILITY_VERSION_3 = 0x20080522
_CAPABILITIES = 64
_SIGKILL = 9


def differing(pid: int) -> int:
    """Return the flags of the namespaces in which a process differs from this one."""
    return sum(
        flag
        for name, flag in NAMESPACES.items()
        if os.stat(f"/proc/{pid}/ns/{name}").st_ino != os.stat(f"/proc/self/ns/{name}").st_ino
    )


def enter(pidfd: int, flags: int) -> None:
    """Join a process's namespaces; the process namespace takes the children born after this.

    Raises:
        OSError: If the system refuses.
    """
    _call("setns", pidfd, flags)
    die_with_parent()  # joining has cleared it


def die_with_parent() -> None:
    """Have this process killed when its parent ends."""
    _call("prctl", _SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none is lost sight of."""
    _call("prctl", _SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def give_up_privileges() -> None:
    """Lose every capability, and the way to gain one by running a program."""
    for capability in range(_CAPABILITIES):
        try:
            _call("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:  # beyond the last one that this system knows
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)  # its memory can be measured from outside
    die_with_parent()


def limit(limits: dict[str, int]) -> None:
    """Set limits of resources by name, as `{"AS": bytes, "NOFILE": 256}`."""
    for name, value in limits.items():
        what = getattr(resource, f"RLIMIT_{name}")
        most = resource.getrlimit(what)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(what, (value, value))


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


_LIBC = ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":  # the probe: PIDFD FLAGS; ends with 0 if a process can be confined
    enter(int(sys.argv[1]), int(sys.argv[2]))
    child = os.fork()
    if child == 0:
        give_up_privileges()
        os.listdir("/")
        os._exit(0)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
