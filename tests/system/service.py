"""What the tests of this folder do with the service, and a client of it."""

import json
import os
import pathlib
import re
import struct
import subprocess
import time
import unittest
import zlib

# Before the words of a command, and the files it sees: where a test runs outside of the container.
INSIDE = os.environ.get("HVFBD_INSIDE", "").split()
ROOT = pathlib.Path(os.environ.get("HVFBD_ROOT", "/"))
PROGRAMS = pathlib.Path(os.environ["HVFBD_PROGRAMS"])
NAME = "org.hvfbd.Framebuffer1"
DISPLAY = "/org/hvfbd/Framebuffer1/display0"
INTERFACE = NAME + ".Display"
WITHIN = 20


def run(*command, user=None, check=False, timeout=60):
    words = [str(word) for word in command]
    if user:
        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *words]
    return subprocess.run([*INSIDE, *words], capture_output=True, text=True, timeout=timeout, check=check)


def of_service(name, unit="hvfbd.service"):
    return run("systemctl", "show", "-P", name, unit).stdout.strip()


def wait_until(condition, what):
    end = time.monotonic() + WITHIN
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {WITHIN} s: {what}")
        time.sleep(0.02)


def make_userfaultfd():
    """The device as the kernel makes it: a container's /dev has only what a container needs."""
    node = pathlib.Path("/dev/userfaultfd")
    [number] = re.findall(r"(?m)^ *(\d+) userfaultfd$", pathlib.Path("/proc/misc").read_text())
    node.unlink(missing_ok=True)
    os.mknod(node, 0o020600, os.makedev(10, int(number)))


def property_of_display(name):
    return run("busctl", "--system", "get-property", NAME, DISPLAY, INTERFACE, name).stdout.strip()


def pixels(path):
    """Width, height and rows of an RGB picture that hvfbctl saved: the same for the same picture."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    at, rows, head = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            head = struct.unpack(">II", data[at + 8:at + 16])
        elif kind == b"IDAT":
            rows += data[at + 8:at + 8 + size]
        at += size + 12
    return *head, zlib.decompress(rows)


def first_pixel(picture):
    # Behind the filter's number; no filter changes the very first pixel.
    return picture[2][1:4].hex()


class Painter:
    """A client of group video that draws by stores."""

    def __init__(self, name, user="drawer"):
        self.process = subprocess.Popen([*INSIDE, "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--",
                                         str(PROGRAMS / "painter"), "unix:path=/run/dbus/system_bus_socket", name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.answer = self.process.stdout.readline().strip()

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.tell(line)
        return self.process.stdout.readline().strip()

    def stop(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        self.process.wait(timeout=WITHIN)
        self.process.stdout.close()


class WithClients(unittest.TestCase):
    """The service runs, somebody draws, and hvfbctl says what is shown."""

    def painter(self, name, user="drawer"):
        painter = Painter(name, user)
        self.addCleanup(painter.stop)
        self.assertEqual(painter.answer, "ready")
        return painter

    def screenshot(self):
        result = run("hvfbctl", "screenshot", "/tmp/screen.png")
        self.assertEqual(result.returncode, 0, result.stderr)
        return pixels(ROOT / "tmp/screen.png")

    def doctor(self, user=None):
        """What hvfbctl doctor finds, by subject."""
        done = run("hvfbctl", "doctor", "--json", user=user)
        return {finding["Subject"]: finding for finding in json.loads(done.stdout)["Findings"]}

    def surfaces(self):
        result = run("hvfbctl", "surfaces", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)
