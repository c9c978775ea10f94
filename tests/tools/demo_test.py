"""The script tools/demo, with the programs of the build. What draws is a stand-in: the demo's own program takes half a minute."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from private_daemon import PROGRAMS, SOURCE, run

# It draws nothing: the screen and the host's window are black from the start.
CLIENT = """#!/bin/bash
for word; do case $word in --bus=*) bus=${word#--bus=} ;; --picture=*) picture=${word#--picture=} ;; esac; done
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
        for name in ("hvfbd", "hvfbctl", "hvhost"):
            (programs / name).symlink_to(PROGRAMS / name)
        self.write_program(programs / "demo_client", CLIENT)
        self.write_program(self.root / "stand-ins/cmake", "#!/bin/sh\n")

    def write_program(self, path, text):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

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


if __name__ == "__main__":
    unittest.main()
