"""hvfbd on a kernel of arm64 that QEMU emulates: what a client draws is on virtio-gpu's screen and in the memory output, to the
byte, however its stores are noticed. HVFBD_FLAVOUR=arm64-16k is a kernel with pages of 16 KiB. Not part of label vm: tools/test -L arm64-guest."""

import base64
import os
import pathlib
import select
import subprocess
import tempfile
import time
import unittest

from machine import Gone, Machine, read_ppm
from picture import Picture

FLAVOUR = os.environ.get("HVFBD_FLAVOUR", "arm64")
MADE = pathlib.Path(os.environ["HVFBD_SOURCE"]) / "build/vm" / FLAVOUR
# The guest is slow, and this machine may be busy.
START, LONG = 300, 120
BUS = "unix:path=/run/bus"


class Arm64Machine(Machine):
    """All of it is in memory. Its serial line has the kernel's messages, a virtio console a shell."""

    def __init__(self):  # pylint: disable=super-init-not-called
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-machine-"))
        self.started = time.monotonic()
        self.heard, self.rest, self.commands = b"", b"", 0
        self.answered, self.events, self.helpers = b"", [], []
        self.serial = self.monitor = None
        words = ["setpriv", "--pdeathsig=KILL", "qemu-system-aarch64", "-accel", "tcg", "-machine", "virt", "-cpu", "cortex-a76", "-smp", "1",
                 "-m", "768M", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-kernel", MADE / "vmlinuz",
                 "-initrd", MADE / "initrd.gz", "-append", "console=ttyAMA0 quiet loglevel=4 panic=-1 audit=0 init_on_alloc=0 rdinit=/init",
                 "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off", "-serial", f"file:{self.folder}/console",
                 "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={self.folder}/agent,server=on,wait=on",
                 "-device", "virtconsole,chardev=agent", "-device", "virtio-gpu-pci,id=virtio"]
        with open(self.folder / "errors", "wb") as errors:
            self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            self.serial = self.connect("agent")
            self.monitor = self.connect("qmp")
            self.answer()
            self.qmp("qmp_capabilities")
        except BaseException:
            self.stop()
            raise


class OnArm64(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Arm64Machine()
        cls.addClassCleanup(cls.machine.stop)
        try:
            said = cls.machine.await_text("AGENT-UP", START)
        except Gone as gone:
            raise Gone(f"{gone}\n{cls.machine.console()}") from None
        print(f"# Linux {said.split('AGENT-UP')[-1].strip()} is up after {cls.machine.age():.1f} s", flush=True)
        code, said = cls.machine.shell("uname -m; grep -m 1 -o 'KernelPageSize: .*' /proc/self/smaps | tr -s ' '; dbus-daemon --config-file=/etc/bus.conf --fork; export "
                                       f"DBUS_SYSTEM_BUS_ADDRESS={BUS} HVFBD_BUS={BUS}", LONG)
        size = 16 if FLAVOUR.endswith("-16k") else 4
        assert (code, said) == (0, f"aarch64\nKernelPageSize: {size} kB"), said

    def do(self, command, within=LONG):
        code, said = self.machine.shell(command, within)
        self.assertEqual(code, 0, f"{command}\n{said}\n{self.machine.console()}")
        return said

    def start(self, output, width, height):
        """A daemon of this test's own, and a client of it."""
        self.do(f"hvfbd --bus={BUS} --config-root=/tmp/none --output={output} --mode={width}x{height} >/tmp/{output}.log 2>&1 & daemon=$!; "
                f"until hvfbctl get Output >/dev/null 2>&1; do [ -d /proc/$daemon ] || {{ cat /tmp/{output}.log; break; }}; sleep 0.2; done; "
                "hvfbctl set WhenHidden ignore")
        self.addCleanup(self.do, "kill $daemon; wait $daemon; exec 3>&- 4<&-; true")
        said = self.do("rm -f /tmp/in /tmp/out; mkfifo /tmp/in /tmp/out; "
                       f"painter {BUS} artist </tmp/in >/tmp/out 2>/tmp/painter.log & exec 3>/tmp/in 4</tmp/out; read -r line <&4; echo $line; "
                       f"[ \"$line\" = ready ] || cat /tmp/painter.log /tmp/{output}.log")
        self.assertEqual(said.splitlines()[-1:], ["ready"], said)
        self.picture = Picture(width, height)

    def ask(self, line):
        return self.do(f"echo {line} >&3; read -r line <&4; echo $line")

    def draw_in_each_way_of_tracking(self, await_picture):
        """The kernel of 6.12 can do all of it."""
        self.assertEqual(self.ask("tracking"), "resting+scanning")
        for seed, (tracking, state) in enumerate((("fault", "resting"), ("scan", "scanning"), ("compare", "comparing"), ("auto", ""))):
            with self.subTest(tracking):
                self.do(f"hvfbctl set Tracking {tracking}")
                self.machine.send(f"echo pattern {seed} >&3; echo scribble 50 {seed} 2000 >&3")
                self.picture.pattern(seed)
                self.picture.scribble(50, seed)
                self.assertIn(self.ask("frame"), ("shown", "not shown"))
                await_picture()
                self.assertIn(state, self.do("hvfbctl surfaces"))

    def await_screen(self):
        deadline = time.monotonic() + LONG
        while difference := self.picture.difference(*self.machine.screen("virtio")):
            self.assertLess(time.monotonic(), deadline, difference)
            select.select([], [], [], 0.2)

    def assert_screenshot(self):
        """The guest has no folder of this machine."""
        said = self.do("hvfbctl screenshot /tmp/screen.png >/dev/null && base64 /tmp/screen.png")
        file = self.machine.folder / "screen.png"
        file.write_bytes(base64.b64decode(said))
        data = subprocess.run(["pngtopnm", file], check=True, capture_output=True).stdout
        self.assertIsNone(self.picture.difference(*read_ppm(data)))

    def test_shows_on_a_screen_what_a_client_draws(self):
        self.start("drm", 800, 600)
        self.draw_in_each_way_of_tracking(self.await_screen)

    def test_has_in_memory_what_a_client_draws(self):
        # Small: all of it comes through the console.
        self.start("memory", 320, 200)
        self.draw_in_each_way_of_tracking(self.assert_screenshot)


if __name__ == "__main__":
    unittest.main()
