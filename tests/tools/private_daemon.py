"""A bus and a daemon of one's own, a program that draws, and PNG files, for the tests of the tools."""

import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

PROGRAMS = pathlib.Path(os.environ["HVFBD_PROGRAMS"])
SOURCE = pathlib.Path(os.environ["HVFBD_SOURCE"])
CONFIGURATION = "etc/hvfbd/hvfbd.conf"


def run(*command, **options):
    """Runs to the end and returns it, with standard output and error as text."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **{"timeout": 30, **options})


def for_caller(sentence):
    """As hvfbctl says it: root, who may have no sudo, reads the commands without it."""
    return sentence.replace("sudo ", "") if os.geteuid() == 0 else sentence


class Bus:
    def __init__(self, configuration=SOURCE / "tools/private-bus.conf"):
        # It goes when this program does, however that ends, and the daemon and all clients go with it.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig=TERM", "dbus-daemon", "--nofork", "--print-address=1",
                                         f"--config-file={configuration}"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.process.stdout.close()


class Daemon:
    """hvfbd on `bus`. It has its name when this returns."""

    def __init__(self, bus, mode="640x480", output="memory", configuration=None, displays=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-tools-"))
        (self.folder / CONFIGURATION).parent.mkdir(parents=True)
        if configuration is not None:
            (self.folder / CONFIGURATION).write_text(configuration)
        # It says READY=1 to a socket of ours, so that nobody has to ask again and again.
        import socket

        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(self.folder / "notify"))
            notify.settimeout(20)
            self.process = subprocess.Popen(
                [PROGRAMS / "hvfbd", f"--bus={bus.address}", f"--config-root={self.folder}", f"--output={output}",
                 *([f"--mode={mode}", "--row-padding=24"] if mode else []),
                 *([f"--displays={displays}"] if displays > 1 else [])], env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")})
            while b"READY=1" not in notify.recv(4096):
                pass

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=20)
        shutil.rmtree(self.folder)
        return code


class Painter:
    """A client that draws by stores."""

    def __init__(self, bus, name, display="display0", *words):
        self.process = subprocess.Popen([PROGRAMS / "painter", bus.address, name, display, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        answer = self.process.stdout.readline().strip()
        if answer != "ready":
            raise RuntimeError(answer)

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.tell(line)
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)


class OnPrivateBus(unittest.TestCase):
    """A bus and a daemon for each test, and hvfbctl on it."""

    displays = 1

    def setUp(self):
        self.bus = Bus()
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(self.bus, displays=self.displays)
        self.addCleanup(lambda: self.assertEqual(self.daemon.stop(), 0))

    def hvfbctl(self, *words, code=0, **options):
        done = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", *words, **options)
        self.assertEqual(done.returncode, code, f"hvfbctl {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def painter(self, name, display="display0", *words):
        painter = Painter(self.bus, name, display, *words)
        self.addCleanup(painter.stop)
        return painter


def read_png(data):
    """Width, height and a row of (r, g, b) for each line, of a PNG file of 8 bits RGB without interlacing."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG file"
    at, compressed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0], "bad sum"
        if kind == b"IHDR":
            width, height, *rest = struct.unpack(">IIBBBBB", body)
            assert rest == [8, 2, 0, 0, 0], f"not 8 bits RGB: {rest}"
        elif kind == b"IDAT":
            compressed += body
        at += 12 + length
    raw, rows, above = zlib.decompress(compressed), [], bytearray(width * 3)
    for y in range(height):
        start = y * (width * 3 + 1)
        above = unfilter(raw[start], bytearray(raw[start + 1:start + 1 + width * 3]), above)
        rows.append([tuple(above[x:x + 3]) for x in range(0, width * 3, 3)])
    return width, height, rows


def unfilter(kind, line, above):
    if kind == 0:
        return line
    for i in range(len(line)):
        left = line[i - 3] if i >= 3 else 0
        upper = above[i]
        corner = above[i - 3] if i >= 3 else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = upper
        elif kind == 3:
            guess = (left + upper) // 2
        else:
            guess = min((abs(upper - corner), 0, left), (abs(left - corner), 1, upper),
                        (abs(left + upper - 2 * corner), 2, corner))[2]
        line[i] = (line[i] + guess) & 0xFF
    return line
