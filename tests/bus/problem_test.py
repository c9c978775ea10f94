"""Why nothing is shown: on the bus, to the service manager, and by hvfbctl."""

import json
import os
import pathlib
import subprocess
import unittest

from daemon_on_bus import DISPLAY, NAME, PROGRAMS, PROPERTIES, OnTheBus


class Problem(OnTheBus):
    def start_daemon(self, *options, mode="640x480"):
        self.told = []
        # Laid over the machine's, in the mount namespace of these tests: nobody else sees what is made there.
        layers = self.folder / "dev"
        layers.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", layers], check=True)
        self.addCleanup(subprocess.run, ["umount", layers], check=True)
        for layer in ("upper", "work"):
            (layers / layer).mkdir()
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/dev,upperdir={layers}/upper,workdir={layers}/work", "/dev"],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", "/dev"], check=True)
        self.node = pathlib.Path("/dev/uio77")
        configuration = self.folder / "root/etc/hvfbd/hvfbd.conf"
        configuration.parent.mkdir(parents=True)
        configuration.write_text(f"[Output]\nType=uio\nUio={self.node}\n")
        super().start_daemon(*options, mode=mode)

    def read_all(self, manager):
        try:
            while message := manager.recv(65536):
                self.told.append(message.decode())
        except OSError:
            pass

    def hvfbctl(self, *words, code=0):
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.address}", *words], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_is_said_on_the_bus_to_the_service_manager_and_by_hvfbctl(self):
        problem = json.loads(self.get("Problem")[2:])
        self.assertIn(str(self.node), problem)
        self.until(lambda: any(line.startswith("STATUS=") for line in self.told))
        self.assertEqual([line for line in self.told if line.startswith("STATUS=")], [f"STATUS=display0: {problem}"])
        self.assertIn(f"nothing is shown: {problem}\n", self.hvfbctl("status"))
        self.assertEqual(json.loads(self.hvfbctl("status", "--json"))["Display"]["Problem"], problem)
        self.assertIn(problem, self.hvfbctl("displays"))
        self.assertEqual(json.loads(self.hvfbctl("displays", "--json"))[0]["Problem"], problem)
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.address}", "doctor", "--json"], capture_output=True, text=True,
                              timeout=30, env={**os.environ, "LC_ALL": "C"}, check=False)
        findings = json.loads(done.stdout)["Findings"]
        [finding] = [one for one in findings if one["Subject"] == "display0"]
        self.assertEqual((finding["Level"], finding["Sentence"]), ("warn", f"nothing is shown: {problem}"))
        # Before all that merely works less well.
        self.assertEqual(finding, next(one for one in findings if one["Level"] == "warn"))

    def test_is_signalled_when_it_changes(self):
        listener = self.caller()
        listener.do(do="listen", interface=PROPERTIES)
        before = self.get("Problem")
        # Another reason: it is there, and is no such device.
        self.node.write_text("")
        self.until(lambda: self.get("Problem") != before)
        self.assertGreaterEqual(listener.do(do="heard")["result"], 1)

    def test_refresh_is_refused_with_it(self):
        problem = json.loads(self.get("Problem")[2:])
        answer = self.caller().call(DISPLAY, NAME + ".Display", "Refresh", "a{sv}", {})
        self.assert_error(answer, "Busy", problem)


if __name__ == "__main__":
    unittest.main()
