"""hvfb-inputd as it is installed: started by its socket, in its sandbox, for who may type."""

import contextlib
import os
import pathlib
import re
import stat
import subprocess
import unittest

from service import WithClients, of_service, run, wait_until

SOCKET = "/run/hvfbd/input.sock"
UNIT = "hvfb-inputd.service"
# Says what it is told first, and stays until it is told something.
CONNECT = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    client.connect(sys.argv[1])
    print("verdict", client.recv(64)[12], flush=True)
    sys.stdin.read()
except OSError as error:
    print(type(error).__name__, flush=True)
"""


class InputService(WithClients):
    def setUp(self):
        run("systemctl", "start", "hvfb-inputd.socket", check=True)
        self.addCleanup(run, "systemctl", "stop", "hvfb-inputd.socket", UNIT, check=True)
        run("usermod", "--append", "--groups", "hvfbd-input", "watcher", check=True)

    @contextlib.contextmanager
    def connected(self, user):
        """What a client of that user is told. It is connected meanwhile."""
        with subprocess.Popen(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "/usr/bin/python3", "-c", CONNECT, SOCKET],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            yield client.stdout.readline().strip()
            client.stdin.close()

    def devices(self):
        path = pathlib.Path("/proc/bus/input/devices")
        return path.read_text().count('Name="hvfbd ') if path.exists() else 0

    def test_members_of_the_group_are_heard_and_others_not_and_nobody_leaves_a_device(self):
        about = os.stat(SOCKET)
        group = int(run("getent", "group", "hvfbd-input").stdout.split(":")[2])
        self.assertEqual((about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)), (0, group, 0o660))
        with self.connected("stranger") as told:
            self.assertEqual(told, "PermissionError")
        self.assertEqual(of_service("ActiveState", UNIT), "inactive")
        with self.connected("watcher") as told:
            # A kernel without uinput is said to be one.
            self.assertIn(told, ("verdict 0", "verdict 2"))
            self.assertEqual(of_service("ActiveState", UNIT), "active")
            self.assertEqual(self.devices(), 0)
            status = pathlib.Path(f"/proc/{of_service('MainPID', UNIT)}/status").read_text()
            user = run("id", "-u", "hvfb-inputd").stdout.strip()
            for line in (rf"Uid:\s+{user}\s", r"CapEff:\s+0+", r"CapBnd:\s+0+", r"Seccomp:\s+2", r"NoNewPrivs:\s+1"):
                self.assertRegex(status, f"(?m)^{line}")
            self.assertEqual(of_service("StatusText", UNIT), "1 client")
            # Where the socket is open to all, by its group all the same.
            os.chmod(SOCKET, 0o666)
            with self.connected("stranger") as told:
                self.assertEqual(told, "verdict 1")
        # Ten seconds later.
        wait_until(lambda: of_service("ActiveState", UNIT) == "inactive", "it left")
        self.assertEqual(of_service("Result", UNIT), "success")
        self.assertEqual(of_service("ActiveState", "hvfb-inputd.socket"), "active")
        said = run("journalctl", "-b", "-u", UNIT, "-o", "cat").stdout
        self.assertTrue(re.search(r"client 1 connected: user \d+, process \d+", said), said)
        self.assertRegex(said, r"user \d+, process \d+ may not type")
        self.assertEqual(self.devices(), 0)


if __name__ == "__main__":
    unittest.main()
