"""Says as JSON what a process may do that runs as hvfbd.service does."""

import ctypes
import errno
import json
import os
import platform
import socket
import stat
import subprocess

libc = ctypes.CDLL(None, use_errno=True)


def tried(action):
    try:
        action()
        return "ok"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def call(number, *arguments):
    def action():
        ctypes.set_errno(0)
        if libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments)) < 0:
            raise OSError(ctypes.get_errno(), "")

    return tried(action)


def in_a_child(action):
    """The same where it would change what becomes of this process."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, action().encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with os.fdopen(reading) as answer:
        return answer.read()


def writable_and_executable():
    libc.mmap.restype = ctypes.c_void_p
    if libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, 0) == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "")


def set_user_id_bit():
    with open("/tmp/set-user-id", "w") as file:
        os.fchmod(file.fileno(), 0o4755)


def permissions(path):
    try:
        return oct(stat.S_IMODE(os.stat(path).st_mode))
    except OSError as error:
        return errno.errorcode[error.errno]


def read_only(path):
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


with open("/proc/self/status") as file:
    status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
mask = os.umask(0)
personality = call(135, 0x0008)  # PER_LINUX32
shared_memory = libc.shmget(0x68766662, 4096, 0o1600)
foreign = os.path.join(os.environ["HVFBD_PROGRAMS"], "foreign_call")

print(json.dumps({
    "user": os.getuid(),
    "group": os.getgid(),
    "groups": os.getgroups(),
    "mask": oct(mask),
    "capabilities": int(status["CapBnd"].strip(), 16) | int(status["CapEff"].strip(), 16),
    "no_new_privileges": status["NoNewPrivs"].strip(),
    "system_is_read_only": [read_only(path) for path in ("/usr", "/etc", "/var", "/")],
    "control_groups_are_read_only": read_only("/sys/fs/cgroup"),
    "home": permissions("/home"),
    "kernel_messages": permissions("/proc/kmsg"),
    "kernel_symbols": permissions("/proc/kallsyms"),
    "modules": permissions("/usr/lib/modules"),
    "others": os.path.exists("/proc/1"),
    "marker": os.path.exists("/tmp/hvfbd-marker"),
    "namespaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in ("uts", "net", "mnt")},
    "other_device": tried(lambda: os.close(os.open("/dev/loop-control", os.O_RDWR))),
    "userfaultfd": tried(lambda: os.close(os.open("/dev/userfaultfd", os.O_RDWR))),
    "null_device": tried(lambda: os.close(os.open("/dev/null", os.O_RDWR))),
    "internet": tried(lambda: socket.socket(socket.AF_INET).close()),
    "unix": tried(lambda: socket.socket(socket.AF_UNIX).close()),
    "user_namespace": call(272, 0x10000000),  # unshare(CLONE_NEWUSER)
    "set_user_id": tried(set_user_id_bit),
    "personality": personality,
    "executable_memory": tried(writable_and_executable),
    # ptrace(PTRACE_TRACEME): who is traced, and by whom, stops at its next signal.
    "trace": in_a_child(lambda: call(101, 0, 0, 0, 0)),
    "priority": call(141, 0, 0, 1),  # setpriority, of @resources
    "shared_memory": shared_memory >= 0,
    "foreign_call": subprocess.run([foreign]).returncode if platform.machine() == "x86_64" else None,
}))
