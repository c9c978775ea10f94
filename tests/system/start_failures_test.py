"""What programs and hvfbctl say where the service cannot be started, under a real systemd and a real system bus."""

import json
import pathlib
import time
import unittest

from service import Painter, of_service, run, wait_until

WRONG = pathlib.Path("/etc/hvfbd/hvfbd.conf.d/wrong.conf")
# Not as long as the units have it, so that it is given up soon, and not tried again within the test.
SHORTER = {"hvfbd.service": "[Unit]\nStartLimitIntervalSec=60s\nStartLimitBurst=3\n[Service]\nRestartSec=20ms\n"}


class StartFailures(unittest.TestCase):
    def setUp(self):
        run("systemctl", "enable", "hvfbd.service", check=True)
        self.addCleanup(run, "systemctl", "disable", "hvfbd.service")
        self.addCleanup(run, "systemctl", "reset-failed", "hvfbd.service")
        self.addCleanup(run, "systemctl", "stop", "hvfbd-retry.timer", "hvfbd.service")
        self.addCleanup(WRONG.unlink, missing_ok=True)

    def configure_wrongly(self):
        WRONG.parent.mkdir(parents=True, exist_ok=True)
        WRONG.write_text("[Output]\nType=uio\n")  # which device is not said

    def make_the_limit_short(self):
        for unit, text in SHORTER.items():
            file = pathlib.Path(f"/run/systemd/system/{unit}.d/shorter.conf")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            self.addCleanup(run, "systemctl", "daemon-reload")
            self.addCleanup(file.unlink)
        run("systemctl", "daemon-reload", check=True)

    def assert_a_program_is_told_at_once(self):
        before = time.monotonic()
        painter = Painter("first")
        self.addCleanup(painter.stop)
        taken = time.monotonic() - before
        self.assertIn("No route to host", painter.answer)
        # The bus itself says so after 25 seconds.
        self.assertLess(taken, 15)
        print(f"a program was told after {taken:.2f} s", flush=True)

    def assert_said(self, sentence, command):
        """By all of hvfbctl, and with the command that mends it."""
        for words in (("status",), ("displays",), ("set", "RefreshLimit", "30"), ("screenshot", "/dev/null")):
            done = run("hvfbctl", *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(sentence, done.stderr)
            # Root reads it without sudo, which is not installed everywhere.
            self.assertIn(command.removeprefix("sudo "), done.stderr)
            self.assertNotIn("sudo", done.stderr)
        done = run("hvfbctl", "doctor", "--json", user="drawer")
        self.assertEqual(done.returncode, 1)
        [finding] = [one for one in json.loads(done.stdout)["Findings"] if one["Subject"] == "daemon"]
        self.assertEqual(finding["Level"], "bad", finding)
        self.assertIn(sentence, finding["Sentence"])
        self.assertIn(command, finding["Fix"])

    def test_a_masked_service_is_said_to_be_masked(self):
        run("systemctl", "mask", "hvfbd.service", check=True)
        self.addCleanup(run, "systemctl", "unmask", "hvfbd.service")
        self.assert_a_program_is_told_at_once()
        self.assert_said("masked", "systemctl unmask hvfbd")

    def test_a_service_that_keeps_failing_is_said_to_fail_while_it_is_tried_again(self):
        self.configure_wrongly()
        self.assert_a_program_is_told_at_once()
        self.assert_said("fail", "sudo /usr/libexec/hvfbd --check-config")
        self.assertNotIn("success", run("hvfbctl", "status").stderr)

    def test_a_service_that_systemd_gave_up_is_said_to_have_failed(self):
        self.make_the_limit_short()
        self.configure_wrongly()
        run("systemctl", "start", "--no-block", "hvfbd.service", check=True)
        wait_until(lambda: of_service("ActiveState") == "failed", "it is given up")
        self.assert_a_program_is_told_at_once()
        self.assertEqual(of_service("ActiveState"), "failed")
        self.assert_said("failed", "sudo /usr/libexec/hvfbd --check-config")
        # Where that is not the cause, it is not named.
        WRONG.unlink()
        self.assert_said("failed (exit-code)", "sudo journalctl -u hvfbd -n 20")
        self.assertNotIn("--check-config", run("hvfbctl", "status").stderr)
        # Nor by a user who cannot know.
        WRONG.touch(mode=0o600)
        self.assertIn("failed", run("hvfbctl", "status", user="drawer").stderr)
        self.assertNotIn("--check-config", run("hvfbctl", "status", user="drawer").stderr)

    def test_a_service_that_fails_once_is_waited_for(self):
        once = pathlib.Path("/run/systemd/system/hvfbd.service.d/once.conf")
        once.parent.mkdir(parents=True, exist_ok=True)
        once.write_text("[Service]\nExecStartPre=+/bin/sh -c 'test -e /run/failed-once || { touch /run/failed-once; exit 1; }'\n")
        self.addCleanup(run, "systemctl", "daemon-reload")
        self.addCleanup(once.unlink)
        run("systemctl", "daemon-reload", check=True)
        painter = Painter("first")
        self.addCleanup(painter.stop)
        self.assertEqual(painter.answer, "ready")
        self.assertTrue(pathlib.Path("/run/failed-once").exists())


if __name__ == "__main__":
    unittest.main()
