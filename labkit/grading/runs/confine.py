"""Put the calling process into another's namespaces for good, with Linux's own calls.

Imports nothing but the standard library, so that a probe of it starts at once.
"""

import ctypes
import os
import platform
import resource
import struct
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

# Calls that a run is refused, by their number on (x86_64, aarch64), as in <asm/unistd.h>.
REFUSED = {
    # memory that belongs to no process, so that nobody counts it
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
    # namespaces of its own, in which it could mount more of such memory
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "fsopen": (430, 430), "open_tree": (428, 428),
    # keys, which live on outside it: notes for others, and the tickets of who grades
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # parts of the system that no lesson needs, and from which others have broken out before
    "io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "open_by_handle_at": (304, 265),
    # the memory and the files of others: of those who hold its room, to which this does not apply
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
}  # fmt: skip
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH
_CLONE, _CLONE3 = (56, 220), 435
_FOREIGN = 0x40000000  # from here on, calls of x86_64 by other numbers
_NEW_NAMESPACES = 0x7E020000  # flags of clone
_SET_SECCOMP, _FILTER = 22, 2
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


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
    """Lose every capability, the way to gain one, and calls that go around limits."""
    for capability in range(_CAPABILITIES):
        try:
            _call("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:  # beyond the last one that this system knows
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)  # its memory can be measured from outside
    die_with_parent()
    refuse_calls()


def refuse_calls() -> None:
    """Refuse the calls in `REFUSED`, and new namespaces, to this process and all that it begins.

    With them goes the way to gain privileges by running a program. On machines whose calls are not
    known here, no more than that.

    Raises:
        OSError: If the system has no such filter.
    """
    _call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if platform.machine() not in _MACHINES:
        return
    program = _filter(*_MACHINES[platform.machine()])
    kept = ctypes.create_string_buffer(program, len(program))
    about = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    _call("prctl", _SET_SECCOMP, _FILTER, about, 0, 0)


def _filter(column: int, machine: int) -> bytes:
    """Write the filter as the kernel's small machine reads it: (code, yes, no, value) each.

    A step loads a word of the call (its number at 0, machine at 4, first argument at 16), compares
    it and goes on so many steps further, or ends with what becomes of the call.
    """
    load, ends, equals, at_least, has = 0x20, 0x06, 0x15, 0x35, 0x45
    refused = sorted(numbers[column] for numbers in REFUSED.values())
    steps = [
        (load, 0, 0, 4), (equals, 1, 0, machine), (ends, 0, 0, _ENOSYS),
        (load, 0, 0, 0), (at_least, 0, 1, _FOREIGN), (ends, 0, 0, _ENOSYS),
        # its flags lie in memory, where they cannot be seen; without it, the C library takes clone
        (equals, 0, 1, _CLONE3), (ends, 0, 0, _ENOSYS),
        *((equals, len(refused) - place + 3, 0, n) for place, n in enumerate(refused)),
        (equals, 0, 2, _CLONE[column]), (load, 0, 0, 16), (has, 1, 0, _NEW_NAMESPACES),
        (ends, 0, 0, _ALLOW), (ends, 0, 0, _EPERM),
    ]  # fmt: skip
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


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
