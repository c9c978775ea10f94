"""A Debian guest with systemd as PID 1, for tests from outside of it. HVFBD_GUEST says which of image/guests it is."""

import os
import pathlib
import select
import shlex
import sys
import time
import unittest

from machine import Gone, Machine

MADE = pathlib.Path(os.environ["HVFBD_SOURCE"]) / "build/vm"
GUEST = os.environ["HVFBD_GUEST"]
[[_, _, USERLAND, KERNEL, FLAVOUR, *_]] = [
    line.split() for line in (pathlib.Path(__file__).parent / "image/guests").read_text().splitlines() if line.split()[0] == GUEST]
# It has no driver of a screen but the firmware's, and no 9p.
CLOUD = FLAVOUR.startswith("cloud-")
ARCHITECTURE = USERLAND.partition("-")[2] or "amd64"
# The guest is 20 to 40 times slower than this machine, and this machine may be busy.
START, LONG = 900, 300
# What 6.1 does not have is noticed on 6.12 alone.
ASYNCHRONOUS = KERNEL != "6.1"

# The daemon is its only one.
PROCESSES = "/sys/fs/cgroup/system.slice/hvfbd.service/cgroup.procs"
CONFIGURATION = "/etc/hvfbd/hvfbd.conf.d/test.conf"
BUS, DISPLAY = "org.hvfbd.Framebuffer1", "/org/hvfbd/Framebuffer1/display0"


def start(devices):
    """A machine whose system is up, with nothing of this project in it. A kernel that fell over before that is started once
    more, which is said."""
    for attempt in (1, 2):
        made = MADE / GUEST
        # As UEFI starts it, it has a picture of the firmware's, which is all that the cloud flavour can show.
        machine = Machine(made / "kernel" / ("vmlinuz" if CLOUD or ARCHITECTURE == "arm64" else "vmlinux"), made / "initrd.cpio", MADE / f"disk-{USERLAND}.ext4",
                          MADE / f"share-{USERLAND}", devices, (made / "shares").read_text().strip(), ARCHITECTURE)
        try:
            up = machine.await_text("AGENT-UP", START).split("AGENT-UP")[-1].split()
            print(f"# Linux {up[1]} is up after {machine.age():.1f} s ({up[0]} s of its own)", flush=True)
            return machine
        except Gone as gone:
            console = machine.console()
            machine.stop()
            if attempt == 2 or "panic" not in console.lower():
                raise Gone(f"{gone}\n{console}") from None
            print(f"# The kernel fell over before its system was up, and is started once more:\n{console}", flush=True)


class Painter:
    """A client in the guest that draws by stores. It is spoken to through two of the shell's descriptors."""

    def __init__(self, guest, name, first_descriptor, user, display):
        self.guest, self.display, self.into, self.out = guest, display, first_descriptor, first_descriptor + 1
        as_user = "" if user == "root" else f"setpriv --reuid={user} --regid={user} --init-groups "
        pipe = f"/run/painter{first_descriptor}"
        said = guest.do(
            f"[ -p {pipe}.in ] || mkfifo {pipe}.in {pipe}.out; {as_user}/mnt/host/bin/painter unix:path=/run/dbus/system_bus_socket {name} {display} "
            f"<{pipe}.in >{pipe}.out 2>{pipe}.err & p=$!; exec {self.into}>{pipe}.in {self.out}<{pipe}.out; "
            f"read -r line <&{self.out}; echo $p $line; [ \"$line\" = ready ] || cat {pipe}.err")
        self.pid, _, answer = said.partition(" ")
        guest.assertEqual(answer, "ready")

    def tell(self, line):
        # Nothing is answered, so nothing is waited for.
        self.guest.machine.send(f"echo {line} >&{self.into}")

    def ask(self, line):
        self.tell(line)
        return self.guest.do(f"read -r line <&{self.out}; echo $line", within=LONG)

    def kill(self):
        self.guest.do(f"kill -KILL {self.pid}; wait {self.pid}; exec {self.into}>&- {self.out}<&-; true")


class Guest(unittest.TestCase):
    """What tests do in the guest, which guests_test starts: all of them have the same one."""

    DEVICES = ()  # of QEMU's that the tests of the class need
    machine = None
    configuration = None  # of the daemon that runs, where the next test may go on with it

    def run(self, result=None):
        before, began = len(result.failures) + len(result.errors), time.monotonic()
        super().run(result)
        print(f"# {time.monotonic() - began:.1f} s", flush=True)
        if len(result.failures) + len(result.errors) > before:
            self.leave_no_daemon()
            self.tell_what_happened()

    def tell_what_happened(self):
        for what in ("journalctl --no-pager -b -o short-monotonic -u hvfbd -u hvfbd-bind | tail -n 60", "dmesg | tail -n 30"):
            try:
                print(f"# {what}\n{self.machine.shell(what)[1]}", file=sys.stderr, flush=True)
            except (Gone, OSError) as gone:
                print(f"# {gone}\n{self.machine.console()}", file=sys.stderr, flush=True)
                return

    # ---- in the guest

    def do(self, command, code=0, within=LONG):
        """Runs a command, which ends with that code; returns what it said."""
        got, said = self.machine.shell(command, within)
        self.assertEqual(got, code, f"{command}\n{said}")
        return said

    def write(self, path, text):
        self.do(f"mkdir -p {os.path.dirname(path)}; printf %s {shlex.quote(text)} >{path}")

    def wait_until(self, command, within=LONG, or_tell=str):
        """Runs a command in the guest again and again until it succeeds. `or_tell`: what to add where it never does."""
        deadline = time.monotonic() + within
        while True:
            code, said = self.machine.shell(command)
            if code == 0:
                return said
            if time.monotonic() > deadline:
                self.fail(f"never succeeded: {command}\n{said}{or_tell()}")
            select.select([], [], [], 0.1)

    def journal(self):
        return self.do("journalctl --no-pager -b -o cat -u hvfbd")

    def get(self, name):
        """A property of the display, as busctl writes it."""
        return self.do(f"busctl --system get-property {BUS} {DISPLAY} {BUS}.Display {name}").split(" ", 1)[1]

    def configure(self, text):
        """The daemon's only drop-in; it reads it when it starts."""
        self.write(CONFIGURATION, text)

    # ---- the daemon: a start of it takes seconds

    def start_daemon(self, configuration):
        """Starts it anew. A restart would restore what was set over the bus. The next test starts one of its own."""
        self.leave_no_daemon()
        self.configure(configuration)
        self.do("systemctl stop hvfbd; systemctl start hvfbd")

    def have_daemon(self, configuration, visible=True):
        """One with this configuration, as it was started: a test that changes something of it changes it back, or leaves none.
        It goes on where there is one."""
        if configuration != Guest.configuration:
            self.start_daemon(configuration)
            if visible:
                self.await_visible(True)
            Guest.configuration = configuration

    def leave_no_daemon(self):
        """The next test starts one of its own."""
        Guest.configuration = None

    def daemon_pid(self):
        return int(self.do(f"read -r pid <{PROCESSES}; echo $pid"))

    def kill_daemon(self, signal="KILL"):
        """Kills it, and returns when systemd has started another one. Asking systemd until then would take the processor that it
        needs for that."""
        before = self.daemon_pid()
        self.do(f"kill -{signal} {before}; until read -r pid <{PROCESSES} && [ $pid != {before} ]; do sleep 0.1; done 2>/dev/null")
        # It is there, but may not be ready: this waits for it, and starts no other.
        self.do("systemctl start hvfbd")

    def await_visible(self, yes):
        self.wait_until(f'[ "$(hvfbctl get Visible)" = {"true" if yes else "false"} ]')

    def painter(self, name="artist", number=0, user="root", display="display0"):
        """Up to three at a time, each with a number of its own."""
        painter = Painter(self, name, 3 + 2 * number, user, display)
        self.addCleanup(painter.kill)
        return painter

    # ---- devices, by their addresses on PCI

    def remove(self, device):
        """Takes it away from the kernel. (QEMU's displays cannot be unplugged for good: their consoles stay.)"""
        self.do(f"echo 1 >/sys/bus/pci/devices/{device}/remove; udevadm settle")

    def rescan(self, device):
        self.do(f"echo 1 >/sys/bus/pci/rescan; udevadm settle; [ -e /sys/bus/pci/devices/{device} ]")

    # ---- what is shown

    def draw(self, seed):
        """By `self.drawing`, and in `self.picture` once more."""
        self.drawing.tell(f"pattern {seed}")
        self.drawing.tell(f"scribble 50 {seed} 2000")
        self.picture.pattern(seed)
        self.picture.scribble(50, seed)

    def assert_frame(self, painter, expected="shown"):
        self.assertEqual(painter.ask("frame"), expected)

    def assert_screen(self, device, picture):
        """The screen, seen from outside, shows this picture to the byte."""
        self.assertIsNone(picture.difference(*self.machine.screen(device)))

    def await_screen(self, device, picture, head=0, within=LONG):
        deadline = time.monotonic() + within
        while True:
            difference = picture.difference(*self.machine.screen(device, head))
            if difference is None:
                return
            self.assertLess(time.monotonic(), deadline, difference)
            select.select([], [], [], 0.1)

