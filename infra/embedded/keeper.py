"""Runs one engine, and ends all of its processes when the owner is gone, even by kill -9.

    python -I -S keeper.py IDENTITY UID GID LEFTOVERS COMMAND...

stdin   a pipe from the owner: each byte is a signal number for the engine, its end means SIGKILL for all processes
stdout  a pipe: the engine's pid at the start; it closes when the keeper ends
stderr  the engine's log
status  the engine's exit status, or 128 + n if signal n ended it

LEFTOVERS are paths, separated by colons. The keeper removes them when all processes of the engine are gone.

The owner cannot use PR_SET_PDEATHSIG instead: it follows the *thread* that forked, and each change of credentials
clears it. A pipe has neither weakness; the death signal only covers the case that the keeper itself is killed. As a
child subreaper, the keeper inherits the processes that an engine leaves behind (PostgreSQL's backends). It uses the
standard library and one thread only: this file runs by itself, and code runs between fork and exec.
"""

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

# From linux/prctl.h, linux/sched.h and linux/capability.h.
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT = 1, 28, 36, 47
PR_CAP_AMBIENT_RAISE, SECBIT_NO_SETUID_FIXUP = 2, 1 << 2
CLONE_NEWUSER, CAP_DAC_OVERRIDE, CAPABILITY_VERSION_3 = 0x10000000, 1, 0x20080522


def main(identity: str, uid: int, gid: int, leftovers: str, command: list[str]) -> int:
    """Starts the engine and forwards signals. Returns its status when all of its processes are gone."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    _linux("prctl", PR_SET_CHILD_SUBREAPER, 1)
    engine = _spawn(lambda: IDENTITIES[identity](uid, gid), command)
    os.write(1, b"%d" % engine)
    status = _watch(engine, woken)
    _end_descendants()
    for path in filter(None, leftovers.split(os.pathsep)):
        Path(path).unlink(missing_ok=True)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _watch(engine: int, woken: int) -> int:
    owner = os.getppid()
    while True:
        # The pipe's end suffices, unless a child that the owner forked holds a copy of its other end.
        ready, _, _ = select.select([0, woken], [], [], 1.0)
        if os.getppid() != owner:
            os.kill(engine, signal.SIGKILL)
        if woken in ready:
            os.read(woken, 64)
            if (status := _reap(engine)) is not None:
                return status
        if 0 in ready:
            numbers = os.read(0, 64)
            for number in numbers or [signal.SIGKILL]:
                os.kill(engine, number)
            if not numbers:
                return os.waitpid(engine, 0)[1]


def _reap(engine: int) -> int | None:
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in (0, engine):
            return status if pid else None


def _end_descendants() -> None:
    """Kills all descendants. Orphans become our children (subreaper), so this ends when the whole tree is gone."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            for child in _children():
                os.kill(child, signal.SIGKILL)
            time.sleep(0.005)


def _children() -> list[int]:
    """The pids of our children, from all stat files: /proc/self/task/*/children needs a kernel option."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == os.getpid()]


def _parent(stat: Path) -> int:
    try:
        # "pid (any name) state ppid ..."
        return int(stat.read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def _spawn(become: Callable[[], None], command: list[str]) -> int:
    keeper = os.getpid()
    if engine := os.fork():
        return engine
    try:
        become()
        _linux("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == keeper:
            _exec(command)
    except Exception as error:  # after a fork, nothing may be raised to the parent's code
        os.write(2, f"Cannot start {command[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def _exec(command: list[str]) -> None:
    signal.set_wakeup_fd(-1)
    # Python ignores these two signals, and an ignored signal stays ignored after exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.execv(command[0], command)  # noqa: S606  # no shell is the point


def _stay(_uid: int, _gid: int) -> None:
    pass


def _enter_namespace(uid: int, gid: int) -> None:
    """The engine sees itself as `uid`; outside the namespace, its processes and files stay the caller's."""
    maps = {"setgroups": "deny", "uid_map": f"{uid} {os.geteuid()} 1", "gid_map": f"{gid} {os.getegid()} 1"}
    _linux("unshare", CLONE_NEWUSER)
    for name, text in maps.items():
        Path("/proc/self", name).write_text(text)


def _drop(uid: int, gid: int) -> None:
    """Changes from root to `uid`, and keeps the capability to reach files below folders that others may not enter.

    It must be an ambient capability: no other kind survives the exec of an ordinary binary as non-root. The setuid
    fix-up would hide it from access(2), with which initdb looks for its sibling binaries.
    """
    _linux("prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (1 << CAP_DAC_OVERRIDE,) * 3
    _linux("capset", header, (ctypes.c_uint32 * 6)(*effective_permitted_inheritable))
    _linux("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _linux(call: str, *arguments: object) -> None:
    """Makes a Linux system call for which Python 3.11 has no function. Does nothing on other systems."""
    if sys.platform != "linux":
        return
    # prctl is variadic and reads unsigned longs.
    longs = (ctypes.c_ulong(item) if isinstance(item, int) else item for item in arguments)
    if getattr(ctypes.CDLL(None, use_errno=True), call)(*longs):
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")


IDENTITIES: dict[str, Callable[[int, int], None]] = {
    "same": _stay,
    "namespace": _enter_namespace,
    "nobody": _drop,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:]))
