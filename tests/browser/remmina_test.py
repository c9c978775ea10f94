"""Remmina under Xvfb: a viewer of GNOME's, by libvncclient. Not run unasked: tools/test -L browser."""

import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(os.environ["HVFBD_SOURCE"]) / "tests/tools"))
from vnc_network_test import OnNetwork  # noqa: E402
from vnc_test import pattern  # noqa: E402
from x_screen import XScreen  # noqa: E402

# Of quality 9 it asks for no JPEG.
PROFILE = """[remmina]
protocol=VNC
name=screen
server=127.0.0.1:{port}
quality=9
colordepth=32
viewmode=1
scale=0
disablepasswordstoring=1
"""


class RemminaLooks(XScreen, OnNetwork):
    def test_it_shows_every_pixel_of_one_picture_after_the_other(self):
        painter = self.painter()
        painter.tell("pattern 9")
        self.serve_network("--insecure=yes")
        profile = self.folder / "screen.remmina"
        profile.write_text(PROFILE.format(port=self.where[1]))
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "DISPLAY": f":{self.x_server()}", "XDG_RUNTIME_DIR": str(self.folder),
                       "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1"}
        with (self.folder / "remmina.log").open("w") as log:
            viewer = subprocess.Popen(["dbus-run-session", "remmina", "-c", profile], stdout=log, stderr=log, env=environment, start_new_session=True)
        self.addCleanup(viewer.wait, 60)
        self.addCleanup(os.killpg, viewer.pid, signal.SIGTERM)
        self.await_true(lambda: self.is_on_screen(pattern(9)), "the picture in the window")
        painter.tell("pattern 4")
        self.await_true(lambda: self.is_on_screen(pattern(4)), "another picture in the window")
        self.await_log(r"connected: 127\.0\.0\.1 port \d+, to look only\n")


if __name__ == "__main__":
    unittest.main()
