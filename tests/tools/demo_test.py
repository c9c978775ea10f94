"""The script tools/demo, with the programs of the build. What draws is a stand-in: the demo's own program takes half a minute."""

import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, run
from rfb_client import RAW
from vencrypt_client import Refused
from web_client import Connection, WebSocketClient

# It draws nothing: the screen and the host's window are black from the start.
CLIENT = """#!/bin/bash
for word; do case $word in --bus=*) bus=${word#--bus=} ;; --picture=*) picture=${word#--picture=} ;; esac; done
[ -n "$picture" ] || exit 0
"${0%/*}/hvfbctl" --bus="$bus" screenshot "$picture" && echo drawn && exec sleep 600
"""


class DemoScript(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "tools").mkdir()
        for name in ("common.sh", "demo", "private-bus.conf"):
            shutil.copy(SOURCE / "tools" / name, self.root / "tools" / name)
        (self.root / "packaging").mkdir()
        (self.root / "packaging/build-depends").write_text("")
        programs = self.root / "build/release/bin"
        programs.mkdir(parents=True)
        for name in ("hvfbd", "hvfbctl", "hvhost", "hvfb-vnc", "hvfb-console"):
            (programs / name).symlink_to(PROGRAMS / name)
        self.write_program(programs / "demo_client", CLIENT)
        self.write_program(self.root / "stand-ins/cmake", "#!/bin/sh\n")

    def write_program(self, path, text):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def type(self, viewer, text):
        for letter in text:
            for down in (1, 0):
                viewer.send(struct.pack(">BBxxI", 4, down, 0xff0d if letter == "\n" else ord(letter)))

    def await_true(self, holds, what):
        deadline = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def consoles(self, demo):
        """The processes that show a shell."""
        children = pathlib.Path(f"/proc/{demo}/task/{demo}/children").read_text().split()
        return {child for child in children if pathlib.Path(f"/proc/{child}/comm").read_text() == "hvfb-console\n"}

    def answers(self, viewer, name):
        # What is typed before the new one has its socket is lost: it is typed again.
        self.type(viewer, f"\ntouch {name}\n")
        time.sleep(0.2)
        return (self.root / name).exists()

    def test_that_keeps_it_running_lets_its_reader_end(self):
        environment = {**os.environ, "PATH": f"{self.root}/stand-ins:{os.environ['PATH']}", "TMPDIR": str(self.root)}
        said = self.root / "said"
        # What it leaves behind would hold the pipe, and with it the reader, for ever.
        with open(said, "wb") as file:
            reader = subprocess.Popen(["timeout", "20", "cat"], stdin=subprocess.PIPE, stdout=file)
        demo = subprocess.run([self.root / "tools/demo", "--keep"], env=environment, stdin=subprocess.DEVNULL,
                              stdout=reader.stdin, stderr=reader.stdin, timeout=60, check=False)
        reader.stdin.close()
        text = said.read_text()
        end = re.search(r"(?m)^  kill ([\d ]+); rm -rf (.+)$", text)
        try:
            self.assertEqual(demo.returncode, 0, text)
            self.assertEqual(reader.wait(timeout=30), 0, "somebody still has the pipe")
            text = said.read_text()
            end = re.search(r"(?m)^  kill ([\d ]+); rm -rf (.+)$", text)
            self.assertTrue(end, text)
            for process in end[1].split():
                os.kill(int(process), 0)
        finally:
            if end:
                run("sh", "-c", end[0])

    def test_in_a_browser_says_one_address_where_one_types_to_a_shell_until_it_is_ended(self):
        shutil.copytree(SOURCE / "vnc/web", self.root / "vnc/web")
        (self.root / "novnc/core").mkdir(parents=True)
        (self.root / "novnc/core/rfb.js").write_text("")
        environment = {**os.environ, "PATH": f"{self.root}/stand-ins:{os.environ['PATH']}", "TMPDIR": str(self.root), "HVFBD_NOVNC": str(self.root / "novnc")}
        demo = subprocess.Popen([self.root / "tools/demo", "--web"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                start_new_session=True)
        try:
            while not (found := re.search(r"http://(127\.0\.0\.1):(\d+)/#([0-9a-f]{32})$", line := demo.stdout.readline())):
                self.assertTrue(line, "it has ended")
            where, secret = (found[1], int(found[2])), found[3]
            page = Connection(where)
            self.assertIn(b"<title>hvfbd</title>", page.get("/").body)
            page.close()
            # Another user of this machine, who has found the port.
            stranger = Connection(where)
            self.assertRaises((Refused, EOFError, ConnectionError), stranger.upgrade)
            stranger.close()
            viewer = WebSocketClient(where, path=f"/vnc/{secret}").shake_hands()
            viewer.set_encodings(RAW)
            viewer.whole()
            for shell in ("first", "second"):
                before = bytes(viewer.pixels)
                self.type(viewer, f"echo I am $HVFB_BUS >{shell}\n")
                self.await_true((self.root / shell).exists, "the shell did not get what was typed")
                self.assertRegex((self.root / shell).read_text(), "I am unix:")
                # It is seen, at the latest when the connection's time is up.
                while bytes(viewer.pixels) == before:
                    viewer.update()
                # There is another one where somebody leaves it.
                processes = self.consoles(demo.pid)
                self.type(viewer, "exit\n")
                self.await_true(lambda before=processes: self.consoles(demo.pid) - before, "there is no other shell")
                self.await_true(lambda name=f"after-{shell}": self.answers(viewer, name), "it cannot be typed to")
            viewer.close()
        finally:
            os.killpg(demo.pid, signal.SIGINT)
            demo.stdout.read()
            demo.stdout.close()
            self.assertEqual(demo.wait(60), 130)
        with self.assertRaises(ConnectionRefusedError):
            Connection(where)


if __name__ == "__main__":
    unittest.main()
